"""Learning rates by step, against PyTorch's own schedulers and by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR

from cnnviz.core.training.schedules import rate_factor
from cnnviz.core.training.values import ScheduleChoice

EPOCHS, PER_EPOCH = 4, 25
TOTAL = EPOCHS * PER_EPOCH


def rates(schedule):
    return [rate_factor(schedule, step, TOTAL, PER_EPOCH) for step in range(TOTAL)]


def torchs(make):
    """The rate of every step as PyTorch's scheduler has it."""
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, found = make(optimizer), []
    for _ in range(TOTAL):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_constant():
    assert rates(ScheduleChoice()) == [1.0] * TOTAL


def test_steps_as_pytorchs():
    schedule = ScheduleChoice("step", epochs=1, factor=0.5)
    assert rates(schedule) == pytest.approx(torchs(lambda optimizer: StepLR(optimizer, PER_EPOCH, 0.5)))


def test_a_cosine_as_pytorchs_but_its_last_step_is_at_the_end():
    expected = torchs(lambda optimizer: CosineAnnealingLR(optimizer, TOTAL - 1, eta_min=0.1))
    assert rates(ScheduleChoice("cosine", final=0.1)) == pytest.approx(expected)


def test_one_cycle_as_pytorchs():
    """PyTorch's turns at a whole step, ours where it falls: that is up to 0.03 of the rate."""
    expected = torchs(
        lambda optimizer: OneCycleLR(optimizer, 1.0, TOTAL, pct_start=0.3, cycle_momentum=False, final_div_factor=1e9)
    )
    assert rates(ScheduleChoice("one-cycle")) == pytest.approx(expected, abs=0.03)


def test_a_warm_up_rises_in_a_line():
    found = rates(ScheduleChoice(warmup=2))
    assert found[:3] == pytest.approx([0.02, 0.04, 0.06])
    assert found[48:] == pytest.approx([0.98] + [1.0] * 51)


@given(
    st.builds(
        ScheduleChoice,
        name=st.sampled_from(["constant", "step", "cosine", "one-cycle"]),
        warmup=st.floats(0, 10),
        epochs=st.floats(0.01, 10),
        factor=st.floats(1e-6, 1),
        rise=st.floats(0.01, 0.99),
        final=st.floats(0, 1),
    ),
    st.integers(0, 1000),
    st.integers(1, 1000),
    st.integers(1, 100),
)
def test_no_rate_is_above_the_highest_or_below_zero(schedule, step, total, per_epoch):
    assert 0 <= rate_factor(schedule, step, total, per_epoch) <= 1 + 1e-12

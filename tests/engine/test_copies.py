"""Copies of activations: their own memory, used again only when nobody else has it."""

import torch

from cnnviz.engine.copies import Copies


def frame(value: float) -> torch.Tensor:
    return torch.full((1, 4, 3, 3), value).contiguous(memory_format=torch.channels_last)


def only(copies: Copies) -> torch.Tensor:
    ((_, tensor),) = copies
    return tensor


def test_a_copy_stays_when_the_activation_is_rewritten():
    copies, activation = Copies(), frame(1)
    copies.add("conv", activation)
    activation.zero_()
    assert torch.equal(only(copies), frame(1))
    assert only(copies).is_contiguous(memory_format=torch.channels_last)


def test_memory_serves_the_next_frame():
    copies = Copies()
    copies.add("conv", frame(1))
    place = only(copies).data_ptr()
    copies.forget()
    copies.add("conv", frame(2))
    assert only(copies).data_ptr() == place
    assert torch.equal(only(copies), frame(2))


def test_what_was_handed_out_is_never_written_again():
    copies = Copies()
    copies.add("conv", frame(1))
    held = copies.hand_out()
    copies.forget()
    copies.add("conv", frame(2))
    assert torch.equal(held["conv"], frame(1))


def test_what_was_borrowed_is_never_written():
    copies, held = Copies(), frame(1)
    copies.borrow("conv", held)
    assert only(copies) is held
    copies.forget()
    copies.add("conv", frame(2))
    assert torch.equal(held, frame(1))


def test_another_form_gets_its_own_memory():
    copies = Copies()
    copies.add("conv", frame(1))
    copies.forget()
    other = torch.arange(36.0).view(1, 4, 3, 3)
    copies.add("conv", other)
    assert torch.equal(only(copies), other)
    assert only(copies).is_contiguous()


def test_forgotten_copies_are_not_there():
    copies = Copies()
    copies.add("conv", frame(1))
    copies.forget()
    assert list(copies) == []

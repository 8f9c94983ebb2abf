"""The controller's subjects: what joins the docks of one kind of work to the rest of the program."""

from cnnviz.gui.controllers.building import BuildingSubject
from cnnviz.gui.controllers.data_sets import DataSubject
from cnnviz.gui.controllers.evaluating import EvaluatingSubject
from cnnviz.gui.controllers.filtering import FiltersSubject
from cnnviz.gui.controllers.interventions import InterventionsSubject
from cnnviz.gui.controllers.separation import SeparationSubject
from cnnviz.gui.controllers.statistics import StatisticsSubject
from cnnviz.gui.controllers.structure import StructureSubject
from cnnviz.gui.controllers.subject import Subject
from cnnviz.gui.controllers.training import TrainingSubject
from cnnviz.gui.controllers.unit import UnitSubject
from cnnviz.gui.controllers.watching import WatchingSubject

SUBJECTS: tuple[type[Subject], ...] = (
    StructureSubject,
    UnitSubject,
    FiltersSubject,
    StatisticsSubject,
    InterventionsSubject,
    SeparationSubject,
    BuildingSubject,
    TrainingSubject,
    DataSubject,
    WatchingSubject,
    EvaluatingSubject,
)
"""In the order in which they are told of something."""

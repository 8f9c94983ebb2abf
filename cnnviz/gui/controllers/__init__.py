"""The controller's subjects: what joins the docks of one kind of work to the rest of the program."""

from cnnviz.gui.controllers.building import BuildingSubject
from cnnviz.gui.controllers.structure import StructureSubject
from cnnviz.gui.controllers.subject import Subject

SUBJECTS: tuple[type[Subject], ...] = (StructureSubject, BuildingSubject)
"""In the order in which they are told of something."""

"""The controller's subjects: what joins the docks of one kind of work to the rest of the program."""

from cnnviz.gui.controllers.subject import Subject

SUBJECTS: tuple[type[Subject], ...] = ()
"""In the order in which they are told of something."""

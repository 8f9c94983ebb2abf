"""The window process: application, window, controller, joined to a running engine."""

from __future__ import annotations

import gc
import signal
import sys

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.resources import resource_path
from cnnviz.core.sources.values import SourceSpec
from cnnviz.engine.channel import EngineChannel
from cnnviz.gui.action_wiring import ActionWiring
from cnnviz.gui.controller import Controller
from cnnviz.gui.engine_link import EngineLink, Inbox
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.session import Session, load_session, save_session
from cnnviz.gui.startup_report import report_if_asked
from cnnviz.gui.theme import Scheme, Theme


def make_application() -> QApplication:
    """The one QApplication, named so that settings find their place."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)  # noqa: S101 - nobody makes a QCoreApplication here
    application.setApplicationName("cnnviz")
    application.setOrganizationName("cnnviz")
    application.setApplicationDisplayName("cnnviz")
    application.setWindowIcon(QIcon(str(resource_path("icons", "cnnviz.svg"))))
    return application


def run_window(
    channel: EngineChannel,
    inbox: Inbox,
    *,
    network: NetworkChoice | None,
    source: SourceSpec | None,
    theme: Scheme | None,
    session: Session | None,
) -> int:
    """Until the window closes; what the command line does not say comes from ``session``, or the last one."""
    application = make_application()
    session = session or load_session()
    look = Theme(application)
    look.set_scheme(theme or session.theme)
    link = EngineLink(channel, inbox)
    window = MainWindow(look)
    controller = Controller(window, link)
    ActionWiring(window, controller)
    controller.restore(session)
    controller.start(network or session.network, source or session.source)
    report_if_asked(window, controller)
    window.show()
    gc.freeze()  # what is there now stays: no later collection has to look through it
    gc.enable()
    interrupts = _quit_on_interrupt(window)
    code = application.exec()
    interrupts.stop()
    _save(controller.session())
    return code


def _save(session: Session) -> None:
    try:
        save_session(session)
    except OSError as error:
        sys.stderr.write(f"cnnviz: the session was not saved: {error}\n")


def _quit_on_interrupt(window: MainWindow) -> QTimer:
    """Ctrl+C in the terminal closes the window, and so does the terminal's end: Python sees a signal only when the
    event loop lets it run.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP; under nohup it is ignored and stays so
        if number is not None and (name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN):
            signal.signal(number, lambda *_: window.close())
    timer = QTimer(window)
    timer.timeout.connect(lambda: None)
    timer.start(250)
    return timer

"""Runs the learning-rate finder as a process beside the window; unlike a trainer it ends with the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer, Signal

from cnnviz.core.errors import CnnvizError
from cnnviz.core.training.configuration import checked, write_configuration
from cnnviz.core.training.rate_values import RateCurve, RateNews, read_news
from cnnviz.core.training.values import RunConfiguration
from cnnviz.gui.trainer_process import TRAIN, said

PATIENCE_MS = 2000
"""For a finder that was asked to stop, to remove what it is just downloading."""

_WORDS = ("--find-lr", "--config", "-", "--json-lines")


class RateSearch(QObject):
    """``told``: RatePreparing, RateStep, and at the end a RateCurve. ``failed``: why there is none, as a sentence.

    One search at a time; of one that was cancelled nothing is heard any more.
    """

    told = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._leaving: set[QProcess] = set()
        QCoreApplication.instance().aboutToQuit.connect(self.close)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self, configuration: RunConfiguration) -> None:
        """Ends the search before it. Raises ConfigurationError."""
        settings = write_configuration(checked(configuration)).encode()
        self.cancel()
        process = QProcess(self)
        process.readyReadStandardOutput.connect(lambda: self._read(process))
        process.finished.connect(lambda code, _: self._end(process, code))
        process.errorOccurred.connect(lambda error: self._fail_to_start(process, error))
        self._process = process
        process.start(TRAIN[0], [*TRAIN[1:], *_WORDS])
        process.write(settings)
        process.closeWriteChannel()

    def cancel(self) -> None:
        """Asks it to stop, and makes it where that takes too long."""
        process, self._process = self._process, None
        if process is None:
            return
        self._leaving.add(process)
        process.terminate()
        patience = QTimer(process, singleShot=True, interval=PATIENCE_MS)
        patience.timeout.connect(process.kill)
        patience.start()

    def close(self) -> None:
        """No process is left."""
        self.cancel()
        for process in tuple(self._leaving):
            if not process.waitForFinished(PATIENCE_MS):
                process.kill()
                process.waitForFinished(PATIENCE_MS)

    # ----------------------------------------------------------------------------------------------------- the process

    def _read(self, process: QProcess) -> None:
        while process is self._process and process.canReadLine():
            self._hear(bytes(process.readLine().data()).decode("utf-8", errors="replace"))

    def _hear(self, line: str) -> None:
        """What is no news, such as a library's own words, is passed over."""
        try:
            news: RateNews | None = read_news(line)
        except CnnvizError:
            return
        if isinstance(news, RateCurve) and self._process is not None:
            self._leaving.add(self._process)  # it has said all
            self._process = None
        if news is not None:
            self.told.emit(news)

    def _end(self, process: QProcess, code: int) -> None:
        self._read(process)
        self._leaving.discard(process)
        process.deleteLater()
        if process is not self._process:
            return
        self._process = None
        words = said(bytes(process.readAllStandardError().data()))
        self.failed.emit(words or self.tr("The finder ended with code %1.").replace("%1", str(code)))

    def _fail_to_start(self, process: QProcess, error: QProcess.ProcessError) -> None:
        """Of all that can go wrong only this comes without an end."""
        if error != QProcess.ProcessError.FailedToStart:
            return
        words = self.tr("The finder cannot be started: %1.").replace("%1", process.errorString())
        self._leaving.discard(process)
        process.deleteLater()
        if process is self._process:
            self._process = None
            self.failed.emit(words)

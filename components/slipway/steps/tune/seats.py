"""Places for processes that run trials; a process that dies fails its trial and is replaced."""

import contextlib
import time
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from slipway.steps.tune.config import TuneConfig
from slipway.steps.tune.trial import Attempt, Ended, Reached, serve_trials
from slipway.training.processes import kill_process, log_tail


class Seat:
    """A place for one process.

    Args:
        context: starts the process.
        examples: root of an ExamplesFolder.
        config: how to search.
        log: takes what the process prints.
    """

    connection: Connection
    process: BaseProcess

    def __init__(self, context: BaseContext, examples: Path, config: TuneConfig, log: Path) -> None:
        self._context, self._log = context, log
        self._arguments = (examples, config, log)
        self._given = time.monotonic()

    def open(self) -> None:
        """Start a process."""
        self.connection, theirs = self._context.Pipe()
        self.process = self._context.Process(  # type: ignore[attr-defined]
            target=serve_trials, args=(theirs, *self._arguments), name=f"slipway-{self._log.stem}"
        )
        self.process.start()
        # Only the child may hold this end, or its death would go unnoticed.
        theirs.close()

    def close(self) -> None:
        """End the process, if there is one."""
        if hasattr(self, "process"):
            kill_process(self.process)
            self.connection.close()

    def give(self, attempt: Attempt) -> None:
        """Let the process run ``attempt``."""
        self._given = time.monotonic()
        self._send(attempt)

    def answer(self, goes_on: bool) -> None:
        """Say whether the attempt is worth another epoch."""
        self._send(goes_on)

    def hear(self) -> Reached | Ended:
        """What the process says next; when it died, that its attempt failed."""
        try:
            message: Reached | Ended = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            reason = f"its process ended with exit code {self.process.exitcode}\n{log_tail(self._log)}".strip()
            self.close()
            self.open()
            return Ended("failed", None, time.monotonic() - self._given, reason)
        return message

    def _send(self, message: object) -> None:
        # The next ``hear`` notices a process that is gone.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(message)

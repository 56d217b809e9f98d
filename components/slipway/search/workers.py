"""Processes that run trials; one that dies fails its trial and is replaced."""

import contextlib
import time
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from slipway.search.trials import EpochResult, Trainer, TrialRequest, TrialResult, serve_trials
from slipway.training.processes import kill_process, log_tail


class TrialWorker:
    """A process that runs trials, one after the other, and its replacement when it dies.

    Args:
        context: starts the process.
        trainer: trains with the hyperparameters of each trial.
        log: takes what the process prints.
    """

    connection: Connection
    process: BaseProcess

    def __init__(self, context: BaseContext, trainer: Trainer, log: Path) -> None:
        self._context, self._log = context, log
        self._arguments = (trainer, log)
        self._assigned = time.monotonic()

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

    def assign(self, request: TrialRequest) -> None:
        """Let the process run a trial."""
        self._assigned = time.monotonic()
        self._send(request)

    def answer(self, should_continue: bool) -> None:
        """Say whether the trial is worth another epoch."""
        self._send(should_continue)

    def receive(self) -> EpochResult | TrialResult:
        """Return the next message of the process; when it died, that its trial failed."""
        try:
            message: EpochResult | TrialResult = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            reason = f"its process ended with exit code {self.process.exitcode}\n{log_tail(self._log)}".strip()
            self.close()
            self.open()
            return TrialResult("failed", None, time.monotonic() - self._assigned, reason)
        return message

    def _send(self, message: object) -> None:
        # The next ``receive`` notices a process that is gone.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(message)

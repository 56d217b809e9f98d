"""What a process of the search does: train with the hyperparameters it is sent, and say how it goes."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol, TypeAlias

from slipway.contracts.models import Hyperparameters
from slipway.training.processes import prepare_worker_process

logger = logging.getLogger(__name__)

Report: TypeAlias = Callable[[int, float], bool]
"""Takes an epoch, counted from 1, and its value; returns whether the trial is worth another epoch."""


class Trainer(Protocol):
    """What a search compares hyperparameters by. It is sent to every process of the search, so it can be pickled."""

    def train(self, hyperparameters: Hyperparameters, report: Report) -> float | None:
        """Train, reporting every epoch; return the value to minimize, or None when ``report`` said to stop.

        An exception fails the trial, and the search goes on.
        """


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """A trial to run."""

    number: int
    hyperparameters: Hyperparameters


@dataclass(frozen=True, slots=True)
class EpochResult:
    """The value after an epoch, counted from 1; the search answers whether to go on."""

    epoch: int
    value: float


@dataclass(frozen=True, slots=True)
class TrialResult:
    """The result of a trial.

    Attributes:
        state: ``complete``, ``pruned`` or ``failed``.
        value: what is minimized; None unless complete.
        seconds: how long it took.
        reason: of a failure.
    """

    state: str
    value: float | None
    seconds: float
    reason: str = ""


def serve_trials(connection: Connection, trainer: Trainer, log: Path) -> None:
    """Run one TrialRequest after the other until None comes; the body of a process of the search."""
    prepare_worker_process(intra_op_threads=1, log=log)

    def report(epoch: int, value: float) -> bool:
        connection.send(EpochResult(epoch, value))
        return bool(connection.recv())

    while (request := connection.recv()) is not None:
        started = time.monotonic()
        try:
            value = trainer.train(request.hyperparameters, report)
            result = TrialResult("pruned" if value is None else "complete", value, time.monotonic() - started)
        except Exception as error:
            logger.warning("trial %d failed", request.number, exc_info=True)
            result = TrialResult("failed", None, time.monotonic() - started, f"{type(error).__name__}: {error}")
        connection.send(result)

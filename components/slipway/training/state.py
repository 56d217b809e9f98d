"""What a training knows after an epoch, and its file: enough to go on in another process as if nothing had happened."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

Arrays = tuple[np.ndarray, ...]
_ARRAYS = ("weights", "optimizer", "best_weights")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingState:
    """A training between two epochs.

    Attributes:
        key: identifies data and settings; a state is of use only to a training with the same key.
        history: values of ``loss``, ``eval_loss`` and the metrics, one per finished epoch.
        epoch_seconds: duration of each epoch.
        input_seconds: how long each epoch waited for examples.
        best_epoch: the epoch, from 1, with the lowest eval loss; 0 before there is one.
        best_loss: the eval loss of that epoch.
        weights: of the network, now.
        optimizer: the optimizer's variables, now.
        best_weights: of the network after ``best_epoch``.
        finished: why training is over: ``epochs``, ``patience``, ``time`` or ``diverged``; empty while it is not.
    """

    key: str
    history: dict[str, tuple[float, ...]] = field(default_factory=dict)
    epoch_seconds: tuple[float, ...] = ()
    input_seconds: tuple[float, ...] = ()
    best_epoch: int = 0
    best_loss: float = float("inf")
    weights: Arrays = ()
    optimizer: Arrays = ()
    best_weights: Arrays = ()
    finished: str = ""

    @property
    def epochs(self) -> int:
        """Finished epochs."""
        return len(self.epoch_seconds)

    def after_epoch(
        self,
        values: dict[str, float],
        seconds: float,
        input_seconds: float,
        weights: Sequence[np.ndarray],
        min_delta: float,
    ) -> "TrainingState":
        """Return the state one epoch later; its weights are the best when the eval loss fell by ``min_delta``."""
        state = replace(
            self,
            history={name: (*self.history.get(name, ()), value) for name, value in values.items()},
            epoch_seconds=(*self.epoch_seconds, seconds),
            input_seconds=(*self.input_seconds, input_seconds),
            weights=tuple(weights),
        )
        if not values["eval_loss"] < self.best_loss - min_delta:
            return state
        return replace(
            state, best_epoch=state.epochs, best_loss=values["eval_loss"], best_weights=tuple(map(np.array, weights))
        )


def write_state(state: TrainingState, path: Path) -> None:
    """Store a state; the file is replaced whole or not at all."""
    facts = {item.name: getattr(state, item.name) for item in fields(state) if item.name not in _ARRAYS}
    arrays = {f"{name}.{index}": array for name in _ARRAYS for index, array in enumerate(getattr(state, name))}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        np.savez(file, facts=np.array(json.dumps(facts)), **arrays)
    temporary.replace(path)


def read_state(path: Path, key: str) -> TrainingState:
    """Return the state stored at ``path``, or a new one where there is none of the training ``key``."""
    if not path.is_file():
        return TrainingState(key=key)
    with np.load(path, allow_pickle=False) as stored:
        facts: dict[str, Any] = json.loads(str(stored["facts"]))
        if facts["key"] != key:
            return TrainingState(key=key)
        names = list(stored)
        arrays: dict[str, Any] = {
            name: tuple(stored[f"{name}.{index}"] for index in range(sum(n.startswith(f"{name}.") for n in names)))
            for name in _ARRAYS
        }
    facts["history"] = {name: tuple(values) for name, values in facts["history"].items()}
    for name in ("epoch_seconds", "input_seconds"):
        facts[name] = tuple(facts[name])
    return TrainingState(**facts, **arrays)

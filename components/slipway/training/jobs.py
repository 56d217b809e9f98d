"""What a training is told, before anything of it runs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slipway.contracts.documents import to_plain
from slipway.contracts.examples import ExamplesFolder
from slipway.contracts.models import Hyperparameters
from slipway.contracts.tables import EVAL, TRAIN
from slipway.storage.folders import file_digest

FAST, FIT = "fast", "fit"
_LOOPS = {FAST: "stacks, Adam of slipway.training.fast_loop", FIT: "tf_keras fit of slipway.training.fit_loop"}
"""What trains; a state that another loop left behind cannot be gone on from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopOptions:
    """How weights are changed.

    Attributes:
        loop: ``fast``, ``fit``, or ``auto``: the fast one wherever it can do what is wanted.
        optimizer: name of a tf_keras optimizer.
        optimizer_settings: further arguments of the optimizer, such as ``momentum``.
        schedule: name of a tf_keras learning-rate schedule in snake case; empty keeps the learning rate.
        schedule_settings: further arguments of the schedule, such as ``alpha``.
        mixed_precision: ``float16`` or ``bfloat16`` computes in it with float32 weights; empty computes in float32.
    """

    loop: str = "auto"
    optimizer: str = "adam"
    optimizer_settings: Mapping[str, Any] = field(default_factory=dict)
    schedule: str = ""
    schedule_settings: Mapping[str, Any] = field(default_factory=dict)
    mixed_precision: str = ""

    @property
    def chosen(self) -> str:
        """The loop that trains: ``fast`` or ``fit``."""
        if self.loop != "auto":
            return self.loop
        return FAST if self.is_plain else FIT

    @property
    def is_plain(self) -> bool:
        """Whether this is Adam as it comes, at one learning rate, in float32: all that the fast loop can do."""
        settings = (self.optimizer_settings, self.schedule, self.schedule_settings, self.mixed_precision)
        return self.optimizer.lower() == "adam" and not any(settings)


PLAIN = LoopOptions()
"""Adam as it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """How a network is trained, wherever that is.

    Attributes:
        epochs: passes over the training examples at most, at least 1.
        seed: of initial weights, dropout and order, in [0, 2**31).
        patience: epochs without a lower eval loss before training stops, at least 1.
        min_delta: how much lower the eval loss must be to count, at least 0.
        max_seconds: no epoch starts later than this after the first; None sets no limit.
        balance_classes: weigh each class by the inverse of its share of the training examples.
        loop: how weights are changed.
    """

    epochs: int = 30
    seed: int = 42
    patience: int = 5
    min_delta: float = 0.0
    max_seconds: float | None = None
    balance_classes: bool = False
    loop: LoopOptions = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a training runs.

    Attributes:
        strategy: name of the tf.distribute strategy, such as ``mirrored``.
        workers: processes that train together.
        cpu_devices: logical CPU devices of a worker; 0 leaves the devices as they are.
        chief: whether this process writes the checkpoints and the model.
        in_cluster: whether this process is one worker of several that a platform started.
    """

    strategy: str
    workers: int = 1
    cpu_devices: int = 0
    chief: bool = True
    in_cluster: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob:
    """A training to be done.

    Attributes:
        examples: root of an ExamplesFolder.
        hyperparameters: of network and optimizer.
        options: how to train.
        placement: where this process trains.
        state_path: where the state after each epoch is kept; None keeps none.
        max_restarts: how often worker processes are started again after one of them died.
        stall_seconds: worker processes that finish no epoch for so long are ended and started again.
        known_key: the key where it is known, which spares reading the examples for it.
    """

    examples: Path
    hyperparameters: Hyperparameters
    options: TrainingOptions
    placement: Placement
    state_path: Path | None = None
    max_restarts: int = 3
    stall_seconds: float = 1800.0
    known_key: str = ""

    @property
    def key(self) -> str:
        """Digest of everything that decides the weights but where they are computed; the examples by their content.

        All bytes of the train and eval splits are read for it.
        """
        if self.known_key:
            return self.known_key
        folder = ExamplesFolder(self.examples)
        files = (file for file in sorted(folder.root.glob("*.*")) if file.stem in (TRAIN, EVAL))
        # The time limit decides when a training is interrupted, not what it would come to.
        options = {name: value for name, value in to_plain(self.options).items() if name != "max_seconds"}
        facts = {
            "loop": _LOOPS[self.options.loop.chosen],
            "spec": to_plain(folder.spec()),
            "examples": {file.name: file_digest(file) for file in files},
            "hyperparameters": to_plain(self.hyperparameters),
            "options": options,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

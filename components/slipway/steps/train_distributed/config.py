"""What can be set when training."""

from dataclasses import dataclass, field
from typing import Any, Literal

from slipway.contracts.errors import InputError
from slipway.contracts.plug_points import registry

AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainDistributedConfig:
    """How to train.

    Attributes:
        strategy: ``one_device``; ``mirrored``: every GPU of this machine, or ``replicas`` logical CPU devices;
            ``multi_worker_mirrored``: ``workers`` processes; ``auto``: multi_worker_mirrored for several workers,
            mirrored for several GPUs, else one_device.
        workers: worker processes, in [1, 64]; above 1 only with a strategy of several workers.
        epochs: passes over the training examples at most, in [1, 10000].
        seed: of initial weights, dropout and order, in [0, 2147483647].
        patience: epochs without a lower eval loss before training stops, at least 1.
        min_delta: how much lower the eval loss must be to count, at least 0.
        max_seconds: no epoch starts later than this after the first, above 0; None sets no
            limit.
        balance_classes: weigh each class by the inverse of its share of the training examples.
        replicas: logical CPU devices of ``mirrored`` on a machine without GPU, in [1, 16].
        max_restarts: how often workers are started again after one of them died, in [0, 100].
        stall_seconds: workers that finish no epoch for so long are ended and started again; above 0.
        launcher: where it runs: ``in_process``, in worker ``processes`` of this machine that are started again when one
            dies, or as one worker of a ``cluster``; ``auto``: what the strategy needs.
        loop: ``fast``: plain Adam in few calls of a graph; ``fit``: tf_keras' own, which can do everything; ``auto``:
            the fast one unless another optimizer, settings of it, a schedule or mixed precision is set.
        optimizer: name of a tf_keras optimizer, such as ``adamw``, ``sgd`` or ``lion``.
        optimizer_settings: further arguments of the optimizer, such as ``{"momentum": 0.9}``.
        schedule: name of a tf_keras learning-rate schedule, such as ``cosine_decay`` or ``exponential_decay``, which
            begins at the learning rate; empty keeps the learning rate.
        schedule_settings: further arguments of the schedule, such as ``{"alpha": 0.1}``; its decay lasts for all
            epochs unless ``decay_steps`` is among them.
        mixed_precision: ``bfloat16`` or ``float16`` computes in it and keeps float32 weights; empty computes in
            float32. The exported model computes in float32.
        tensorboard: write what TensorBoard shows of every epoch into ``logs/`` of the model.
        checkpoint_dir: a folder that outlives the process, and that all workers see, from which an interrupted training
            goes on; empty uses a temporary folder of this run.
    """

    strategy: str = AUTO
    workers: int = 1
    epochs: int = 30
    seed: int = 42
    patience: int = 5
    min_delta: float = 0.0
    max_seconds: float | None = None
    balance_classes: bool = False
    replicas: int = 2
    max_restarts: int = 3
    stall_seconds: float = 1800.0
    launcher: str = AUTO
    loop: Literal["auto", "fast", "fit"] = "auto"
    optimizer: str = "adam"
    optimizer_settings: dict[str, Any] = field(default_factory=dict)
    schedule: str = ""
    schedule_settings: dict[str, Any] = field(default_factory=dict)
    mixed_precision: Literal["", "float16", "bfloat16"] = ""
    tensorboard: bool = False
    checkpoint_dir: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        _within("workers", self.workers, 1, 64)
        _within("epochs", self.epochs, 1, 10_000)
        _within("seed", self.seed, 0, 2**31 - 1)
        _within("replicas", self.replicas, 1, 16)
        _within("max_restarts", self.max_restarts, 0, 100)
        if self.patience < 1:
            raise InputError(f"patience must be at least 1, got {self.patience}")
        if not self.min_delta >= 0:
            raise InputError(f"min_delta must be at least 0, got {self.min_delta}")
        if self.max_seconds is not None and not self.max_seconds > 0:
            raise InputError(f"max_seconds must be above 0, got {self.max_seconds}")
        if not self.stall_seconds > 0:
            raise InputError(f"stall_seconds must be above 0, got {self.stall_seconds}")
        _named("strategy", self.strategy, "strategies")
        if self.workers > 1 and self.strategy != AUTO and not registry("strategies").get(self.strategy).several_workers:
            raise InputError(
                f"strategy {self.strategy!r} has one worker, got workers={self.workers}; "
                "several workers need another one, or 'auto'"
            )
        _named("launcher", self.launcher, "job_launchers")
        if self.schedule_settings and not self.schedule:
            raise InputError(f"schedule_settings {self.schedule_settings} belong to a schedule, and none is set")
        if "learning_rate" in self.optimizer_settings:
            raise InputError("the learning_rate is a hyperparameter, not one of optimizer_settings")


def _named(setting: str, name: str, kind: str) -> None:
    """Refuse a name that is neither ``auto`` nor an entry."""
    names = (AUTO, *registry(kind).names())
    if name not in names:
        raise InputError(f"{setting} should be one of {', '.join(names)}, got {name!r}")


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InputError(f"{name} must lie in [{low}, {high}], got {value}")

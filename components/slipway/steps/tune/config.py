"""What can be set when searching for hyperparameters."""

from dataclasses import dataclass, field
from typing import Literal

from slipway.contracts.errors import InputError
from slipway.contracts.models import Hyperparameters


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRange:
    """Whole numbers from ``low`` to ``high``, both included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RealRange:
    """Real numbers from ``low`` to ``high``, both included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """Where hyperparameters are looked for; the bounds are those of ``Hyperparameters``.

    Attributes:
        layers: hidden layers.
        units: units of the first hidden layer, tried evenly on a logarithmic scale.
        dropout_fraction: share of units dropped.
        learning_rate: Adam's, tried evenly on a logarithmic scale.
        batch_sizes: examples in a step; one of these.
    """

    layers: WholeRange = WholeRange(low=1, high=3)
    units: WholeRange = WholeRange(low=32, high=512)
    dropout_fraction: RealRange = RealRange(low=0.0, high=0.5)
    learning_rate: RealRange = RealRange(low=3e-4, high=1e-2)
    batch_sizes: tuple[int, ...] = (128, 256, 512, 1024)

    def __post_init__(self) -> None:
        """Refuse a range that is empty or leaves what a network can have."""
        if not self.batch_sizes:
            raise InputError("batch_sizes must name at least one batch size")
        for name in ("layers", "units", "dropout_fraction", "learning_rate"):
            bounds = getattr(self, name)
            if not bounds.low <= bounds.high:
                raise InputError(f"{name}.low must not exceed {name}.high, got {bounds.low} and {bounds.high}")
            for value in (bounds.low, bounds.high):
                Hyperparameters(**{name: value})
        for batch_size in self.batch_sizes:
            Hyperparameters(batch_size=batch_size)


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneConfig:
    """How to search.

    Attributes:
        trials: trainings to compare, in [0, 10000]; 0 takes the default hyperparameters without a search.
        parallel: trials at the same time, in [0, 64]; 0 takes one per CPU, at most 4. Only 1 is reproducible: with
            more, what a trial learns from depends on which others have ended.
        epochs: passes of a trial over the training examples, in [1, 1000].
        max_examples: training (and eval) examples a trial sees at most, at least 1; a seeded sample of larger splits.
        timeout_seconds: no trial starts later, and those running are pruned once one is complete; None sets no limit.
        seed: of the search and of every training, in [0, 2**31).
        pruner: how weak trials are recognised: ``median`` (worse than half of the trials at that epoch),
            ``hyperband`` or ``none``.
        space: where to look.
    """

    trials: int = 8
    parallel: int = 0
    epochs: int = 6
    max_examples: int = 100_000
    timeout_seconds: float | None = None
    seed: int = 42
    pruner: Literal["median", "hyperband", "none"] = "median"
    space: SearchSpace = field(default_factory=SearchSpace)

    def __post_init__(self) -> None:
        """Refuse a search that cannot be."""
        _within("trials", self.trials, 0, 10_000)
        _within("parallel", self.parallel, 0, 64)
        _within("epochs", self.epochs, 1, 1000)
        _within("seed", self.seed, 0, 2**31 - 1)
        if self.max_examples < 1:
            raise InputError(f"max_examples must be at least 1, got {self.max_examples}")
        if self.timeout_seconds is not None and not self.timeout_seconds > 0:
            raise InputError(f"timeout_seconds must be above 0, got {self.timeout_seconds}")


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InputError(f"{name} must lie in [{low}, {high}], got {value}")

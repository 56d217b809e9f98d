"""Where hyperparameters are looked for."""

from dataclasses import dataclass

from slipway.contracts.errors import InputError
from slipway.contracts.models import Hyperparameters


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRange:
    """Whole numbers from ``low`` to ``high``, both included.

    Attributes:
        low: the smallest that is tried.
        high: the largest that is tried.
    """

    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RealRange:
    """Real numbers from ``low`` to ``high``, both included.

    Attributes:
        low: the smallest that is tried.
        high: the largest that is tried.
    """

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """Where hyperparameters are looked for; the bounds are those of ``Hyperparameters``.

    Attributes:
        layers: hidden layers, in [0, 8].
        units: units of the first hidden layer, in [1, 4096], tried evenly on a logarithmic scale.
        dropout_fraction: share of units dropped, in [0, 0.9].
        learning_rate: Adam's, above 0, tried evenly on a logarithmic scale.
        batch_sizes: examples in a step, of which one is taken; each at least 1.
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
            for value in (bounds.low, bounds.high):
                Hyperparameters(**{name: value})
            if not bounds.low <= bounds.high:
                raise InputError(f"{name}.low must not exceed {name}.high, got {bounds.low} and {bounds.high}")
        for batch_size in self.batch_sizes:
            Hyperparameters(batch_size=batch_size)

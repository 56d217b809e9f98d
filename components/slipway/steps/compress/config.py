"""What can be set for compress."""

from dataclasses import dataclass

from slipway.contracts.errors import InputError
from slipway.contracts.plug_points import registry

DEFAULT_VARIANTS = ("dynamic_range", "float16", "int8")
_UNCOMPRESSED = "float"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressConfig:
    """Which compressed forms are tried and what they may cost.

    Attributes:
        metric: the deciding metric, by the name that evaluate-slices uses; None means accuracy for classification and
            rmse for regression.
        allowed_loss: largest worsening of it against the network as trained, in its own unit, at least 0; None means
            0.005, for rmse and mae 1% of the training label's standard deviation and for mse 1% of its variance.
        variants: recipes that are tried, at least one, each once, without ``float``, which is always there; ``slipway
            components --plugins`` lists them.
        calibration_examples: training examples, evenly spaced, that decide the ranges of int8; at least 1.
        latency_runs: timed predictions of a single example for each variant, at least 10.
        max_latency_milliseconds: slower variants are refused; above 0, None for no bound.
        max_bytes: larger variants are refused; at least 1, None for no bound.
    """

    metric: str | None = None
    allowed_loss: float | None = None
    variants: tuple[str, ...] = DEFAULT_VARIANTS
    calibration_examples: int = 500
    latency_runs: int = 500
    max_latency_milliseconds: float | None = None
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        """Refuse bounds that cannot be met and variants that do not exist."""
        if self.allowed_loss is not None and not 0 <= self.allowed_loss < float("inf"):
            raise InputError(f"allowed_loss must be at least 0, got {self.allowed_loss}")
        recipes = [name for name in registry("compression_recipes").names() if name != _UNCOMPRESSED]
        if not self.variants or len(set(self.variants)) < len(self.variants) or set(self.variants) - set(recipes):
            raise InputError(f"variants should be some of {', '.join(recipes)}, each once; got {list(self.variants)}")
        if self.calibration_examples < 1:
            raise InputError(f"calibration_examples must be at least 1, got {self.calibration_examples}")
        if self.latency_runs < 10:
            raise InputError(f"latency_runs must be at least 10, got {self.latency_runs}")
        if self.max_latency_milliseconds is not None and not self.max_latency_milliseconds > 0:
            raise InputError(f"max_latency_milliseconds must be above 0, got {self.max_latency_milliseconds}")
        if self.max_bytes is not None and self.max_bytes < 1:
            raise InputError(f"max_bytes must be at least 1, got {self.max_bytes}")

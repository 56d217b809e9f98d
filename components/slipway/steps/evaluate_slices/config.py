"""What can be set about an evaluation."""

from dataclasses import dataclass, field
from typing import Literal

from slipway.contracts.errors import InputError
from slipway.contracts.evaluations import Confidence

_SPLITS = ("train", "eval", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueThreshold:
    """Bounds of a metric, like TFMA's ``GenericValueThreshold``; a value on a bound is good.

    Attributes:
        lower_bound: smallest good value; None for no bound.
        upper_bound: largest good value; None for no bound.
    """

    lower_bound: float | None = None
    upper_bound: float | None = None

    def __post_init__(self) -> None:
        """Refuse bounds that nothing or everything meets."""
        if self.lower_bound is None and self.upper_bound is None:
            raise InputError("a threshold needs lower_bound, upper_bound or both")
        if self.lower_bound is not None and self.upper_bound is not None and self.lower_bound > self.upper_bound:
            raise InputError(f"lower_bound {self.lower_bound} is above upper_bound {self.upper_bound}; nothing is both")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeThreshold:
    """Bounds of a metric's change against the baseline, like TFMA's ``GenericChangeThreshold``.

    The change is the new value minus the baseline's. Where higher is better it must be at least ``absolute``, and the
    change divided by the baseline's value at least ``relative``; where lower is better, at most. So a worsening is
    allowed by a negative number where higher is better and by a positive one where lower is better.

    Attributes:
        absolute: in the metric's own unit; None for no bound.
        relative: as a share of the baseline's value; None for no bound.
        direction: what is better; None takes the metric's own.
    """

    absolute: float | None = None
    relative: float | None = None
    direction: Literal["higher_is_better", "lower_is_better"] | None = None

    def __post_init__(self) -> None:
        """Refuse a threshold that bounds nothing."""
        if self.absolute is None and self.relative is None:
            raise InputError("a change threshold needs absolute, relative or both")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateSlicesConfig:
    """How a model is evaluated, and what it must meet.

    Attributes:
        baseline_uri: a pushed version that the model must not be worse than, or ``<destination>/<model_name>/latest``;
            empty compares with nothing.
        split: the split whose rows are predicted: test, eval or train.
        slices: slices beside the automatic ones: a column, or a list of columns for their cross; ``column=value``
            takes one value alone. Numbers with more than ``max_slice_values`` values and timestamps are cut into
            ``numeric_buckets`` parts of equal size.
        automatic_slices: whether every column of text or truth values, and every categorical feature, with at most
            ``max_slice_values`` values makes slices.
        max_slice_values: values of a column up to which each makes a slice, at least 2.
        numeric_buckets: parts of equal size that numbers and timestamps are cut into, in [2, 100].
        min_slice_examples: smaller slices are named and have no metrics; at least 1.
        thresholds: bounds of metrics over all examples, by metric.
        slice_thresholds: bounds that every slice must meet, by metric.
        change_thresholds: bounds of the change against the baseline over all examples, by metric.
        slice_change_thresholds: the same in every slice.
        default_thresholds: whether to require, of metrics without a threshold here, that the model is better than a
            constant answer, that AUC is at least 0.6, and that it is no worse than the baseline.
        baseline_tolerance: how much worse than the baseline accuracy and AUC may be, and as a share RMSE; at least 0.
        incomparable_baseline: whether a baseline that cannot read these columns or predicts another label is a
            warning or a reason to refuse.
        slice_metric: the metric by which slices are compared with all examples; empty takes accuracy or RMSE.
        max_slice_gap: refuse when that metric is worse in a slice than overall by more, in its own unit, at least 0;
            None warns.
        fairness_features: columns whose slices are checked for fairness gaps; empty checks every one.
        max_fairness_gap: widest gap of selection rate, recall or false positive rate between slices without a warning,
            in [0, 1].
        confidence: how intervals are made.
        batch_size: rows predicted at once; at least 1.
    """

    baseline_uri: str = ""
    split: str = "test"
    slices: tuple[str | tuple[str, ...], ...] = ()
    automatic_slices: bool = True
    max_slice_values: int = 20
    numeric_buckets: int = 4
    min_slice_examples: int = 30
    thresholds: dict[str, ValueThreshold] = field(default_factory=dict)
    slice_thresholds: dict[str, ValueThreshold] = field(default_factory=dict)
    change_thresholds: dict[str, ChangeThreshold] = field(default_factory=dict)
    slice_change_thresholds: dict[str, ChangeThreshold] = field(default_factory=dict)
    default_thresholds: bool = True
    baseline_tolerance: float = 0.01
    incomparable_baseline: Literal["warn", "refuse"] = "warn"
    slice_metric: str = ""
    max_slice_gap: float | None = None
    fairness_features: tuple[str, ...] = ()
    max_fairness_gap: float = 0.2
    confidence: Confidence = field(default_factory=Confidence)
    batch_size: int = 8192

    def __post_init__(self) -> None:
        """Refuse values outside their ranges."""
        if self.split not in _SPLITS:
            raise InputError(f"split should be one of {', '.join(_SPLITS)}, got {self.split!r}")
        if any(not entry for entry in self.slices):
            raise InputError("slices holds an empty entry; each should be a column or a list of columns")
        self._at_least(max_slice_values=2, min_slice_examples=1, batch_size=1)
        self._at_least(baseline_tolerance=0)
        if not 2 <= self.numeric_buckets <= 100:
            raise InputError(f"numeric_buckets must lie in [2, 100], got {self.numeric_buckets}")
        if self.max_slice_gap is not None and not self.max_slice_gap >= 0:
            raise InputError(f"max_slice_gap must be at least 0, got {self.max_slice_gap}")
        if not 0 <= self.max_fairness_gap <= 1:
            raise InputError(f"max_fairness_gap must lie in [0, 1], got {self.max_fairness_gap}")

    def _at_least(self, **bounds: int) -> None:
        for name, bound in bounds.items():
            if not getattr(self, name) >= bound:
                raise InputError(f"{name} must be at least {bound}, got {getattr(self, name)}")

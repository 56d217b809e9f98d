"""What can be set about the preprocessing."""

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, Literal

from slipway.contracts.documents import check, parse
from slipway.contracts.errors import InputError
from slipway.contracts.examples import FeatureKind, Problem
from slipway.contracts.plug_points import registry

_ENCODINGS = registry("encodings")
_BOUNDS = {
    "buckets": (2, 1_000),
    "scaled_buckets": (0, 1_000),
    "clip_fraction": (0.0, 0.1),
    "max_vocabulary": (1, 10_000_000),
    "min_frequency": (1, math.inf),
    "oov_buckets": (1, 10_000),
    "one_hot_limit": (0, 10_000),
    "hash_buckets": (2, 100_000_000),
    "log_skewness": (0.0, math.inf),
    "batch_rows": (1, 10_000_000),
}


def _check_bounds(values: object) -> None:
    for name, (low, high) in _BOUNDS.items():
        value = getattr(values, name, None)
        if value is not None and not low <= value <= high:
            allowed = f"be at least {low}" if math.isinf(high) else f"lie in [{low}, {high}]"
            raise InputError(f"{name} must {allowed}, got {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureOptions:
    """What one feature does differently; None keeps what is inferred or what TransformConfig says.

    Attributes:
        kind: how the column is read.
        encoding: how it becomes numbers, by name: what ``slipway components --plugins`` lists; sets the kind too.
        settings: of ``encoding``, by name, those that have no name of their own here.
        buckets: of quantile_buckets, in [2, 1000].
        scaled_buckets: quantile buckets beside the scaled value, in [0, 1000].
        clip_fraction: share of training values at each end that the feature is clipped to, in [0, 0.1].
        missing_value: of the training values, what a missing number becomes.
        max_vocabulary: most frequent categories that are kept, in [1, 10000000].
        min_frequency: training rows below which a category is out of vocabulary, at least 1.
        oov_buckets: hash buckets for categories out of vocabulary, in [1, 10000].
        hash_buckets: of the hash encoding, in [2, 100000000].
        elapsed_time: whether a timestamp also gives its standardized distance in time.
    """

    kind: FeatureKind | None = None
    encoding: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    buckets: int | None = None
    scaled_buckets: int | None = None
    clip_fraction: float | None = None
    missing_value: Literal["mean", "median"] | None = None
    max_vocabulary: int | None = None
    min_frequency: int | None = None
    oov_buckets: int | None = None
    hash_buckets: int | None = None
    elapsed_time: bool | None = None

    def __post_init__(self) -> None:
        """Refuse values out of range, an encoding that is unknown or of another kind, and settings it does not have."""
        _check_bounds(self)
        if self.encoding is None:
            if self.settings:
                raise InputError(f"settings belong to an encoding, and none is set; got {self.settings}")
            return
        encoding = _ENCODINGS.get(self.encoding)
        if self.kind and encoding.kind is not self.kind:
            raise InputError(f"{self.encoding} encodes {encoding.kind} features, not {self.kind} ones")
        doubled = sorted(set(self.settings) & {item.name for item in dataclasses.fields(self)})
        if doubled:
            raise InputError(f"{doubled[0]!r} stands beside encoding, not in settings")
        check(encoding.Settings, self.settings, f"settings of {self.encoding}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformConfig:
    """What can be set about the preprocessing.

    Attributes:
        label: the column that is predicted.
        problem: None infers it: by the schema's tag, or else booleans, strings, and whole numbers with at most 20
            values are classes.
        positive_label: the positive class of a binary problem; None takes the rarer one.
        exclude: columns that are no features.
        features: what single features do differently, by column; naming a column there includes it whatever its tag.
        examples_format: what transformed examples are stored as; arrow reads fastest.
        clip_fraction: share of training values at each end that numeric features are clipped to; in
            [0, 0.1]; 0 clips nothing. Outliers cost an int8 model its resolution.
        missing_value: of the training values, what a missing number becomes.
        log_skewness: non-negative numbers of at least this skewness are encoded by log1p, at least 0; None never does.
        buckets: of quantile_buckets, in [2, 1000].
        scaled_buckets: quantile buckets that a z_score or log1p feature has beside its scaled value, which let a
            network learn steps and bumps, in [0, 1000]; 0 for none. None gives each about 20, fewer where training rows
            are few or numbers many.
        max_vocabulary: most frequent categories that are kept, in [1, 10000000]; the others are out of vocabulary.
        min_frequency: training rows below which a category is out of vocabulary, at least 1.
        oov_buckets: hash buckets for categories out of vocabulary, in [1, 10000].
        one_hot_limit: largest vocabulary that is one-hot encoded, in [0, 10000]; larger ones become ids.
        hash_buckets: of the hash encoding, in [2, 100000000].
        elapsed_time: whether timestamps also give their standardized distance in time. It leaves the range of the
            training data as time goes on.
        batch_rows: rows that the graph transforms at once, in [1, 10000000].
    """

    label: str
    problem: Problem | None = None
    positive_label: str | bool | int | None = None
    exclude: tuple[str, ...] = ()
    features: dict[str, FeatureOptions] = field(default_factory=dict)
    examples_format: Literal["arrow", "tfrecord"] = "arrow"
    clip_fraction: float = 0.001
    missing_value: Literal["mean", "median"] = "mean"
    log_skewness: float | None = 2.0
    buckets: int = 10
    scaled_buckets: int | None = None
    max_vocabulary: int = 10_000
    min_frequency: int = 1
    oov_buckets: int = 1
    one_hot_limit: int = 64
    hash_buckets: int = 1024
    elapsed_time: bool = False
    batch_rows: int = 16_384

    def __post_init__(self) -> None:
        """Refuse values out of range and columns named twice."""
        _check_bounds(self)
        if not self.label:
            raise InputError("label must name the column that is predicted, got ''")
        if self.label in self.exclude or self.label in self.features:
            raise InputError(f"the label {self.label!r} can be neither in exclude nor in features")
        doubled = sorted(set(self.exclude) & set(self.features))
        if doubled:
            raise InputError(f"{doubled[0]!r} is both in exclude and in features")
        if self.positive_label is not None and self.problem not in (None, Problem.BINARY):
            raise InputError(f"positive_label belongs to a binary problem, and problem is {self.problem}")

    def options(self, name: str) -> FeatureOptions:
        """Return what is set for this feature."""
        return self.features.get(name, FeatureOptions())

    def is_named(self, name: str) -> bool:
        """Return whether the call wants this column as a feature, whatever its tag and values."""
        return name in self.features

    def encoding_settings(self, name: str, encoding: Any) -> Any:
        """Return the ``Settings`` of an entry of the registry of encodings for one feature.

        A setting that this class has too is what is said of the feature, or else what is said here; the others are
        what is in the feature's own ``settings``.
        """
        options = self.options(name)
        general = {}
        for item in dataclasses.fields(encoding.Settings):
            own = getattr(options, item.name, None)
            if own is not None or hasattr(self, item.name):
                general[item.name] = getattr(self, item.name) if own is None else own
        return parse(encoding.Settings, {**general, **options.settings})

    @property
    def positive_class(self) -> str | None:
        """The positive label as the name of a class."""
        if isinstance(self.positive_label, bool):
            return "true" if self.positive_label else "false"
        return None if self.positive_label is None else str(self.positive_label)

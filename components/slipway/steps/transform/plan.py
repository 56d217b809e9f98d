"""The plan: everything that was inferred and fitted, and all that the graph is built from."""

from dataclasses import dataclass

from slipway.contracts.examples import FeatureKind, Label
from slipway.steps.transform.config import Encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericFit:
    """Fitted on the training values of a number.

    Attributes:
        low: values below it are raised to it.
        high: values above it are lowered to it.
        mean: after clipping, and after log1p where the encoding says so.
        standard_deviation: likewise; above 0.
        missing_value: what a missing number becomes, in the feature's own unit.
        boundaries: rising inner limits of buckets; a value equal to one belongs to the bucket above it. A z_score or
            log1p feature has its buckets beside its scaled value.
    """

    low: float
    high: float
    mean: float
    standard_deviation: float
    missing_value: float
    boundaries: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoricalFit:
    """Fitted on the training values of a category.

    Attributes:
        distinct: categories in the training split.
        vocabulary: kept ones, most frequent first, ties by value; empty for the hash encoding.
        oov_buckets: elements or ids for categories out of vocabulary; 0 when one-hot encoded and none was seen, so
            that no element exists which training could not learn.
        oov_fraction: of the training rows that are out of vocabulary.
        hash_buckets: of the hash encoding.
    """

    distinct: int
    vocabulary: tuple[str, ...] = ()
    oov_buckets: int = 0
    oov_fraction: float = 0.0
    hash_buckets: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampFit:
    """Fitted on the training values of a timestamp.

    Attributes:
        parts: those that vary: ``month``, ``day_of_week``, ``hour``.
        mean: seconds since 1970 UTC; used when ``elapsed_time``.
        standard_deviation: seconds, above 0; likewise.
        elapsed_time: whether the standardized time itself is a feature.
    """

    parts: tuple[str, ...]
    mean: float = 0.0
    standard_deviation: float = 1.0
    elapsed_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturePlan:
    """A feature: how it is read, how it is encoded, and why.

    Attributes:
        missing_fraction: of the training rows; above 0 it has an element of its own for missing values.
        why: what decided kind and encoding.
    """

    name: str
    kind: FeatureKind
    encoding: Encoding
    missing_fraction: float
    why: str
    numeric: NumericFit | None = None
    categorical: CategoricalFit | None = None
    timestamp: TimestampFit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedColumn:
    """A column that is no feature, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformPlan:
    """The whole preprocessing.

    Attributes:
        label: what is predicted.
        label_why: what decided the problem.
        class_counts: training rows of each class, in the order of ``label.classes``.
        features: in the order of the table.
        excluded: likewise.
        train_rows: rows that everything was fitted on.
    """

    label: Label
    label_why: str
    features: tuple[FeaturePlan, ...]
    excluded: tuple[ExcludedColumn, ...]
    train_rows: int
    class_counts: tuple[int, ...] = ()

"""What validate writes down for people, reports and later steps."""

from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.documents import read_document
from slipway.contracts.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bar of a histogram over [low, high)."""

    low: float
    high: float
    count: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCount:
    """How often a value occurs."""

    value: str
    count: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSummary:
    """A column of the training split.

    Attributes:
        type: TFDV's type: INT, FLOAT, STRING or BYTES.
        kind: what the column is good for: numeric, categorical, timestamp, identifier, free_text or constant.
        missing_fraction: share of rows without a value, in [0, 1].
        unique: distinct values of a categorical column.
        histogram: equal-width buckets of a numeric column.
        top_values: most frequent values of a categorical column, most frequent first.
    """

    name: str
    type: str
    missing_fraction: float
    kind: str = ""
    mean: float | None = None
    standard_deviation: float | None = None
    minimum: float | None = None
    median: float | None = None
    maximum: float | None = None
    unique: int | None = None
    histogram: tuple[Bucket, ...] = ()
    top_values: tuple[ValueCount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """Something in the data that the schema does not allow; ``split`` is where it was found."""

    feature: str
    split: str
    short_description: str
    description: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Distance between the training split and another one (``eval``, ``test``, or ``previous`` for the last run).

    Attributes:
        measure: ``l_infinity`` for categorical, ``jensen_shannon`` for numeric features.
        distance: in [0, 1].
        threshold: above it the drift is an anomaly.
    """

    feature: str
    compared_with: str
    measure: str
    distance: float
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check says about the data, in one sentence.

    Attributes:
        check: the name of the check.
        message: the sentence.
        refuses: whether the data must not go further, unless ``warn_only`` names the check.
        columns: those that it is about; empty for all of the data.
        value: the number found, where there is one.
        bound: what ``value`` was compared with, where there is one.
    """

    check: str
    message: str
    refuses: bool
    columns: tuple[str, ...] = ()
    value: float | None = None
    bound: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What validate found; ``rows`` by split, ``findings`` in the order of the checks."""

    verdict: Verdict
    rows: dict[str, int]
    features: tuple[FeatureSummary, ...]
    anomalies: tuple[Anomaly, ...] = ()
    drift: tuple[Drift, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class AnomaliesFolder:
    """What validate says about the data.

    root/
    ├── anomalies.pbtxt   tensorflow.metadata.v0.Anomalies, as tfdv.load_anomalies_text reads them
    └── validation.json   a Validation
    """

    root: Path

    @property
    def anomalies_path(self) -> Path:
        """Return where the proto lies."""
        return self.root / "anomalies.pbtxt"

    @property
    def validation_path(self) -> Path:
        """Return where the Validation lies."""
        return self.root / "validation.json"

    def validation(self) -> Validation:
        """Return what was found."""
        return read_document(Validation, self.validation_path)


@dataclass(frozen=True, slots=True)
class StatisticsFolder:
    """TFDV statistics, one binary DatasetFeatureStatisticsList per split, as tfdv.load_stats_binary reads them.

    root/
    ├── train.pb
    ├── eval.pb
    └── test.pb
    """

    root: Path

    def file(self, split: str) -> Path:
        """Return where the statistics of a split lie."""
        return self.root / f"{split}.pb"


@dataclass(frozen=True, slots=True)
class SchemaFolder:
    """The schema of the data.

    root/
    └── schema.pbtxt      tensorflow.metadata.v0.Schema, as tfdv.load_schema_text reads it; environments TRAINING and
                          SERVING, the label is not in SERVING
    """

    root: Path

    @property
    def schema_path(self) -> Path:
        """Return where the proto lies."""
        return self.root / "schema.pbtxt"

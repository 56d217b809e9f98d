"""What the judging and publishing steps write down for people, reports and later steps."""

from dataclasses import dataclass, field
from pathlib import Path

from slipway.contracts.documents import read_document
from slipway.contracts.features import Problem
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
class Validation:
    """What validate found; ``rows`` by split."""

    verdict: Verdict
    rows: dict[str, int]
    features: tuple[FeatureSummary, ...]
    anomalies: tuple[Anomaly, ...] = ()
    drift: tuple[Drift, ...] = ()


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
        """Where the proto lies."""
        return self.root / "anomalies.pbtxt"

    @property
    def validation_path(self) -> Path:
        """Where the Validation lies."""
        return self.root / "validation.json"

    def validation(self) -> Validation:
        """What was found."""
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
        """Where the statistics of a split lie."""
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
        """Where the proto lies."""
        return self.root / "schema.pbtxt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceMetrics:
    """Metrics of the examples whose ``feature`` has ``value``; both are empty for all examples.

    Attributes:
        feature: a column, or several joined by ``_X_`` as TFMA writes a cross.
        metrics: by name; those undefined for these examples are absent.
        baseline_metrics: the same for the previously pushed model; empty when there is none.
        worse: whether the slice metric of the evaluation is significantly worse here than overall.
    """

    feature: str
    value: str
    examples: int
    metrics: dict[str, float]
    intervals: dict[str, Interval] = field(default_factory=dict)
    baseline_metrics: dict[str, float] = field(default_factory=dict)
    worse: bool = False

    @property
    def name(self) -> str:
        """How TFMA writes it: ``sex=Male``, or ``Overall``."""
        return f"{self.feature}={self.value}" if self.feature else "Overall"


@dataclass(frozen=True, slots=True, kw_only=True)
class RocPoint:
    """A point of the receiver operating characteristic."""

    threshold: float
    false_positive_rate: float
    true_positive_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPoint:
    """Examples whose predictions lie together: what was predicted on average and what was true on average."""

    examples: int
    mean_prediction: float
    mean_label: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessGap:
    """How far the slices of a feature lie apart.

    Attributes:
        measure: ``positive_rate`` (selection rate), ``recall`` (true positive rate) or ``false_positive_rate``.
        gap: between the slices ``highest`` and ``lowest``, in [0, 1].
        significant: whether the gap is larger than chance explains.
    """

    feature: str
    measure: str
    gap: float
    highest: str
    lowest: str
    significant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What evaluate-slices found on the test split.

    Attributes:
        metrics: overall, by name: example_count, loss, accuracy, auc, auc_precision_recall, precision, recall,
            calibration, ... for classification; mse, rmse, mae, r2, ... for regression.
        baseline_metrics: the same for the previously pushed model; empty when there is none.
        slices: every slice, largest first, without the overall one.
        confusion: counts, row by true class, column by predicted class.
        roc: at most 200 points, by falling threshold; empty unless the problem is binary.
        calibration: examples in ten equal parts by rising prediction; empty for a multiclass problem.
        fairness: for each sliced feature of a binary problem, widest gap first.
        omitted_slices: number of examples of the slices that were too small, by name.
        slice_metric: the metric by which slices are compared with all examples.
    """

    verdict: Verdict
    problem: Problem
    metrics: dict[str, float]
    baseline_metrics: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    slices: tuple[SliceMetrics, ...] = ()
    classes: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    roc: tuple[RocPoint, ...] = ()
    calibration: tuple[CalibrationPoint, ...] = ()
    fairness: tuple[FairnessGap, ...] = ()
    omitted_slices: dict[str, int] = field(default_factory=dict)
    slice_metric: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationFolder:
    """A finished evaluation.

    root/
    └── evaluation.json   an Evaluation
    """

    root: Path

    @property
    def evaluation_path(self) -> Path:
        """Where the Evaluation lies."""
        return self.root / "evaluation.json"

    def evaluation(self) -> Evaluation:
        """What was found."""
        return read_document(Evaluation, self.evaluation_path)

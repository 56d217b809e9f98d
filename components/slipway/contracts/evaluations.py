"""What evaluate-slices writes down for people, reports and later steps."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from slipway.contracts.documents import read_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import Problem
from slipway.contracts.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """How confidence intervals are made; the methods are TFMA's.

    Attributes:
        method: ``poisson_bootstrap`` counts each example Poisson(1) times in each sample; ``jackknife`` leaves out one
            of ``samples`` random parts at a time; ``none`` makes no intervals.
        samples: resamples, in [2, 1000]; TFMA takes 20.
        level: share of intervals that hold the true value, in (0.5, 1).
        seed: of the random numbers, at least 0; the same seed gives the same intervals.
    """

    method: Literal["poisson_bootstrap", "jackknife", "none"] = "poisson_bootstrap"
    samples: int = 20
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what gives no interval."""
        if not 2 <= self.samples <= 1000:
            raise InputError(f"confidence.samples must lie in [2, 1000], got {self.samples}")
        if not 0.5 < self.level < 1:
            raise InputError(f"confidence.level must lie in (0.5, 1), got {self.level}")
        if self.seed < 0:
            raise InputError(f"confidence.seed must be at least 0, got {self.seed}")


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
        """The slice as TFMA writes it: ``sex=Male``, or ``Overall``."""
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
        measure: the metric, such as ``positive_rate`` (selection rate).
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
        metrics: of all examples, by name; undefined ones are absent.
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
        """Return what was found."""
        return read_document(Evaluation, self.evaluation_path)

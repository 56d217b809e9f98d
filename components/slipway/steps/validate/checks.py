"""What is looked at beside the schema and drift: rows, label, missing values, copies, leakage, useless columns."""

from collections.abc import Mapping

from tensorflow_metadata.proto.v0 import statistics_pb2

from slipway.contracts.tables import SPLITS, TRAIN
from slipway.contracts.validations import Drift
from slipway.steps.validate.anomalies import ERROR, SplitAnomaly
from slipway.steps.validate.config import FEATURE_KINDS, Check, ColumnKind, ValidateConfig
from slipway.steps.validate.drift import PREVIOUS, Features, share_noise
from slipway.steps.validate.findings import Finding
from slipway.steps.validate.kinds import KindOfColumn
from slipway.steps.validate.statistics import SplitScan, common_statistics, features_by_name, missing_fraction

_MOSTLY_MISSING = 0.5


def check_rows(rows: Mapping[str, int], config: ValidateConfig) -> list[Finding]:
    """Whether every split is there and large enough."""
    findings = []
    for split in SPLITS:
        least = config.min_rows if split == TRAIN else config.min_eval_rows
        if rows.get(split, 0) < least:
            message = f"split {split} has {rows.get(split, 0)} rows; at least {least} are required"
            findings.append(Finding(check=Check.ROWS, message=message, refuses=True))
    return findings


def check_label(scans: Mapping[str, SplitScan], label: str) -> list[Finding]:
    """Whether every split has at least two label values, and no row without one."""
    findings = []
    for split, scan in scans.items():
        feature = features_by_name(scan.statistics)[label]
        if common_statistics(feature).num_non_missing == 0:
            message, refuses = f"label {label} is missing in every row of split {split}", True
        elif _single_value(feature):
            message, refuses = f"label {label} has one value only in split {split}; nothing can be learned", True
        elif missing := common_statistics(feature).num_missing:
            message, refuses = f"label {label} is missing in {missing} rows of split {split}", False
        else:
            continue
        findings.append(Finding(check=Check.LABEL, message=message, refuses=refuses))
    return findings


def check_missing(scans: Mapping[str, SplitScan], config: ValidateConfig) -> list[Finding]:
    """Columns with too few values."""
    findings = []
    for split, scan in scans.items():
        for name, feature in features_by_name(scan.statistics).items():
            share, limit = missing_fraction(feature), config.missing_limit(name)
            if share > limit:
                message = f"column {name} is missing in {share:.1%} of split {split}; at most {limit:.1%} are accepted"
                findings.append(Finding(check=Check.MISSING, message=message, refuses=True))
            elif share > _MOSTLY_MISSING and split == TRAIN:
                message = f"column {name} is missing in {share:.1%} of split {split}"
                findings.append(Finding(check=Check.MISSING, message=message, refuses=False))
    return findings


def check_anomalies(anomalies: list[SplitAnomaly]) -> list[Finding]:
    """TFDV's anomalies in a sentence each."""
    return [
        Finding(
            check=Check.SCHEMA,
            message=f"{anomaly.feature or 'the data'} ({anomaly.split}): {anomaly.sentence}",
            refuses=anomaly.info.severity == ERROR,
        )
        for anomaly in anomalies
    ]


def check_drift(drift: list[Drift], check: Check) -> list[Finding]:
    """Distances above their threshold in a sentence each."""
    return [
        Finding(
            check=check,
            message=f"{item.feature}: {_MEASURES[item.measure]} between {TRAIN} and {_WITH.get(item.compared_with)} is "
            f"{item.distance:.3f}; at most {item.threshold:.3f} is accepted",
            refuses=True,
        )
        for item in drift
        if item.distance > item.threshold
    ]


def check_previous(train: Features, previous: Features, config: ValidateConfig) -> list[Finding]:
    """Columns that came, went, changed their type, or are missing more or less often than in the previous run."""
    findings = []

    def note(message: str, refuses: bool) -> None:
        findings.append(Finding(check=Check.PREVIOUS_DRIFT, message=message, refuses=refuses))

    for name in sorted(set(previous) - set(train)):
        note(f"column {name} of the previous run is gone", True)
    for name in sorted(set(train) - set(previous)):
        note(f"column {name} was not in the previous run", False)
    for name in (name for name in train if name in previous):
        now, before = train[name], previous[name]
        present = common_statistics(now).num_non_missing and common_statistics(before).num_non_missing
        if present and now.WhichOneof("stats") != before.WhichOneof("stats"):
            names = [statistics_pb2.FeatureNameStatistics.Type.Name(item.type) for item in (before, now)]
            note(
                f"column {name} was {names[0]} in the previous run and is {names[1]} now; they are not compared", False
            )
        change = abs(missing_fraction(now) - missing_fraction(before))
        limit = max(config.max_categorical_drift, share_noise(_rows(now), _rows(before)))
        if change > limit:
            shares = f"{missing_fraction(before):.1%} to {missing_fraction(now):.1%}"
            note(f"missing values of column {name} went from {shares} since the previous run", True)
    return findings


def check_duplicates(shared: Mapping[str, float], limit: float) -> list[Finding]:
    """Splits that share too many rows with the training split: metrics on them say nothing about new rows."""
    return [
        Finding(
            check=Check.DUPLICATES,
            message=f"{share:.1%} of the rows of split {split} also stand in split {TRAIN}",
            refuses=False,
        )
        for split, share in shared.items()
        if share > limit
    ]


def check_leakage(scores: Mapping[str, float], categorical: bool, config: ValidateConfig) -> list[Finding]:
    """Features that alone predict the label almost perfectly.

    Args:
        scores: of ``leakage.score``, by feature.
        categorical: whether the label is.
        config: where almost begins.
    """
    measure = "area under the ROC curve" if categorical else "R² of the label's rank"
    return [
        Finding(
            check=Check.LEAKAGE,
            message=f"column {name} alone predicts {config.label} ({measure} {score:.4f}); it may hold the label",
            refuses=config.fail_on_leakage,
        )
        for name, score in scores.items()
        if score >= config.max_leakage
    ]


def check_columns(kinds: Mapping[str, KindOfColumn], label: str) -> list[Finding]:
    """Columns that do not become features, and why."""
    findings = []
    for kind in (ColumnKind.CONSTANT, ColumnKind.IDENTIFIER, ColumnKind.FREE_TEXT):
        names = [f"{name} ({item.why})" for name, item in kinds.items() if item.kind is kind and name != label]
        if names:
            message = f"{kind.value.replace('_', ' ')} columns do not become features: {', '.join(names)}"
            findings.append(Finding(check=Check.COLUMNS, message=message, refuses=False))
    if not any(item.kind in FEATURE_KINDS for name, item in kinds.items() if name != label):
        message = "no column becomes a feature; name the kind of some in kinds"
        findings.append(Finding(check=Check.COLUMNS, message=message, refuses=True))
    return findings


_MEASURES = {"l_infinity": "the largest difference of a share", "jensen_shannon": "the Jensen-Shannon divergence"}
_WITH = {**{split: split for split in SPLITS}, PREVIOUS: "the previous run"}


def _single_value(feature: statistics_pb2.FeatureNameStatistics) -> bool:
    if feature.WhichOneof("stats") == "string_stats":
        return bool(feature.string_stats.unique == 1)
    return bool(feature.num_stats.min == feature.num_stats.max)


def _rows(feature: statistics_pb2.FeatureNameStatistics) -> int:
    common = common_statistics(feature)
    return max(1, int(common.num_missing + common.num_non_missing))

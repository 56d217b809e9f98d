"""What TFDV finds in each split, and all of it as one Anomalies message."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from slipway.contracts.validations import Anomaly
from slipway.steps.validate.schema import TRAINING
from slipway.steps.validate.tfdv import validate_statistics

ERROR, WARNING = anomalies_pb2.AnomalyInfo.ERROR, anomalies_pb2.AnomalyInfo.WARNING
_DATASET = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitAnomaly:
    """TFDV's anomaly of a feature in a split; ``feature`` is empty for one of the whole split."""

    feature: str
    split: str
    info: anomalies_pb2.AnomalyInfo

    @property
    def sentence(self) -> str:
        """TFDV's description, or where it leaves that empty its short one."""
        return str(self.info.description or self.info.short_description)

    def as_contract(self) -> Anomaly:
        """Return the anomaly as later steps and people read it."""
        return Anomaly(
            feature=self.feature,
            split=self.split,
            short_description=self.info.short_description,
            description=self.sentence,
            severity=anomalies_pb2.AnomalyInfo.Severity.Name(self.info.severity),
        )


def split_anomalies(
    split: str,
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    strict: schema_pb2.Schema,
) -> list[SplitAnomaly]:
    """Return where a split departs from ``schema``, and as warnings where only from ``strict``; by feature name."""
    refused = _found(statistics, schema)
    noticed = _found(statistics, strict) if strict is not schema else {}
    for info in noticed.values():
        info.severity = WARNING
    merged = {**noticed, **refused}
    return [SplitAnomaly(feature=name, split=split, info=merged[name]) for name in sorted(merged)]


def as_proto(
    schema: schema_pb2.Schema,
    anomalies: Iterable[SplitAnomaly],
    measurements: Iterable[anomalies_pb2.DriftSkewInfo],
) -> anomalies_pb2.Anomalies:
    """Return one message for all splits: an entry for each feature, whose description and reasons name the split."""
    result = anomalies_pb2.Anomalies(baseline=schema)
    result.anomaly_name_format = anomalies_pb2.Anomalies.SERIALIZED_PATH
    for anomaly in anomalies:
        if anomaly.feature == _DATASET:
            entry = result.dataset_anomaly_info
        else:
            entry = result.anomaly_info[anomaly.feature]
            entry.path.step[:] = [anomaly.feature]
        _merge(entry, anomaly)
    result.drift_skew_info.extend(measurements)
    return result


def _found(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, schema: schema_pb2.Schema
) -> dict[str, anomalies_pb2.AnomalyInfo]:
    result = validate_statistics(statistics, schema, environment=TRAINING)
    infos: Mapping[str, anomalies_pb2.AnomalyInfo] = result.anomaly_info
    found = {(info.path.step[0] if info.path.step else name): info for name, info in infos.items()}
    if result.HasField("dataset_anomaly_info"):
        found[_DATASET] = result.dataset_anomaly_info
    return found


def _merge(entry: anomalies_pb2.AnomalyInfo, anomaly: SplitAnomaly) -> None:
    several = bool(entry.description)
    entry.severity = max(entry.severity, anomaly.info.severity)
    same = entry.short_description == anomaly.info.short_description
    entry.short_description = anomaly.info.short_description if same or not several else "Multiple errors"
    text = f"{anomaly.split}: {anomaly.sentence}"
    entry.description = f"{entry.description} {text}" if several else text
    for reason in anomaly.info.reason:
        entry.reason.add(
            type=reason.type,
            short_description=reason.short_description,
            description=f"{anomaly.split}: {reason.description}",
        )

"""Distances between the training split and other rows, by TFDV's comparators."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from slipway.checks.check import PREVIOUS
from slipway.contracts.examples import ColumnKind
from slipway.contracts.tables import TRAIN
from slipway.contracts.validations import Drift
from slipway.statistics.drift_histograms import comparable, kept_histogram
from slipway.statistics.drift_measures import divergence_noise, share_noise
from slipway.statistics.tfdv_messages import Feature, common_statistics, row_count
from slipway.steps.validate.anomalies import SplitAnomaly
from slipway.steps.validate.tfdv import validate_statistics

L_INFINITY, JENSEN_SHANNON = "l_infinity", "jensen_shannon"
_MEASURES = {
    anomalies_pb2.DriftSkewInfo.Measurement.L_INFTY: L_INFINITY,
    anomalies_pb2.DriftSkewInfo.Measurement.JENSEN_SHANNON_DIVERGENCE: JENSEN_SHANNON,
}

Features: TypeAlias = Mapping[str, Feature]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLimits:
    """The largest distances, in [0, 1].

    Attributes:
        categorical: of the shares of categories.
        numeric: of histograms.
        single: of single columns, by name; comes before a schema's.
    """

    categorical: float = 0.1
    numeric: float = 0.1
    single: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The distances of all comparable features, TFDV's records of them, and what exceeds its threshold."""

    drift: tuple[Drift, ...]
    measurements: tuple[anomalies_pb2.DriftSkewInfo, ...]
    anomalies: tuple[SplitAnomaly, ...]


def compare(
    train: Features,
    other: Features,
    compared_with: str,
    kinds: Mapping[str, ColumnKind],
    limits: DriftLimits,
    schema: schema_pb2.Schema,
) -> Comparison:
    """Return how far ``other`` is from the training split.

    Categories are compared by the largest difference of a share (L-infinity), numbers by the Jensen-Shannon
    divergence (base 2) over common buckets. A threshold is what the settings or the schema say, or what samples of
    these sizes from one distribution hardly ever exceed, whichever is larger.

    Args:
        train: the columns of the training split.
        other: those of another split, or of an earlier run; the kept histograms of numeric columns have the same edges.
        compared_with: its name.
        kinds: only numeric and categorical columns are compared.
        limits: what the settings say.
        schema: comparators.
    """
    comparators = {feature.name: feature.drift_comparator for feature in schema.feature}
    plan, current, control = schema_pb2.Schema(), _empty(train), _empty(other)
    for name, kind in kinds.items():
        if kind not in (ColumnKind.NUMERIC, ColumnKind.CATEGORICAL) or not _same_type(train, other, name):
            continue
        pair = _pair(train, other, name)
        if pair is None:
            continue
        feature = plan.feature.add(name=name, type=_schema_type(pair[0].type))
        _set_threshold(feature, pair, limits, comparators.get(name))
        current.datasets[0].features.append(pair[0])
        control.datasets[0].features.append(pair[1])
    found = validate_statistics(current, plan, previous=control)
    return _comparison(found, compared_with)


def _empty(side: Features) -> statistics_pb2.DatasetFeatureStatisticsList:
    rows = max((row_count(feature) for feature in side.values()), default=0)
    dataset = statistics_pb2.DatasetFeatureStatistics(num_examples=rows)
    return statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])


def _same_type(train: Features, other: Features, name: str) -> bool:
    """Return whether both sides hold values of the same sort; only these have a distance."""
    if name not in train or name not in other:
        return False
    sides = [side[name] for side in (train, other)]
    present = all(common_statistics(feature).num_non_missing for feature in sides)
    return present and sides[0].WhichOneof("stats") == sides[1].WhichOneof("stats")


Pair: TypeAlias = tuple[Feature, Feature]


def _pair(train: Features, other: Features, name: str) -> Pair | None:
    """Return copies that TFDV can compare; None when a side has no histogram."""
    copies = []
    for side in (train, other):
        copy = Feature()
        copy.CopyFrom(side[name])
        del copy.custom_stats[:]
        if copy.WhichOneof("stats") == "num_stats":
            histogram = kept_histogram(side[name])
            if histogram is None:
                return None
            del copy.num_stats.histograms[:]
            copy.num_stats.histograms.append(comparable(histogram))
        copies.append(copy)
    # An integer column may have become floating; its histogram is comparable all the same.
    copies[1].type = copies[0].type
    return copies[0], copies[1]


def _set_threshold(
    feature: schema_pb2.Feature, pair: Pair, limits: DriftLimits, given: schema_pb2.FeatureComparator | None
) -> None:
    rows, other_rows = (common_statistics(side).num_non_missing for side in pair)
    own, comparator = limits.single.get(feature.name), feature.drift_comparator
    given = given if given is not None else schema_pb2.FeatureComparator()
    if pair[0].WhichOneof("stats") == "string_stats":
        limit = given.infinity_norm.threshold if given.HasField("infinity_norm") else limits.categorical
        noise = share_noise(rows, other_rows)
        comparator.infinity_norm.threshold = max(limit if own is None else own, noise)
        return
    divergence = given.jensen_shannon_divergence
    limit = divergence.threshold if given.HasField("jensen_shannon_divergence") else limits.numeric
    noise = divergence_noise(len(pair[0].num_stats.histograms[0].buckets), rows, other_rows)
    comparator.jensen_shannon_divergence.threshold = max(limit if own is None else own, noise)


def _schema_type(kind: int) -> int:
    return {Feature.INT: schema_pb2.INT, Feature.FLOAT: schema_pb2.FLOAT}.get(kind, schema_pb2.BYTES)


def _comparison(found: anomalies_pb2.Anomalies, compared_with: str) -> Comparison:
    drift: list[Drift] = []
    measurements, anomalies = [], []
    for record in found.drift_skew_info:
        name = record.path.step[0]
        drift.extend(
            Drift(
                feature=name,
                compared_with=compared_with,
                measure=_MEASURES[measurement.type],
                distance=measurement.value,
                threshold=measurement.threshold,
            )
            for measurement in record.drift_measurements
        )
        kept = anomalies_pb2.DriftSkewInfo(path=record.path)
        # Between runs it is drift; between splits of one run it is what TFDV calls skew.
        target = kept.drift_measurements if compared_with == PREVIOUS else kept.skew_measurements
        target.extend(record.drift_measurements)
        measurements.append(kept)
    for name in sorted(found.anomaly_info):
        info = found.anomaly_info[name]
        _rename(info, compared_with)
        anomalies.append(SplitAnomaly(feature=info.path.step[0], split=compared_with, info=info))
    return Comparison(
        drift=tuple(sorted(drift, key=lambda item: (-item.distance, item.feature))),
        measurements=tuple(sorted(measurements, key=lambda item: item.path.step[0])),
        anomalies=tuple(anomalies),
    )


def _rename(info: anomalies_pb2.AnomalyInfo, compared_with: str) -> None:
    """Name what is compared: TFDV speaks of current and previous whatever is compared."""
    actual = f"{TRAIN} and {compared_with}"
    for message in (info, *info.reason):
        message.description = message.description.replace("current and previous", actual)
        message.short_description = message.short_description.replace("current and previous", actual)

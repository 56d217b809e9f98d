"""Distances between the training split and other rows, by TFDV's comparators."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from slipway.contracts.tables import TRAIN
from slipway.contracts.validations import Drift
from slipway.steps.validate.anomalies import SplitAnomaly
from slipway.steps.validate.config import ColumnKind, ValidateConfig
from slipway.steps.validate.distributions import comparable, kept_histogram
from slipway.steps.validate.statistics import common_statistics
from slipway.steps.validate.tfdv import validate_statistics

PREVIOUS = "previous"
L_INFINITY, JENSEN_SHANNON = "l_infinity", "jensen_shannon"
_MEASURES = {
    anomalies_pb2.DriftSkewInfo.Measurement.L_INFTY: L_INFINITY,
    anomalies_pb2.DriftSkewInfo.Measurement.JENSEN_SHANNON_DIVERGENCE: JENSEN_SHANNON,
}
_SHARE_DEVIATIONS = 5.0
_DIVERGENCE_DEVIATIONS = 6.0

Features = Mapping[str, statistics_pb2.FeatureNameStatistics]
Histograms = Mapping[str, statistics_pb2.Histogram]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The distances of all comparable features, TFDV's records of them, and what exceeds its threshold."""

    drift: tuple[Drift, ...]
    measurements: tuple[anomalies_pb2.DriftSkewInfo, ...]
    anomalies: tuple[SplitAnomaly, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Columns by name, and the histograms of numeric ones where they are others than those kept in the statistics."""

    features: Features
    histograms: Histograms | None = None

    def histogram(self, name: str) -> statistics_pb2.Histogram | None:
        """The buckets to compare."""
        return self.histograms.get(name) if self.histograms is not None else kept_histogram(self.features[name])


def compare(
    train: Side,
    other: Side,
    compared_with: str,
    kinds: Mapping[str, ColumnKind],
    config: ValidateConfig,
    schema: schema_pb2.Schema,
) -> Comparison:
    """How far ``other`` is from the training split.

    Categories are compared by the largest difference of a share (L-infinity), numbers by the Jensen-Shannon
    divergence (base 2) over common buckets. A threshold is what the settings or the schema say, or what samples of
    these sizes from one distribution hardly ever exceed, whichever is larger.

    Args:
        train: the training split.
        other: another split, or the training split of an earlier run; its numeric histograms have the same edges.
        compared_with: its name.
        kinds: only numeric and categorical columns are compared.
        config: thresholds of single columns, which come before those of ``schema``.
        schema: comparators.
    """
    limits = {feature.name: feature.drift_comparator for feature in schema.feature}
    plan, current, control = schema_pb2.Schema(), _empty(train), _empty(other)
    for name, kind in kinds.items():
        if kind not in (ColumnKind.NUMERIC, ColumnKind.CATEGORICAL) or not _same_type(train, other, name):
            continue
        pair = _pair(train, other, name)
        if pair is None:
            continue
        feature = plan.feature.add(name=name, type=_schema_type(pair[0].type))
        _set_threshold(feature, pair, config, limits.get(name))
        current.datasets[0].features.append(pair[0])
        control.datasets[0].features.append(pair[1])
    found = validate_statistics(current, plan, previous=control)
    return _comparison(found, compared_with)


def share_noise(rows: float, other_rows: float) -> float:
    """What the share of a category differs by in two samples of one distribution: five standard deviations, at most.

    The standard deviation of a share p in n rows is sqrt(p (1 - p) / n), largest at p = 1/2.
    """
    return min(1.0, _SHARE_DEVIATIONS * 0.5 * math.sqrt(1 / rows + 1 / other_rows))


def divergence_noise(buckets: int, rows: float, other_rows: float) -> float:
    """What the Jensen-Shannon divergence of two samples of one distribution hardly ever exceeds, in bits.

    8 ln 2 / (1/n + 1/m) times the divergence tends to chi-square with ``buckets`` - 1 degrees of freedom d (second
    order expansion of the divergence); d + 6 sqrt(2 d) is far in its tail.
    """
    freedom = max(1, buckets - 1)
    tail = freedom + _DIVERGENCE_DEVIATIONS * math.sqrt(2 * freedom)
    return min(1.0, tail * (1 / rows + 1 / other_rows) / (8 * math.log(2)))


def _empty(side: Side) -> statistics_pb2.DatasetFeatureStatisticsList:
    rows = max((_rows(feature) for feature in side.features.values()), default=0)
    dataset = statistics_pb2.DatasetFeatureStatistics(num_examples=rows)
    return statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])


def _rows(feature: statistics_pb2.FeatureNameStatistics) -> int:
    common = common_statistics(feature)
    return int(common.num_missing + common.num_non_missing)


def _same_type(train: Side, other: Side, name: str) -> bool:
    """Whether both sides hold values of the same sort; only these have a distance."""
    if name not in train.features or name not in other.features:
        return False
    sides = [side.features[name] for side in (train, other)]
    present = all(common_statistics(feature).num_non_missing for feature in sides)
    return present and sides[0].WhichOneof("stats") == sides[1].WhichOneof("stats")


Pair = tuple[statistics_pb2.FeatureNameStatistics, statistics_pb2.FeatureNameStatistics]


def _pair(train: Side, other: Side, name: str) -> Pair | None:
    """Copies that TFDV can compare; None when a side has no histogram."""
    copies = []
    for side in (train, other):
        copy = statistics_pb2.FeatureNameStatistics()
        copy.CopyFrom(side.features[name])
        del copy.custom_stats[:]
        if copy.WhichOneof("stats") == "num_stats":
            histogram = side.histogram(name)
            if histogram is None:
                return None
            del copy.num_stats.histograms[:]
            copy.num_stats.histograms.append(comparable(histogram))
        copies.append(copy)
    # An integer column may have become floating; its histogram is comparable all the same.
    copies[1].type = copies[0].type
    return copies[0], copies[1]


def _set_threshold(
    feature: schema_pb2.Feature, pair: Pair, config: ValidateConfig, given: schema_pb2.FeatureComparator | None
) -> None:
    rows, other_rows = (common_statistics(side).num_non_missing for side in pair)
    own, comparator = config.max_drift.get(feature.name), feature.drift_comparator
    given = given if given is not None else schema_pb2.FeatureComparator()
    if pair[0].WhichOneof("stats") == "string_stats":
        limit = given.infinity_norm.threshold if given.HasField("infinity_norm") else config.max_categorical_drift
        noise = share_noise(rows, other_rows)
        comparator.infinity_norm.threshold = max(limit if own is None else own, noise)
        return
    divergence = given.jensen_shannon_divergence
    limit = divergence.threshold if given.HasField("jensen_shannon_divergence") else config.max_numeric_drift
    noise = divergence_noise(len(pair[0].num_stats.histograms[0].buckets), rows, other_rows)
    comparator.jensen_shannon_divergence.threshold = max(limit if own is None else own, noise)


def _schema_type(kind: int) -> int:
    names = statistics_pb2.FeatureNameStatistics
    return {names.INT: schema_pb2.INT, names.FLOAT: schema_pb2.FLOAT}.get(kind, schema_pb2.BYTES)


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
    """TFDV speaks of current and previous whatever is compared."""
    actual = f"{TRAIN} and {compared_with}"
    for message in (info, *info.reason):
        message.description = message.description.replace("current and previous", actual)
        message.short_description = message.short_description.replace("current and previous", actual)

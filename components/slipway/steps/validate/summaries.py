"""TFDV's statistics of a column as the summary that reports show."""

import math
from collections.abc import Mapping

from tensorflow_metadata.proto.v0 import statistics_pb2

from slipway.contracts.examples import ColumnKind
from slipway.contracts.validations import Bucket, FeatureSummary, ValueCount
from slipway.features.kinds import KindOfColumn
from slipway.statistics.tfdv_messages import features_by_name, missing_fraction

# Of values that hardly repeat, TFDV's sketch gives upper bounds of counts, which mean nothing.
_COUNTED = (ColumnKind.CATEGORICAL, ColumnKind.CONSTANT, ColumnKind.NUMERIC, ColumnKind.TIMESTAMP)


def summarize(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, kinds: Mapping[str, KindOfColumn]
) -> tuple[FeatureSummary, ...]:
    """Return the summary of every column, in the order of the table."""
    return tuple(_summary(name, feature, kinds[name]) for name, feature in features_by_name(statistics).items())


def _summary(name: str, feature: statistics_pb2.FeatureNameStatistics, kind: KindOfColumn) -> FeatureSummary:
    kind_name, missing = kind.kind.value, missing_fraction(feature)
    type_name = statistics_pb2.FeatureNameStatistics.Type.Name(feature.type)
    if feature.WhichOneof("stats") == "string_stats":
        text = feature.string_stats
        return FeatureSummary(
            name=name,
            type=type_name,
            kind=kind_name,
            missing_fraction=missing,
            unique=int(text.unique),
            top_values=_top_values(text) if kind.kind in _COUNTED else (),
        )
    numbers = feature.num_stats
    if not numbers.common_stats.num_non_missing:
        return FeatureSummary(name=name, type=type_name, kind=kind_name, missing_fraction=missing)
    return FeatureSummary(
        name=name,
        type=type_name,
        kind=kind_name,
        missing_fraction=missing,
        mean=_finite(numbers.mean),
        standard_deviation=_finite(numbers.std_dev),
        minimum=_finite(numbers.min),
        median=_finite(numbers.median),
        maximum=_finite(numbers.max),
        histogram=_buckets(numbers),
    )


def _top_values(text: statistics_pb2.StringStatistics) -> tuple[ValueCount, ...]:
    return tuple(ValueCount(value=top.value, count=top.frequency) for top in text.top_values)


def _buckets(numbers: statistics_pb2.NumericStatistics) -> tuple[Bucket, ...]:
    for histogram in numbers.histograms:
        if histogram.type == statistics_pb2.Histogram.STANDARD:
            return tuple(
                Bucket(low=bucket.low_value, high=bucket.high_value, count=bucket.sample_count)
                for bucket in histogram.buckets
                if math.isfinite(bucket.low_value) and math.isfinite(bucket.high_value)
            )
    return ()


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

"""From counted training values to the plan of a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slipway.contracts.errors import DataError
from slipway.contracts.examples import FeatureKind
from slipway.features.counted import CountedCategories, CountedNumbers, CountedTimes
from slipway.features.encoding import ENCODINGS, FeaturePlan, Useless, preferred_encoding
from slipway.features.number_encoding import rounding_notice
from slipway.steps.transform.config import TransformConfig
from slipway.steps.transform.inference import Reading
from slipway.steps.transform.plan import ExcludedColumn

_SCALED_BUCKETS = 20
_ROWS_OF_A_BUCKET = 100
_BUCKETS_OF_ALL = 1_000
_FEWEST_BUCKETS = 4


def fit_column(
    reading: Reading, counted: CountedNumbers | CountedCategories | CountedTimes, config: TransformConfig
) -> FeaturePlan | ExcludedColumn:
    """Return the plan of one column, or why it is no feature after all.

    Args:
        reading: how the column is read; its kind is not None.
        counted: its training values.
        config: what is set.
    """
    kind, name = reading.kind, reading.name
    assert kind is not None
    if not counted.present:
        return ExcludedColumn(name=name, why="the train split has no value of it")
    only = _only_value(kind, counted)
    if only and not counted.missing_fraction and not config.is_named(name):
        return ExcludedColumn(name=name, why=f"it is {only} in every row of the train split")
    encoding, suits = config.options(name).encoding, ""
    if encoding is None:
        encoding, suits = preferred_encoding(kind, counted, lambda entry: config.encoding_settings(name, entry))
    entry = ENCODINGS.get(encoding)
    fit = entry.fit(counted, config.encoding_settings(name, entry))
    if isinstance(fit, Useless):
        return ExcludedColumn(name=name, why=fit.why)
    notice = rounding_notice(counted) if isinstance(counted, CountedNumbers) else ""
    return FeaturePlan(
        name=name,
        kind=kind,
        encoding=encoding,
        missing_fraction=counted.missing_fraction,
        why="; ".join(filter(None, (reading.why, suits, notice))),
        fit=fit,
        fitted=entry.describe(fit),
    )


def split_plans(
    columns: Sequence[FeaturePlan | ExcludedColumn],
) -> tuple[tuple[FeaturePlan, ...], tuple[ExcludedColumn, ...]]:
    """Return features and the others, each in the order of the table.

    Raises:
        DataError: no column is a feature.
    """
    features = tuple(column for column in columns if isinstance(column, FeaturePlan))
    excluded = tuple(column for column in columns if isinstance(column, ExcludedColumn))
    if not features:
        reasons = "; ".join(f"{column.name}: {column.why}" for column in excluded)
        raise DataError(f"no column is a usable feature ({reasons or 'the table holds the label alone'})")
    return features, excluded


def buckets_beside_scaled_numbers(numbers: int, rows: int) -> int:
    """Return how many quantile buckets each scaled number gets by default.

    At most 20, at least 100 training rows in each, and about 1,000 elements over all numbers; 0 when that leaves
    fewer than 4.

    Args:
        numbers: numeric columns.
        rows: training rows.
    """
    buckets = min(_SCALED_BUCKETS, rows // _ROWS_OF_A_BUCKET, _BUCKETS_OF_ALL // max(numbers, 1))
    return buckets if buckets >= _FEWEST_BUCKETS else 0


def _only_value(kind: FeatureKind, counted: Any) -> str:
    """Return the value of a number or category that has no other; empty when it has, and for times."""
    if kind is FeatureKind.NUMERIC and len(counted.values) == 1:
        return f"{counted.values[0]:g}"
    return repr(counted.most_frequent(1)[0]) if kind is FeatureKind.CATEGORICAL and counted.distinct == 1 else ""

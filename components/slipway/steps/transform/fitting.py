"""From training values to a plan: every column is read once and fitted by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from slipway.contracts.errors import DataError
from slipway.contracts.examples import FeatureKind
from slipway.steps.transform import analyzers
from slipway.steps.transform.config import Encoding, TransformConfig
from slipway.steps.transform.inference import Reading
from slipway.steps.transform.plan import ExcludedColumn, FeaturePlan, TimestampFit

Values = Callable[[str], pa.ChunkedArray]


def fit_column(reading: Reading, values: Values, config: TransformConfig) -> FeaturePlan | ExcludedColumn:
    """The plan of one column, or why it is no feature after all.

    Args:
        reading: how the column is read.
        values: training values by column name.
        config: what was asked for.

    Raises:
        DataError: the values cannot be read as the kind that the call or a tag says.
    """
    if reading.kind is None:
        return ExcludedColumn(name=reading.name, why=reading.why)
    fitters = {
        FeatureKind.NUMERIC: _fit_numeric,
        FeatureKind.CATEGORICAL: _fit_categorical,
        FeatureKind.TIMESTAMP: _fit_timestamp,
    }
    column = values(reading.name)
    try:
        return fitters[reading.kind](reading, column, config)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"column {reading.name!r} of type {column.type} cannot be read as {reading.kind} ({reading.why}): {error}"
        ) from error


def split_plans(
    columns: Sequence[FeaturePlan | ExcludedColumn],
) -> tuple[tuple[FeaturePlan, ...], tuple[ExcludedColumn, ...]]:
    """Features and the others, each in the order of the table.

    Raises:
        DataError: no column is a feature.
    """
    features = tuple(column for column in columns if isinstance(column, FeaturePlan))
    excluded = tuple(column for column in columns if isinstance(column, ExcludedColumn))
    if not features:
        reasons = "; ".join(f"{column.name}: {column.why}" for column in excluded)
        raise DataError(f"no column is a usable feature ({reasons or 'the table holds the label alone'})")
    return features, excluded


def _fit_numeric(reading: Reading, column: pa.ChunkedArray, config: TransformConfig) -> FeaturePlan | ExcludedColumn:
    settings, encoding = config.settings(reading.name), config.options(reading.name).encoding
    values = analyzers.present_numbers(column)
    missing = _missing_fraction(len(values), len(column))
    if not len(values):
        return ExcludedColumn(name=reading.name, why="the train split has no value of it")
    if values[0] == values[-1] and not missing and not config.is_named(reading.name):
        return ExcludedColumn(name=reading.name, why=f"it is {values[0]:g} in every row of the train split")
    why = reading.why
    if encoding is None:
        encoding, reason = analyzers.numeric_encoding(values, settings)
        why = "; ".join(filter(None, (why, reason)))
    return FeaturePlan(
        name=reading.name,
        kind=FeatureKind.NUMERIC,
        encoding=encoding,
        missing_fraction=missing,
        why=why,
        numeric=analyzers.fit_numeric(values, encoding, settings),
    )


def _fit_categorical(
    reading: Reading, column: pa.ChunkedArray, config: TransformConfig
) -> FeaturePlan | ExcludedColumn:
    settings = config.settings(reading.name)
    counts = analyzers.count_categories(column)
    missing = _missing_fraction(sum(counts.values()), len(column))
    if not counts:
        return ExcludedColumn(name=reading.name, why="the train split has no value of it")
    if len(counts) == 1 and not missing and not config.is_named(reading.name):
        return ExcludedColumn(name=reading.name, why=f"it is {next(iter(counts))!r} in every row of the train split")
    encoding, fit = analyzers.fit_categorical(counts, config.options(reading.name).encoding, settings)
    return FeaturePlan(
        name=reading.name,
        kind=FeatureKind.CATEGORICAL,
        encoding=encoding,
        missing_fraction=missing,
        why=reading.why,
        categorical=fit,
    )


def _fit_timestamp(reading: Reading, column: pa.ChunkedArray, config: TransformConfig) -> FeaturePlan | ExcludedColumn:
    values = analyzers.present_times(column)
    if not len(values):
        return ExcludedColumn(name=reading.name, why="the train split has no value of it")
    fit: TimestampFit = analyzers.fit_timestamp(values, config.settings(reading.name))
    if not fit.parts and not fit.elapsed_time:
        return ExcludedColumn(
            name=reading.name, why="month, day of week and hour are the same in every row of the train split"
        )
    return FeaturePlan(
        name=reading.name,
        kind=FeatureKind.TIMESTAMP,
        encoding=Encoding.DATE_PARTS,
        missing_fraction=_missing_fraction(len(values), len(column)),
        why=reading.why,
        timestamp=fit,
    )


def _missing_fraction(present: int, rows: int) -> float:
    return (rows - present) / rows if rows else 0.0

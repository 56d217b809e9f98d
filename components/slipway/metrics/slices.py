"""Which examples belong to which slice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.contracts.errors import InputError
from slipway.contracts.examples import MISSING_TIMESTAMP, ExampleSpec, FeatureKind
from slipway.contracts.tables import Column
from slipway.features.values import categories, epoch_seconds, numbers
from slipway.metrics.grouping import Groups, groups_of_codes

MISSING = "(missing)"
"""How the slice of the examples without a value is named."""

_CROSS = "_X_"
"""TFMA joins the columns and the values of a cross so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceOptions:
    """Which slices are made.

    Attributes:
        slices: configured ones: a column, ``column=value``, or several of them for their cross.
        fairness_features: columns that make slices because fairness is looked at by them.
        automatic_slices: whether every column of text or truth values, and every categorical feature, makes slices.
        max_slice_values: most values of such a column; numbers with more are cut into buckets.
        numeric_buckets: buckets of numbers and timestamps, of equal size.
        min_slice_examples: smaller slices are named and have no metrics.
    """

    slices: tuple[str | tuple[str, ...], ...] = ()
    fairness_features: tuple[str, ...] = ()
    automatic_slices: bool = True
    max_slice_values: int = 20
    numeric_buckets: int = 4
    min_slice_examples: int = 30


@dataclass(frozen=True, slots=True)
class Slicing:
    """The slices of a feature that are large enough, and the sizes of those that are not.

    Attributes:
        feature: a column, or several joined by ``_X_``.
        columns: the columns it is made of.
        values: value of each group.
        groups: examples of each slice.
        omitted: examples of the smaller slices, by name.
    """

    feature: str
    columns: tuple[str, ...]
    values: tuple[str, ...]
    groups: Groups
    omitted: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Coded:
    """A column as a code in [0, len(names)) for each example; -1 belongs to no slice."""

    codes: NDArray[np.int64]
    names: list[str]


@dataclass(frozen=True, slots=True)
class _Condition:
    """A column, and the only value of it that counts; None for all values."""

    column: str
    value: str | None = None


def columns_to_slice(columns: Sequence[Column], spec: ExampleSpec, options: SliceOptions) -> list[str]:
    """Return the columns that must be read for the slices: the configured ones and all that may turn out categorical.

    Raises:
        InputError: a configured slice names no column.
    """
    names = [column.name for column in columns]
    configured = {condition.column for entry in options.slices for condition in _conditions(entry, names)}
    unknown = sorted(set(options.fairness_features) - set(names))
    if unknown:
        raise InputError(f"fairness_features names {unknown[0]!r}, which is no column; there are {', '.join(names)}")
    chosen = (
        configured
        | set(options.fairness_features)
        | (set(_automatic(columns, spec)) if options.automatic_slices else set())
    )
    return [name for name in names if name in chosen]


def make_slicings(
    table: pa.Table, columns: Sequence[Column], spec: ExampleSpec, options: SliceOptions
) -> list[Slicing]:
    """Return every slicing of the examples: automatic ones in the order of the table, then configured ones.

    Args:
        table: the examples, with the columns that ``columns_to_slice`` names.
        columns: all columns of the split.
        spec: what the model reads; its label makes no automatic slices.
        options: which slices are wanted.
    """
    codes_of: dict[str, _Coded] = {}
    slicings: dict[str, Slicing] = {}
    for conditions in _wanted(table, columns, spec, options):
        for condition in conditions:
            if condition.column not in codes_of:
                codes_of[condition.column] = _code(table.column(condition.column), options)
        slicing = _slicing(conditions, [codes_of[condition.column] for condition in conditions], options)
        key = slicing.feature + "".join(f"={condition.value}" for condition in conditions if condition.value)
        slicings.setdefault(key, slicing)
    return list(slicings.values())


def _wanted(
    table: pa.Table, columns: Sequence[Column], spec: ExampleSpec, options: SliceOptions
) -> Iterator[tuple[_Condition, ...]]:
    for name in _automatic(columns, spec) if options.automatic_slices else ():
        if len(table.column(name).unique()) <= options.max_slice_values:
            yield (_Condition(name),)
    names = [column.name for column in columns]
    for entry in options.slices:
        yield _conditions(entry, names)
    for name in options.fairness_features:
        yield (_Condition(name),)


def _automatic(columns: Sequence[Column], spec: ExampleSpec) -> list[str]:
    categorical = {feature.name for feature in spec.features if feature.kind is FeatureKind.CATEGORICAL}
    worded = {"string", "large_string", "bool"}
    return [
        column.name
        for column in columns
        if column.name != spec.label.name
        and (column.name in categorical or column.type in worded or column.type.startswith("dictionary"))
    ]


def _conditions(entry: str | tuple[str, ...], names: Sequence[str]) -> tuple[_Condition, ...]:
    return tuple(_condition(part, names) for part in ([entry] if isinstance(entry, str) else entry))


def _condition(text: str, names: Sequence[str]) -> _Condition:
    if text in names:
        return _Condition(text)
    column, sign, value = text.partition("=")
    if sign and column in names:
        return _Condition(column, value)
    raise InputError(f"slices names {text!r}, which is no column; there are {', '.join(names)}")


def _slicing(conditions: Sequence[_Condition], parts: Sequence[_Coded], options: SliceOptions) -> Slicing:
    columns = tuple(condition.column for condition in conditions)
    feature = _CROSS.join(columns)
    codes, names = _crossed([_restricted(part, one.value) for part, one in zip(parts, conditions, strict=True)])
    present, groups = groups_of_codes(codes, len(names))
    large = groups.sizes >= options.min_slice_examples
    omitted = {
        f"{feature}={names[code]}": int(size)
        for code, size, kept in zip(present, groups.sizes, large, strict=True)
        if not kept
    }
    if not len(present):
        omitted[f"{feature}={_CROSS.join(condition.value or '*' for condition in conditions)}"] = 0
    kept_codes = np.full(len(names), -1)
    kept_codes[present[large]] = np.arange(int(large.sum()))
    _, kept_groups = groups_of_codes(np.where(codes < 0, -1, kept_codes[codes]), int(large.sum()))
    return Slicing(feature, columns, tuple(names[code] for code in present[large]), kept_groups, omitted)


def _restricted(part: _Coded, value: str | None) -> _Coded:
    """Return ``part`` with only one value left; that value need not occur."""
    if value is None:
        return part
    if value not in part.names:
        return _Coded(np.full(len(part.codes), -1), [value])
    return _Coded(np.where(part.codes == part.names.index(value), 0, -1), [value])


def _crossed(parts: Sequence[_Coded]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the codes of the combinations that occur, and their names."""
    codes, names = parts[0].codes, parts[0].names
    for part in parts[1:]:
        both = np.where((codes < 0) | (part.codes < 0), -1, codes * len(part.names) + part.codes)
        occurring, compact = np.unique(both, return_inverse=True)
        offset = int(len(occurring) > 0 and occurring[0] < 0)
        codes = compact.astype(np.int64) - offset
        pairs = [divmod(int(code), len(part.names)) for code in occurring[offset:]]
        names = [f"{names[left]}{_CROSS}{part.names[right]}" for left, right in pairs]
    return codes, names


def _code(column: pa.ChunkedArray, options: SliceOptions) -> _Coded:
    """Codes by value, or by bucket for timestamps, fractions and numbers with many values."""
    if pa.types.is_temporal(column.type):
        seconds = epoch_seconds(column)
        return _bucketed(seconds, seconds != MISSING_TIMESTAMP, options.numeric_buckets, _moment)
    number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
    if number and len(column.unique()) > options.max_slice_values:
        values = numbers(column)
        return _bucketed(values, np.isfinite(values), options.numeric_buckets, _number)
    found = categories(column)
    names, codes = found.names.to_pylist(), found.codes.astype(np.int64)
    if MISSING in names:
        return _Coded(np.where(codes < 0, names.index(MISSING), codes), names)
    return _Coded(np.where(codes < 0, len(names), codes), [*names, MISSING])


def _bucketed(values: NDArray[Any], present: NDArray[np.bool_], buckets: int, name: Any) -> _Coded:
    """Return half-open buckets that hold about as many examples each; fewer where many values are equal."""
    if not present.any():
        return _Coded(np.zeros(len(values), np.int64), [MISSING])
    edges = np.unique(np.quantile(values[present], np.linspace(0, 1, buckets + 1)[1:-1], method="higher"))
    edges = edges[edges > values[present].min()]
    codes = np.searchsorted(edges, values, side="right").astype(np.int64)
    bounds = ["-inf", *(name(edge) for edge in edges), "inf"]
    names = [f"[{low}, {high})" for low, high in pairwise(bounds)]
    return _Coded(np.where(present, codes, len(names)), [*names, MISSING])


def _number(value: np.floating[Any]) -> str:
    return f"{value:.6g}"


def _moment(seconds: np.integer[Any]) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().removesuffix("+00:00")

"""What each column is good for, inferred from a sample of the training split."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from slipway.contracts.errors import InputError
from slipway.steps.validate.columns import is_text
from slipway.steps.validate.config import ColumnKind, ValidateConfig

_FEWEST_VALUES = 50
"""Below so many values, that all differ says nothing."""
_UNIQUE_FRACTION = 0.95
_IDENTIFIER_SPREAD = 2
"""Integers that all differ and fill their range this thinly or denser were counted, not measured."""
_EXACT_DOUBLE = 2**53
_TEXT_WORDS = 4
_TEXT_UNIQUE_FRACTION = 0.5
_ROWS_PER_CATEGORY = 20
_LABEL_CLASSES = 20
_TIMES = ("timestamp", "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOfColumn:
    """What a column is good for, and why in a few words."""

    kind: ColumnKind
    why: str


def kind_of(
    name: str,
    column: pa.ChunkedArray,
    arrow_type: str,
    rows: int,
    config: ValidateConfig,
    stated: Mapping[str, ColumnKind],
) -> KindOfColumn:
    """What the column ``name`` is good for.

    Args:
        name: of the column.
        column: of plain form (see ``columns.plain``), from a sample of the training split.
        arrow_type: Arrow's name of its type on disk.
        rows: of all splits together.
        config: its ``kinds`` come first.
        stated: kinds that a given schema states; they come next.

    Raises:
        InputError: the column is asked to be what it cannot be.
    """
    if name in config.kinds:
        return _asked(name, column, config.kinds[name], "configured")
    if name in stated:
        return _asked(name, column, stated[name], "stated by the given schema")
    if name == config.label:
        return _label_kind(column)
    return _column_kind(column, arrow_type, rows, config)


def _asked(name: str, column: pa.ChunkedArray, kind: ColumnKind, by: str) -> KindOfColumn:
    if kind is ColumnKind.NUMERIC and is_text(column.type) and not _is_boolean(column):
        raise InputError(f"column {name!r} holds text; it cannot be numeric, as {by}")
    if pa.types.is_binary(column.type) and kind not in (ColumnKind.FREE_TEXT, ColumnKind.IDENTIFIER):
        raise InputError(f"column {name!r} holds bytes; it can be free_text or identifier, not {kind.value} as {by}")
    return KindOfColumn(kind=kind, why=by)


def _label_kind(column: pa.ChunkedArray) -> KindOfColumn:
    if not is_text(column.type):
        distinct = pc.count_distinct(column).as_py()
        whole = pc.all(pc.equal(pc.floor(column), column)).as_py() is not False
        if not whole or distinct > _LABEL_CLASSES:
            return KindOfColumn(kind=ColumnKind.NUMERIC, why="label: a quantity")
    return KindOfColumn(kind=ColumnKind.CATEGORICAL, why="label: classes")


def _column_kind(column: pa.ChunkedArray, arrow_type: str, rows: int, config: ValidateConfig) -> KindOfColumn:
    present = len(column) - column.null_count
    if present == 0:
        return KindOfColumn(kind=ColumnKind.CONSTANT, why="no value in the training split")
    distinct = pc.count_distinct(column).as_py()
    if distinct == 1 and column.null_count == 0:
        return KindOfColumn(kind=ColumnKind.CONSTANT, why="one value in the training split")
    if arrow_type.startswith(_TIMES):
        return KindOfColumn(kind=ColumnKind.TIMESTAMP, why=f"{arrow_type}; seconds since 1970 UTC")
    if pa.types.is_binary(column.type):
        return KindOfColumn(kind=ColumnKind.FREE_TEXT, why="bytes")
    if is_text(column.type):
        return _text_kind(column, distinct, present)
    if pa.types.is_int64(column.type):
        return _integer_kind(column, distinct, present, rows, config.max_integer_categories)
    return KindOfColumn(kind=ColumnKind.NUMERIC, why="numbers")


def _text_kind(column: pa.ChunkedArray, distinct: int, present: int) -> KindOfColumn:
    if present >= _FEWEST_VALUES and distinct > _TEXT_UNIQUE_FRACTION * present:
        words = 1 + pc.mean(pc.count_substring(pc.utf8_trim_whitespace(column), " ")).as_py()
        if words >= _TEXT_WORDS:
            return KindOfColumn(kind=ColumnKind.FREE_TEXT, why=f"text, {words:.1f} words on average")
        if distinct >= _UNIQUE_FRACTION * present:
            return KindOfColumn(kind=ColumnKind.IDENTIFIER, why=f"{distinct / present:.0%} of the values differ")
    return KindOfColumn(kind=ColumnKind.CATEGORICAL, why=f"text, {distinct} values")


def _integer_kind(
    column: pa.ChunkedArray, distinct: int, present: int, rows: int, most_categories: int
) -> KindOfColumn:
    extremes = pc.min_max(column).as_py()
    low, high = extremes["min"], extremes["max"]
    if distinct == present >= _FEWEST_VALUES:
        if high - low < _IDENTIFIER_SPREAD * rows:
            return KindOfColumn(kind=ColumnKind.IDENTIFIER, why="consecutive numbers, each once")
        if max(high, -low) > _EXACT_DOUBLE:
            return KindOfColumn(kind=ColumnKind.IDENTIFIER, why="64-bit numbers, each once")
    if distinct <= most_categories and present >= _ROWS_PER_CATEGORY * distinct:
        return KindOfColumn(kind=ColumnKind.CATEGORICAL, why=f"integers, {distinct} values")
    return KindOfColumn(kind=ColumnKind.NUMERIC, why="integers")


def _is_boolean(column: pa.ChunkedArray) -> bool:
    return set(pc.unique(column).to_pylist()) <= {"true", "false", None}

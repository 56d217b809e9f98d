"""What a column is good for: a number, a category, a time, or nothing that a model could learn from.

validate writes the answer into the schema as a tag; transform asks here where no tag decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ColumnKind

FEATURE_KINDS = (ColumnKind.NUMERIC, ColumnKind.CATEGORICAL, ColumnKind.TIMESTAMP)

LABEL_CLASSES = 20
"""Whole numbers with more distinct values are a quantity."""

_FEWEST_VALUES = 50
"""Below so many values, that all differ says nothing."""
_UNIQUE_FRACTION = 0.95
_IDENTIFIER_SPREAD = 2
"""Integers that all differ and fill their range this thinly or denser were counted, not measured."""
_EXACT_DOUBLE = 2**53
_TEXT_WORDS = 4
_TEXT_UNIQUE_FRACTION = 0.5
_ROWS_PER_CATEGORY = 20
_TIMES = ("timestamp", "date")

Column: TypeAlias = "pa.Array | pa.ChunkedArray"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """What decides the kind of a column, of all its rows or of an evenly spaced sample.

    Attributes:
        stored_type: Arrow's name of its type on disk, such as ``timestamp[us]``.
        type: of its canonical form (``values.canonical``): int64, double, string or binary.
        rows: looked at.
        present: those with a value.
        distinct: different values.
        low: the smallest integer; 0 for what holds none.
        high: the largest integer; 0 likewise.
        whole: whether it holds numbers, none of which has a fraction or is infinite.
        words: mean number of words of a text, when more than half of at least 50 values differ; else 0.
    """

    stored_type: str
    type: pa.DataType
    rows: int
    present: int
    distinct: int
    low: int = 0
    high: int = 0
    whole: bool = False
    words: float = 0.0

    @property
    def has_many_texts(self) -> bool:
        """Whether enough texts differ to ask what they are."""
        return self.present >= _FEWEST_VALUES and self.distinct > _TEXT_UNIQUE_FRACTION * self.present


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSettings:
    """What can be set about the rule.

    Attributes:
        max_integer_categories: integers with at most this many distinct values, each in 20 rows on average, are
            categories, at least 0.
    """

    max_integer_categories: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOfColumn:
    """What a column is good for, and why in a few words."""

    kind: ColumnKind
    why: str


def profile_column(column: Column, stored_type: str) -> ColumnProfile:
    """Return the profile of ``column``, which is in canonical form."""
    present = len(column) - column.null_count
    distinct = pc.count_distinct(column).as_py() if present else 0
    low = high = 0
    whole, words = False, 0.0
    if pa.types.is_int64(column.type) and present:
        extremes = pc.min_max(column).as_py()
        low, high, whole = extremes["min"], extremes["max"], True
    elif pa.types.is_float64(column.type):
        whole = pc.all(pc.and_(pc.equal(pc.floor(column), column), pc.is_finite(column))).as_py() is not False
    elif pa.types.is_string(column.type) and present >= _FEWEST_VALUES and distinct > _TEXT_UNIQUE_FRACTION * present:
        words = 1 + pc.mean(pc.count_substring(pc.utf8_trim_whitespace(column), " ")).as_py()
    return ColumnProfile(
        stored_type=stored_type,
        type=column.type,
        rows=len(column),
        present=present,
        distinct=distinct,
        low=low,
        high=high,
        whole=whole,
        words=words,
    )


def infer_kind(profile: ColumnProfile, rows: int, settings: KindSettings) -> KindOfColumn:
    """Return what a column is good for.

    Args:
        profile: of the training split.
        rows: of all splits together.
        settings: what can be set about the rule.
    """
    if profile.present == 0:
        return KindOfColumn(kind=ColumnKind.CONSTANT, why="no value in the training split")
    if profile.distinct == 1 and profile.present == profile.rows:
        return KindOfColumn(kind=ColumnKind.CONSTANT, why="one value in the training split")
    if pa.types.is_binary(profile.type):
        return KindOfColumn(kind=ColumnKind.FREE_TEXT, why="bytes")
    if pa.types.is_string(profile.type) and profile.has_many_texts:
        if profile.words >= _TEXT_WORDS:
            return KindOfColumn(kind=ColumnKind.FREE_TEXT, why=f"text, {profile.words:.1f} words on average")
        if profile.distinct >= _UNIQUE_FRACTION * profile.present:
            share = profile.distinct / profile.present
            return KindOfColumn(kind=ColumnKind.IDENTIFIER, why=f"{share:.0%} of the values differ")
    why = _why_integer_identifier(profile, rows)
    return KindOfColumn(kind=ColumnKind.IDENTIFIER, why=why) if why else infer_feature_kind(profile, settings)


def infer_feature_kind(profile: ColumnProfile, settings: KindSettings) -> KindOfColumn:
    """Return the kind of a column that is to be a feature whatever its values are: one of FEATURE_KINDS."""
    if profile.stored_type.startswith(_TIMES):
        return KindOfColumn(kind=ColumnKind.TIMESTAMP, why=f"{profile.stored_type}; seconds since 1970 UTC")
    if pa.types.is_string(profile.type):
        return KindOfColumn(kind=ColumnKind.CATEGORICAL, why=f"text, {profile.distinct} values")
    if pa.types.is_binary(profile.type):
        return KindOfColumn(kind=ColumnKind.CATEGORICAL, why=f"bytes, {profile.distinct} values")
    if not pa.types.is_int64(profile.type):
        return KindOfColumn(kind=ColumnKind.NUMERIC, why="numbers")
    few = profile.distinct <= settings.max_integer_categories
    if few and profile.present >= _ROWS_PER_CATEGORY * profile.distinct:
        return KindOfColumn(kind=ColumnKind.CATEGORICAL, why=f"integers, {profile.distinct} values")
    return KindOfColumn(kind=ColumnKind.NUMERIC, why="integers")


def infer_label_kind(profile: ColumnProfile) -> KindOfColumn:
    """Return CATEGORICAL for a label of classes, NUMERIC for a quantity.

    Classes are texts, booleans, and whole numbers, of whatever type, with at most 20 distinct values.
    """
    values = f"{profile.distinct} values"
    if pa.types.is_string(profile.type) or pa.types.is_binary(profile.type):
        return KindOfColumn(kind=ColumnKind.CATEGORICAL, why=f"classes: {profile.stored_type} with {values}")
    if not profile.whole:
        return KindOfColumn(kind=ColumnKind.NUMERIC, why="a quantity: numbers with fractions")
    if profile.distinct > LABEL_CLASSES:
        why = f"a quantity: whole numbers with {values}, more than {LABEL_CLASSES}"
        return KindOfColumn(kind=ColumnKind.NUMERIC, why=why)
    return KindOfColumn(kind=ColumnKind.CATEGORICAL, why=f"classes: whole numbers with {values}")


def state_kind(name: str, kind: ColumnKind, column: Column, by: str) -> KindOfColumn:
    """Return the kind that a setting or a given schema states.

    Args:
        name: of the column.
        kind: stated.
        column: in canonical form.
        by: who states it, such as ``configured``.

    Raises:
        InputError: the column cannot be of that kind.
    """
    if kind is ColumnKind.NUMERIC and pa.types.is_string(column.type) and not _is_boolean(column):
        raise InputError(f"column {name!r} holds text; it cannot be numeric, as {by}")
    if pa.types.is_binary(column.type) and kind not in (ColumnKind.FREE_TEXT, ColumnKind.IDENTIFIER):
        raise InputError(f"column {name!r} holds bytes; it can be free_text or identifier, not {kind.value} as {by}")
    return KindOfColumn(kind=kind, why=by)


def _why_integer_identifier(profile: ColumnProfile, rows: int) -> str:
    """Return why integers name rows; empty when they do not. Seconds, dates too, are none that were counted."""
    counted = pa.types.is_int64(profile.type) and not profile.stored_type.startswith(_TIMES)
    if not counted or not profile.distinct == profile.present >= _FEWEST_VALUES:
        return ""
    if profile.high - profile.low < _IDENTIFIER_SPREAD * rows:
        return "consecutive numbers, each once"
    return "64-bit numbers, each once" if max(profile.high, -profile.low) > _EXACT_DOUBLE else ""


def _is_boolean(column: Column) -> bool:
    return set(pc.unique(column).to_pylist()) <= {"true", "false", None}

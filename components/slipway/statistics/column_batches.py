"""Batches of columns in canonical form, and what is made of a column once for every statistic that needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.features.arrow_buffers import missing_in, values_of


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A column with each distinct value once.

    Attributes:
        values: the distinct values, none missing, in the order of their first row.
        codes: int32 position in ``values`` of each row's value, their number where it is missing, shape (rows,).
    """

    values: pa.Array
    codes: np.ndarray

    def counts(self) -> np.ndarray:
        """Return how many rows each value has, and last how many have none: shape (values + 1,)."""
        return np.bincount(self.codes, minlength=len(self.values) + 1)


def encode_dictionary(column: pa.Array) -> Dictionary:
    """Return ``column``, of any canonical type, with each distinct value once."""
    encoded = pc.dictionary_encode(column)
    codes = values_of(encoded.indices)
    if column.null_count:
        codes = np.where(missing_in(column), np.int32(len(encoded.dictionary)), codes)
    return Dictionary(encoded.dictionary, codes)


def present_numbers(column: pa.Array) -> np.ndarray:
    """Return the values of an int64 or float64 column that are not missing, as float64."""
    present = pc.drop_null(column) if column.null_count else column
    return values_of(present).astype(np.float64, copy=False)


def is_number(kind: pa.DataType) -> bool:
    """Return whether a column in canonical form holds numbers."""
    return bool(pa.types.is_int64(kind) or pa.types.is_float64(kind))


class Column:
    """A column of a batch; threads may ask for its forms at once."""

    __slots__ = ("_dictionary", "_lock", "_numbers", "array")

    def __init__(self, array: pa.Array) -> None:
        """Hold ``array``, which is in canonical form."""
        self.array = array
        self._numbers: np.ndarray | None = None
        self._dictionary: Dictionary | None = None
        self._lock = Lock()

    def numbers(self) -> np.ndarray:
        """Return the numbers that are not missing, float64; of text there are none."""
        with self._lock:
            if self._numbers is None:
                self._numbers = present_numbers(self.array) if is_number(self.array.type) else np.zeros(0)
            return self._numbers

    def dictionary(self) -> Dictionary:
        """Return the column with each distinct value once."""
        with self._lock:
            if self._dictionary is None:
                self._dictionary = encode_dictionary(self.array)
            return self._dictionary


class ColumnBatch:
    """Rows of some columns of a table.

    A table with many columns comes in blocks of columns: all rows of a group of rows for the first columns, then the
    same rows for the next ones.

    Attributes:
        columns: by name, in the order of the table.
        rows: how many there are.
        offset: position of the first row in its group of rows.
        group_rows: rows of the whole group.
        first: whether no other block of columns of these rows came before.
        last: whether no other block of columns of these rows follows.
    """

    __slots__ = ("columns", "first", "group_rows", "last", "offset", "rows")

    def __init__(
        self,
        names: Sequence[str],
        arrays: Sequence[pa.Array],
        *,
        offset: int = 0,
        group_rows: int | None = None,
        first: bool = True,
        last: bool = True,
    ) -> None:
        """Hold at least one array, each in canonical form and of as many rows."""
        self.columns = {name: Column(array) for name, array in zip(names, arrays, strict=True)}
        self.rows = len(arrays[0])
        self.offset = offset
        self.group_rows = self.rows if group_rows is None else group_rows
        self.first = first
        self.last = last

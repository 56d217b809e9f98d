"""Rows of CSV files: types guessed from a sample first, found in all rows when the guess does not hold."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from slipway.contracts.errors import DataError
from slipway.contracts.tables import ColumnType
from slipway.tables.cells import ALL_TYPES, ARROW_TYPES, cleaned, convert, infer_types, narrowest, without_nan
from slipway.tables.column_names import check_names, check_same_names
from slipway.tables.csv_files import CsvFile
from slipway.tables.row_groups import decoded
from slipway.tables.source import Batches, Reading, ReadingOptions, WrongGuessError
from slipway.tables.source_files import SourceFile

logger = logging.getLogger(__name__)
_NATIVE: tuple[ColumnType, ...] = ("bool", "int64", "double")
_FEW = 8
_BATCH_ROWS = 16384
_BATCH_BYTES = 32 << 20

Fitting = dict[str, frozenset[ColumnType]]


@dataclass(frozen=True, slots=True)
class _Guess:
    """What columns are read as.

    Attributes:
        types: to be stored.
        parsed: the columns that the parser may convert.
        unseen: columns without a value in the sample; the first value elsewhere is one too many.
        repeating: columns of text in which a value comes often, so that the parser should make a dictionary of them.
        certain: whether all rows have been looked at.
    """

    types: dict[str, ColumnType]
    parsed: frozenset[str]
    unseen: frozenset[str]
    repeating: frozenset[str]
    certain: bool


def csv_readings(files: Sequence[CsvFile], options: ReadingOptions) -> Iterator[Reading]:
    """Yield ways to read the files, the fastest first; the next is for when one raises WrongGuessError.

    The first takes types from the first rows and lets the parser convert, in one pass. A type that holds for every
    row and is the narrowest for some of them is the narrowest for all, so what it finds is what the second would.
    The second reads everything as text once to find the types, then again to convert.

    Raises:
        DataError: a file is empty, its rows disagree in their number of fields, or the files have different columns.
    """
    table = _CsvTable(files, options)
    sample, repeating = table.sample_types()
    guess = table.guess(sample, repeating, certain=False)
    yield Reading(guess.types, lambda columns: table.batches(columns, guess))
    logger.info("a value does not fit the types of the first rows; reading all rows to find the types")
    found = table.guess(table.fitting_types(sample, repeating), repeating, certain=True)
    yield Reading(found.types, lambda columns: table.batches(columns, found))


class _CsvTable:
    """CSV files with the same columns, by their names without white space around them."""

    def __init__(self, files: Sequence[CsvFile], options: ReadingOptions) -> None:
        self._options = options
        self._null_values = pa.array(options.null_values, pa.string())
        self._files = files
        for file in files:
            check_names(file.names, file.source)
            check_same_names(files[0].names, file.names, files[0].source, file.source)

    def sample_types(self) -> tuple[Fitting, frozenset[str]]:
        """Return the types that the first rows fit, of columns that are given none, and the columns that repeat."""
        names = self._files[0].names
        batch = self._files[0].sample()
        start = {name: ALL_TYPES for name in names if name not in self._options.column_types}
        if batch is None:
            return start, frozenset()
        values = [column.dictionary_encode() for column in batch.columns]
        batch = pa.RecordBatch.from_arrays(values, names=names)
        found = infer_types([batch], start, self._null_values, self._options.timestamp_formats)
        return found, frozenset(name for name in names if _is_small(batch[name]))

    def fitting_types(self, start: Fitting, repeating: frozenset[str]) -> Fitting:
        """Return the types among ``start`` that all rows fit."""
        for file in self._files:
            kinds = {name: _text_type(name in repeating) for name in start}
            batches = file.batches(kinds, certain=True)
            start = infer_types(batches, start, self._null_values, self._options.timestamp_formats)
        return start

    def guess(self, found: Fitting, repeating: frozenset[str], *, certain: bool) -> _Guess:
        """Return what to read the columns as: the narrowest type, or the one that they are given."""
        given = self._options.column_types
        types = {name: given.get(name) or narrowest(found[name]) for name in self._files[0].names}
        # The parser takes white space for a part of a value more often than cells do.
        parsed = {name for name, kind in types.items() if kind in _NATIVE and not certain}
        unseen = {name for name, kinds in found.items() if kinds == ALL_TYPES and not certain}
        return _Guess(types, frozenset(parsed), frozenset(unseen), repeating, certain)

    def batches(self, columns: Sequence[str], guess: _Guess) -> Batches:
        """Yield the rows of every file, in order."""
        kinds = {
            name: ARROW_TYPES[guess.types[name]] if name in guess.parsed else _text_type(name in guess.repeating)
            for name in columns
        }
        for file in self._files:
            for batch in _gather(file.batches(kinds, certain=guess.certain)):
                arrays = [self._stored(batch[name], name, guess, file.source) for name in columns]
                yield file.source, pa.RecordBatch.from_arrays(arrays, names=list(columns))

    def _stored(self, column: pa.Array, name: str, guess: _Guess, source: SourceFile) -> pa.Array:
        if name in guess.parsed:
            return without_nan(column)
        kind = guess.types[name]
        try:
            stored = convert(cleaned(column, self._null_values), kind, self._options.timestamp_formats)
        except pa.ArrowInvalid as error:
            if not guess.certain:
                raise WrongGuessError(name) from error
            raise DataError(f"column {name!r} of {source.name} cannot be read as {kind}: {error}") from error
        if name in guess.unseen and stored.null_count < len(stored):
            raise WrongGuessError(name)
        return stored if _is_small(stored) else decoded(stored)


def _gather(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Join batches of few rows: with thousands of columns what a column costs is more than what its rows do."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        rows, taken = sum(each.num_rows for each in waiting), sum(each.nbytes for each in waiting)
        if rows >= _BATCH_ROWS or taken >= _BATCH_BYTES:
            yield _join(waiting)
            waiting = []
    if waiting:
        yield _join(waiting)


def _join(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Return all rows. Columns have one type in all batches; their dictionaries may have any order."""
    (batch,) = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks().to_batches()
    return batch


def _text_type(repeating: bool) -> pa.DataType:
    return pa.dictionary(pa.int32(), pa.string()) if repeating else pa.string()


def _is_small(column: pa.Array) -> bool:
    """Return whether a dictionary, if ``column`` is one, is worth its memory, which rows of every split hold on to."""
    return not pa.types.is_dictionary(column.type) or len(column.dictionary) * _FEW <= len(column)

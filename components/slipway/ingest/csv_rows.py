"""Rows of CSV files: types guessed from a sample first, found in all rows when the guess does not hold."""

import codecs
import csv
import io
import itertools
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.csv

from slipway.contracts.errors import DataError
from slipway.ingest.cells import ALL_TYPES, ARROW_TYPES, clean, converted, infer, narrowest, without_nan
from slipway.ingest.config import ColumnType, IngestConfig
from slipway.ingest.rows import Batches, Reading, WrongGuessError, check_names, check_same_names
from slipway.ingest.sources import SourceFile

_LOG = logging.getLogger(__name__)
_BLOCK_BYTES = 4 << 20
_NATIVE: tuple[ColumnType, ...] = ("bool", "int64", "double")


def csv_readings(sources: Sequence[SourceFile], config: IngestConfig) -> Iterator[Reading]:
    """Ways to read the files, the fastest first; the next is for when one raises WrongGuessError.

    The first takes types from the first block and lets the parser convert, in one pass. A type that holds for every
    row and is the narrowest for some of them is the narrowest for all, so what it finds is what the second would.
    The second reads everything as text once to find the types, then again to convert.

    Raises:
        DataError: a file is empty, its rows disagree in their number of fields, or the files have different columns.
    """
    table = _CsvTable(sources, config)
    sample = table.types(first_block_only=True)
    yield Reading(sample, lambda columns: table.batches(columns, sample, trusted=False))
    _LOG.info("a value does not fit the types of the first rows; reading all rows to find the types")
    types = table.types(first_block_only=False)
    yield Reading(types, lambda columns: table.batches(columns, types, trusted=True))


class _CsvTable:
    """CSV files with the same columns, by their names without white space around them."""

    def __init__(self, sources: Sequence[SourceFile], config: IngestConfig) -> None:
        self._sources = sources
        self._config = config
        self._null_values = pa.array(config.null_values, pa.string())
        self._headers = [self._header(source) for source in sources]
        self._names = [name.strip() for name in self._headers[0]]
        for header, source in zip(self._headers, sources, strict=True):
            names = [name.strip() for name in header]
            check_names(names, source)
            check_same_names(self._names, names, sources[0], source)

    def types(self, *, first_block_only: bool) -> dict[str, ColumnType]:
        """The narrowest type of each column, or the one that the config gives it."""
        given = self._config.column_types
        found = {name: ALL_TYPES for name in self._names if name not in given}
        for source, header in zip(self._sources, self._headers, strict=True):
            batches: Iterator[pa.RecordBatch] = self._text(source, header, list(found))
            if first_block_only:
                batches = itertools.islice(batches, 1)
            found = infer(batches, found, self._null_values, self._config.timestamp_formats)
            if first_block_only:
                break
        return {name: given.get(name) or narrowest(found[name]) for name in self._names}

    def batches(self, columns: Sequence[str], types: dict[str, ColumnType], *, trusted: bool) -> Batches:
        """The rows of every file, in order; ``trusted`` types were found in all rows."""
        for source, header in zip(self._sources, self._headers, strict=True):
            native = {} if trusted else {name: ARROW_TYPES[types[name]] for name in columns if types[name] in _NATIVE}
            for batch in self._read(source, header, columns, native, trusted=trusted):
                arrays = [self._stored(batch[name], types[name], name, source, trusted) for name in columns]
                yield source, pa.RecordBatch.from_arrays(arrays, names=list(columns))

    def _stored(self, column: pa.Array, kind: ColumnType, name: str, source: SourceFile, trusted: bool) -> pa.Array:
        if not pa.types.is_string(column.type):
            return without_nan(column)
        try:
            return converted(clean(column, self._null_values), kind, self._config.timestamp_formats)
        except pa.ArrowInvalid as error:
            if not trusted:
                raise WrongGuessError(name) from error
            raise DataError(f"column {name!r} of {source.name} cannot be read as {kind}: {error}") from error

    def _text(self, source: SourceFile, header: Sequence[str], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        return self._read(source, header, columns, {}, trusted=True)

    def _read(
        self,
        source: SourceFile,
        header: Sequence[str],
        columns: Sequence[str],
        native: dict[str, pa.DataType],
        *,
        trusted: bool,
    ) -> Iterator[pa.RecordBatch]:
        raw = {name.strip(): name for name in header}
        markers = self._config.null_values
        convert = pa.csv.ConvertOptions(
            column_types={raw[name]: native.get(name, pa.string()) for name in columns},
            include_columns=[raw[name] for name in columns],
            null_values=[*markers, *(f" {marker}" for marker in markers)],  # only white space around numbers is skipped
            true_values=["true", "True", "TRUE"],
            false_values=["false", "False", "FALSE"],
            strings_can_be_null=False,
        )
        read = pa.csv.ReadOptions(
            block_size=_BLOCK_BYTES, encoding=self._config.encoding, column_names=self._config.column_names or None
        )
        parse = pa.csv.ParseOptions(delimiter=self._delimiter(source), newlines_in_values=True)
        last: pa.RecordBatch | None = None
        with self._failures(source, len(header), trusted), _opened(source) as stream:
            reader = pa.csv.open_csv(stream, read_options=read, parse_options=parse, convert_options=convert)
            for batch in reader:
                yield batch.rename_columns(list(columns))
                last = batch.slice(batch.num_rows - 1)
        if last is not None and any("\n" in str(cell) for column in last.columns for cell in column.to_pylist()):
            self._refuse_open_quote(source)

    def _delimiter(self, source: SourceFile) -> str:
        return self._config.delimiter or ("\t" if source.tabs else ",")

    def _header(self, source: SourceFile) -> list[str]:
        if self._config.column_names:
            return list(self._config.column_names)
        for _, fields in self._records(source):
            return fields
        raise DataError(f"{source.name} is empty; its first line should name the columns")

    def _records(self, source: SourceFile, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
        """Line number, from 1, and fields of each record; for the header and for messages only."""
        utf8 = codecs.lookup(self._config.encoding).name == "utf-8"
        encoding = "utf-8-sig" if utf8 else self._config.encoding
        with (
            _opened(source) as stream,
            io.TextIOWrapper(stream, encoding=encoding, newline="", errors="replace") as text,
        ):
            reader = csv.reader(text, delimiter=self._delimiter(source), strict=strict)
            line = 1
            for fields in reader:
                if fields:
                    yield line, fields
                line = reader.line_num + 1

    def _refuse_open_quote(self, source: SourceFile) -> None:
        """The parser takes a quotation mark that is never closed for one that the end of the file closes."""
        last = 1
        try:
            for line, _ in self._records(source, strict=True):
                last = line
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise DataError(f"{source.name}: a quotation mark after line {last} is never closed") from error

    @contextmanager
    def _failures(self, source: SourceFile, fields: int, trusted: bool) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowInvalid, UnicodeDecodeError, OSError) as error:
            if "CSV conversion error" in str(error) and "UTF8" not in str(error) and not trusted:
                raise WrongGuessError(str(error)) from error
            raise DataError(self._explanation(source, fields, error)) from error

    def _explanation(self, source: SourceFile, expected: int, error: Exception) -> str:
        if isinstance(error, pa.ArrowInvalid) and "columns, got" in str(error):
            for line, fields in self._records(source):
                if len(fields) != expected:
                    return f"{source.name}, line {line}: expected {expected} fields, found {len(fields)}"
        if "UTF8" in str(error) or isinstance(error, UnicodeDecodeError):
            return f"{source.name} is not {self._config.encoding} text; set encoding, such as latin-1 ({error})"
        if "straddling" in str(error):
            return f"{source.name} has a row of over {_BLOCK_BYTES >> 20} MiB, or a quotation mark that is never closed"
        return f"{source.name} cannot be read as CSV: {error}"


def _opened(source: SourceFile) -> pa.NativeFile:
    return pa.input_stream(str(source.path), compression=source.compression)

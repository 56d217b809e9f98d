"""One CSV file: its header, its rows in blocks, and what is wrong with it when it cannot be read."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.csv

from slipway.contracts.errors import DataError
from slipway.tables.source import WrongGuessError
from slipway.tables.source_files import SourceFile

_SAMPLE_BYTES = 512 << 10
_LARGEST_ROW_BYTES = 4 << 20
_SMALL_BLOCK_BYTES = 1 << 20
_COLUMN_BYTES = 16 << 10

_TOO_LONG = "straddling"  # in what the parser says of a row that is longer than a block


class CsvFile:
    """A CSV file with named columns.

    Attributes:
        source: where it lies and what its name says.
        names: of the columns, without white space around them.
    """

    def __init__(
        self,
        source: SourceFile,
        *,
        delimiter: str,
        encoding: str,
        column_names: Sequence[str],
        null_values: Sequence[str],
    ) -> None:
        """Read the header.

        Args:
            source: the file.
            delimiter: between fields, one character.
            encoding: as Python names it.
            column_names: of a file without a header line; empty when the first line is the header.
            null_values: texts that stand for a missing value.

        Raises:
            DataError: there is no header.
        """
        self.source = source
        self._delimiter, self._encoding = delimiter, encoding
        self._column_names, self._null_values = tuple(column_names), tuple(null_values)
        self._raw_names = self._header()
        self.names = [name.strip() for name in self._raw_names]

    def sample(self) -> pa.RecordBatch | None:
        """Return the first rows as text; None when there is no row.

        Raises:
            DataError: they cannot be read.
        """
        kinds = dict.fromkeys(self.names, pa.string())
        with self._failures(certain=True):
            try:
                return self._first(kinds, _SAMPLE_BYTES)
            except pa.ArrowInvalid as error:
                if _TOO_LONG not in str(error):
                    raise
                return self._first(kinds, _LARGEST_ROW_BYTES)

    def batches(self, kinds: Mapping[str, pa.DataType], *, certain: bool) -> Iterator[pa.RecordBatch]:
        """Yield all rows of some columns.

        Args:
            kinds: what the parser gives for each column: bool, int64, double, string or a dictionary of strings. Text
                is as it stands in the file.
            certain: whether every value fits.

        Raises:
            DataError: the rows cannot be read.
            WrongGuessError: a value does not fit, or a row is very long, and that was not certain.
        """
        last: pa.RecordBatch | None = None
        with self._failures(certain=certain), self._opened() as stream:
            for batch in self._parsed(stream, kinds, _LARGEST_ROW_BYTES if certain else _block_bytes(len(kinds))):
                yield batch
                last = batch.slice(batch.num_rows - 1)
        if last is not None and any("\n" in str(cell) for column in last.columns for cell in column.to_pylist()):
            self._refuse_open_quote()

    def _first(self, kinds: Mapping[str, pa.DataType], block_bytes: int) -> pa.RecordBatch | None:
        with self._opened() as stream:  # of which the parser would read 32 blocks ahead
            head = pa.BufferReader(stream.read(2 * block_bytes))
        return next(self._parsed(head, kinds, block_bytes), None)

    def _parsed(
        self, stream: pa.NativeFile, kinds: Mapping[str, pa.DataType], block_bytes: int
    ) -> Iterator[pa.RecordBatch]:
        raw = dict(zip(self.names, self._raw_names, strict=True))
        reader = pa.csv.open_csv(
            stream,
            read_options=pa.csv.ReadOptions(
                block_size=block_bytes,
                encoding=self._encoding,
                column_names=self._column_names or None,
                use_threads=False,
            ),
            parse_options=pa.csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types={raw[name]: kind for name, kind in kinds.items()},
                include_columns=[raw[name] for name in kinds],
                # The parser skips white space around numbers only.
                null_values=[*self._null_values, *(f" {text}" for text in self._null_values)],
                true_values=["true", "True", "TRUE"],
                false_values=["false", "False", "FALSE"],
                strings_can_be_null=False,
            ),
        )
        for batch in reader:
            yield batch.rename_columns(list(kinds))

    def _opened(self) -> pa.NativeFile:
        return pa.input_stream(str(self.source.path), compression=self.source.compression)

    def _header(self) -> list[str]:
        if self._column_names:
            return list(self._column_names)
        for _, fields in self._records():
            return fields
        raise DataError(f"{self.source.name} is empty; its first line should name the columns")

    def _records(self, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
        """Yield the line number, from 1, and the fields of each record; for the header and for messages only."""
        utf8 = codecs.lookup(self._encoding).name == "utf-8"
        encoding = "utf-8-sig" if utf8 else self._encoding
        with (
            self._opened() as stream,
            io.TextIOWrapper(stream, encoding=encoding, newline="", errors="replace") as text,
        ):
            reader = csv.reader(text, delimiter=self._delimiter, strict=strict)
            line = 1
            for fields in reader:
                if fields:
                    yield line, fields
                line = reader.line_num + 1

    def _refuse_open_quote(self) -> None:
        """Refuse a quotation mark that is never closed; the parser takes the end of the file for one that closes it."""
        last = 1
        try:
            for line, _ in self._records(strict=True):
                last = line
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise DataError(f"{self.source.name}: a quotation mark after line {last} is never closed") from error

    @contextmanager
    def _failures(self, *, certain: bool) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowInvalid, UnicodeDecodeError, OSError) as error:
            if not certain and _is_surprise(str(error)):
                raise WrongGuessError(str(error)) from error
            raise DataError(self._explanation(error)) from error

    def _explanation(self, error: Exception) -> str:
        name = self.source.name
        if isinstance(error, pa.ArrowInvalid) and "columns, got" in str(error):
            for line, fields in self._records():
                if len(fields) != len(self.names):
                    return f"{name}, line {line}: expected {len(self.names)} fields, found {len(fields)}"
        if "UTF8" in str(error) or isinstance(error, UnicodeDecodeError):
            return f"{name} is not {self._encoding} text; set encoding, such as latin-1 ({error})"
        if _TOO_LONG in str(error):
            return f"{name} has a row of over {_LARGEST_ROW_BYTES >> 20} MiB, or a quotation mark that is never closed"
        return f"{name} cannot be read as CSV: {error}"


def _block_bytes(columns: int) -> int:
    """Return how much is parsed together, which is guessed to hold any row.

    The first rows come when two blocks have been read, so they are small; what a column costs in every block makes them
    larger where there are hundreds.
    """
    return max(_SMALL_BLOCK_BYTES, min(_LARGEST_ROW_BYTES, columns * _COLUMN_BYTES))


def _is_surprise(message: str) -> bool:
    """Return whether a parser's message may be about a guess, of a type or of the longest row, not about the file."""
    return _TOO_LONG in message or ("CSV conversion error" in message and "UTF8" not in message)

"""Rows of JSON Lines files, read by DuckDB as text and typed like any other text."""

import glob
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from slipway.contracts.errors import DataError
from slipway.contracts.tables import ColumnType
from slipway.tables.cells import ALL_TYPES, clean, convert, fitting_types, narrowest
from slipway.tables.column_names import check_names
from slipway.tables.row_groups import batch_rows
from slipway.tables.source import Batches, Reading, ReadingOptions
from slipway.tables.source_files import SourceFile

_THREADS = 2  # each holds pieces of the file, so that the memory would grow with the cores
_QUOTED: frozenset[ColumnType] = frozenset({"timestamp", "string"})


def json_readings(sources: Sequence[SourceFile], options: ReadingOptions) -> Iterator[Reading]:
    """Yield the one way to read the files: a pass for the keys, one for the types, one for the rows.

    A key that a row lacks is a missing value there. A quoted value is text or a timestamp, never a number.

    Raises:
        DataError: a file is empty or no JSON Lines, or a value is a list or an object.
    """
    table = _JsonTable(sources, options)
    types = table.types()
    yield Reading(types, lambda columns: table.batches(columns, types))


class _JsonTable:
    """JSON Lines files; their columns are the keys of all rows, in the order in which they turn up."""

    def __init__(self, sources: Sequence[SourceFile], options: ReadingOptions) -> None:
        self._sources = sources
        self._options = options
        self._null_values = pa.array(options.null_values, pa.string())
        self._keys = {source.name: self._read_keys(source) for source in sources}
        self._names = list(dict.fromkeys(name for source in sources for name in self._keys[source.name]))

    def types(self) -> dict[str, ColumnType]:
        """Return the narrowest type of each column, or the one that it is given."""
        found = {name: ALL_TYPES for name in self._names if name not in self._options.unused}
        for source in self._sources:
            for batch in self._batches(source, list(found), "JSON"):
                for name, kinds in found.items():
                    found[name] = self._fitting_types(batch[name], kinds, name, source)
        given = self._options.column_types
        return {name: given.get(name) or narrowest(found.get(name, _QUOTED)) for name in self._names}

    def _fitting_types(
        self, raw: pa.Array, kinds: frozenset[ColumnType], name: str, source: SourceFile
    ) -> frozenset[ColumnType]:
        """Return those of ``kinds`` that the values, as JSON writes them, allow."""
        if pc.any(pc.or_(pc.starts_with(raw, "["), pc.starts_with(raw, "{"))).as_py():
            raise DataError(f"column {name!r} of {source.name} holds lists or objects; flatten it or exclude it")
        if kinds == {"string"}:
            return kinds
        quoted = pc.starts_with(raw, '"')
        text = clean(pc.if_else(quoted, pc.utf8_slice_codeunits(raw, 1, -1), raw), self._null_values)
        for flags, allowed in ((quoted, _QUOTED), (pc.invert(quoted), ALL_TYPES - {"timestamp"})):
            if pc.any(pc.and_(flags, pc.is_valid(text))).as_py():
                kinds &= allowed
        return fitting_types(text, kinds, self._options.timestamp_formats)

    def batches(self, columns: Sequence[str], types: dict[str, ColumnType]) -> Batches:
        """Yield the rows of every file, in order."""
        for source in self._sources:
            for batch in self._batches(source, columns, "VARCHAR"):
                arrays = [self._stored(batch[name], types[name], name, source) for name in columns]
                yield source, pa.RecordBatch.from_arrays(arrays, names=list(columns))

    def _stored(self, column: pa.Array, kind: ColumnType, name: str, source: SourceFile) -> pa.Array:
        try:
            return convert(clean(column, self._null_values), kind, self._options.timestamp_formats)
        except pa.ArrowInvalid as error:
            raise DataError(f"column {name!r} of {source.name} cannot be read as {kind}: {error}") from error

    def _read_keys(self, source: SourceFile) -> list[str]:
        """Return the keys of the first row in their order, then those of the others by name."""
        if _first_character(source) not in ("{", "["):
            raise DataError(f'{source.name} holds no JSON objects; each line should be one, such as {{"age": 39}}')
        rows = f"read_json_objects({_table_arguments(source)})"
        with duckdb.connect(config={"threads": _THREADS}) as engine, _failures(source):
            first = engine.execute(f"SELECT json_keys(json) FROM {rows} LIMIT 1").fetchone()
            others = engine.execute(
                f"SELECT DISTINCT unnest(json_keys(json)) AS key FROM {rows} ORDER BY key"
            ).fetchall()
        names = list(dict.fromkeys([*(first[0] if first else ()), *(key for (key,) in others)]))
        if not names:
            raise _no_objects(source)
        check_names(names, source)
        by_lower: dict[str, str] = {}
        for name in names:  # the engine would take one for the other
            if (other := by_lower.setdefault(name.lower(), name)) != name:
                raise DataError(
                    f"{source.name} has the keys {other!r} and {name!r}, which differ in case only; rename one"
                )
        return names

    def _batches(self, source: SourceFile, columns: Sequence[str], kind: str) -> Iterator[pa.RecordBatch]:
        """Yield ``columns`` as text: JSON for how the file writes them, VARCHAR for what that means."""
        if not columns:
            return
        keys = [name for name in columns if name in self._keys[source.name]] or self._keys[source.name][:1]
        types = ", ".join(f"{_literal(name)}: '{kind}'" for name in keys)
        parts = [_identifier(name) if name in keys else "NULL::VARCHAR" for name in columns]
        table = f"read_json({_table_arguments(source)}, records = true, columns = {{{types}}})"
        query = f"SELECT {', '.join(parts)} FROM {table}"
        schema = pa.schema([(name, pa.string()) for name in columns])
        with duckdb.connect(config={"threads": _THREADS}) as engine, _failures(source):
            for batch in engine.sql(query).to_arrow_reader(batch_rows(len(columns))):
                yield batch.rename_columns(list(columns)).cast(schema)


def _no_objects(source: SourceFile) -> DataError:
    return DataError(f'{source.name} holds no JSON objects with keys; each line should be one, such as {{"age": 39}}')


def _table_arguments(source: SourceFile) -> str:
    """Return what every query says of the file."""
    layout = "array" if _first_character(source) == "[" else "newline_delimited"
    path = _literal(glob.escape(str(source.path)))
    return f"{path}, format = '{layout}', compression = '{source.compression or 'none'}'"


@contextmanager
def _failures(source: SourceFile) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        said = str(error).strip().splitlines()[0].replace(str(source.path), source.name)
        raise DataError(_wrong_line(source) or f"{source.name} cannot be read as JSON Lines: {said}") from error


def _wrong_line(source: SourceFile) -> str | None:
    """Return what is wrong with the first line that is no object; the engine reads in pieces and miscounts lines."""
    if _first_character(source) == "[":
        return None
    with (
        pa.input_stream(str(source.path), compression=source.compression) as stream,
        io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace") as text,
    ):
        for number, line in enumerate(text, start=1):
            try:
                row = json.loads(line) if line.strip() else {}
            except ValueError as error:
                return f"{source.name}, line {number}: not JSON: {error}"
            if not isinstance(row, dict):
                return f"{source.name}, line {number}: expected an object, found {line[:40].strip()}"
    return None


def _first_character(source: SourceFile) -> str:
    with pa.input_stream(str(source.path), compression=source.compression) as stream:
        while block := stream.read(4096):
            if text := block.decode("utf-8-sig", errors="replace").strip():
                return str(text[0])
    raise DataError(f"{source.name} is empty; each line should be a JSON object")


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

"""Rows of JSON Lines files, read by DuckDB as text and typed like any other text."""

import glob
from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

from slipway.contracts.errors import DataError
from slipway.ingest.cells import ALL_TYPES, clean, converted, infer, narrowest
from slipway.ingest.config import ColumnType, IngestConfig
from slipway.ingest.rows import Batches, Reading, check_names
from slipway.ingest.sources import SourceFile

_BATCH_ROWS = 65_536
_QUOTED: frozenset[ColumnType] = frozenset({"timestamp", "string"})


def jsonl_readings(sources: Sequence[SourceFile], config: IngestConfig) -> Iterator[Reading]:
    """The one way to read the files: a pass for the keys, one for the types, one for the rows.

    A key that a row lacks is a missing value there. A quoted value is text or a timestamp, never a number.

    Raises:
        DataError: a file is empty or no JSON Lines, or a value is a list or an object.
    """
    table = _JsonTable(sources, config)
    types = table.types()
    yield Reading(types, lambda columns: table.batches(columns, types))


class _JsonTable:
    """JSON Lines files; their columns are the keys of all rows, in the order in which they turn up."""

    def __init__(self, sources: Sequence[SourceFile], config: IngestConfig) -> None:
        self._sources = sources
        self._config = config
        self._null_values = pa.array(config.null_values, pa.string())
        self._keys = {source.name: self._read_keys(source) for source in sources}
        self._names = list(dict.fromkeys(name for source in sources for name in self._keys[source.name]))

    def types(self) -> dict[str, ColumnType]:
        """The narrowest type of each column, or the one that the config gives it."""
        given = self._config.column_types
        skipped = set(self._config.exclude_columns) - {self._config.group_column, self._config.time_column}
        names = [name for name in self._names if name not in skipped]
        quoted = {name for source in self._sources for name in self._quoted(source, names)}
        found = {name: _QUOTED if name in quoted else ALL_TYPES for name in names if name not in given}
        for source in self._sources:
            found = infer(self._text(source, list(found)), found, self._null_values, self._config.timestamp_formats)
        return {
            name: given.get(name) or (narrowest(found[name]) if name in found else "string") for name in self._names
        }

    def batches(self, columns: Sequence[str], types: dict[str, ColumnType]) -> Batches:
        """The rows of every file, in order."""
        for source in self._sources:
            for batch in self._text(source, columns):
                arrays = [self._stored(batch[name], types[name], name, source) for name in columns]
                yield source, pa.RecordBatch.from_arrays(arrays, names=list(columns))

    def _stored(self, column: pa.Array, kind: ColumnType, name: str, source: SourceFile) -> pa.Array:
        try:
            return converted(clean(column, self._null_values), kind, self._config.timestamp_formats)
        except pa.ArrowInvalid as error:
            raise DataError(f"column {name!r} of {source.name} cannot be read as {kind}: {error}") from error

    def _read_keys(self, source: SourceFile) -> list[str]:
        if _first_character(source) not in ("{", "["):
            raise DataError(f'{source.name} holds no JSON objects; each line should be one, such as {{"age": 39}}')
        with duckdb.connect() as engine:
            engine.execute("SET threads = 1")  # several would find the keys in a varying order
            described = _query(engine, source, "SELECT * FROM {rows} LIMIT 0").description or ()
        names = [str(column[0]) for column in described]
        check_names(names, source)
        return names

    def _quoted(self, source: SourceFile, names: Sequence[str]) -> list[str]:
        """The columns in which some value is quoted and not missing; DataError when one is a list or an object."""
        present = [name for name in names if name in self._keys[source.name]]
        if not present:
            return []
        markers = ", ".join(_literal(marker) for marker in self._config.null_values) or "NULL"
        parts = []
        for name in present:
            key = _identifier(name)
            text = f"trim({key} ->> '$', ' ' || chr(9) || chr(10) || chr(13))"
            parts.append(f"coalesce(bool_or(json_type({key}) = 'VARCHAR' AND {text} NOT IN ({markers})), false)")
            parts.append(f"coalesce(bool_or(json_type({key}) IN ('OBJECT', 'ARRAY')), false)")
        with duckdb.connect() as engine:
            row = _query(engine, source, f"SELECT {', '.join(parts)} FROM {{rows}}").fetchone()
        assert row is not None  # an aggregate has one row
        nested = [name for name, is_nested in zip(present, row[1::2], strict=True) if is_nested]
        if nested:
            raise DataError(f"column {nested[0]!r} of {source.name} holds lists or objects; flatten it or exclude it")
        return [name for name, is_quoted in zip(present, row[::2], strict=True) if is_quoted]

    def _text(self, source: SourceFile, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        if not columns:
            return
        keys = self._keys[source.name]
        parts = [f"{_identifier(name)} ->> '$'" if name in keys else "NULL::VARCHAR" for name in columns]
        schema = pa.schema([(name, pa.string()) for name in columns])
        with duckdb.connect() as engine:
            result = _query(engine, source, f"SELECT {', '.join(parts)} FROM {{rows}}")
            try:
                for batch in result.to_arrow_reader(_BATCH_ROWS):
                    yield batch.rename_columns(list(columns)).cast(schema)
            except duckdb.Error as error:
                raise _unreadable(source, error) from error


def _query(engine: duckdb.DuckDBPyConnection, source: SourceFile, query: str) -> duckdb.DuckDBPyConnection:
    layout = "array" if _first_character(source) == "[" else "newline_delimited"
    path = _literal(glob.escape(str(source.path)))
    rows = (
        f"read_json({path}, format = '{layout}', sample_size = -1, maximum_depth = 1,"
        f" compression = '{source.compression or 'none'}')"
    )
    try:
        return engine.execute(query.replace("{rows}", rows))
    except duckdb.Error as error:
        raise _unreadable(source, error) from error


def _unreadable(source: SourceFile, error: duckdb.Error) -> DataError:
    first_line = str(error).strip().splitlines()[0].replace(str(source.path), source.name)
    return DataError(f"{source.name} cannot be read as JSON Lines: {first_line}")


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

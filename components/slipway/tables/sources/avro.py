"""Avro files: records of simple fields; the types of their schemas count, brought to those that are stored."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from slipway.contracts.errors import DataError
from slipway.contracts.tables import ColumnType
from slipway.tables.source import Batches, NoSettings, Reading, ReadingOptions, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from slipway.tables.source_files import SourceFile


def read(files: Sequence[SourceFile], options: ReadingOptions, _settings: NoSettings) -> Iterator[Reading]:
    """Yield the one way to read the files.

    Raises:
        DataError: a file is no Avro, the files have different columns, or a column is of a type that no step reads.
    """
    from slipway.tables.typed_rows import column_types

    types = column_types([_schema(file) for file in files], files, options)
    yield Reading(types, lambda columns: _batches(files, columns, types, options))


def _batches(
    files: Sequence[SourceFile], columns: Sequence[str], types: Mapping[str, ColumnType], options: ReadingOptions
) -> Batches:
    import pyarrow as pa

    from slipway.tables.row_groups import batch_rows
    from slipway.tables.typed_rows import stored_batch

    null_values = pa.array(options.null_values, pa.string())
    for file in files:
        schema = _schema(file)
        with _records(file) as records:
            while rows := list(itertools.islice(records, batch_rows(len(columns)))):
                arrays = [_column(rows, schema.field(name)) for name in columns]
                batch = pa.RecordBatch.from_arrays(arrays, names=list(columns))
                yield file, stored_batch(batch, columns, types, options, file, null_values)


def _column(rows: Sequence[Mapping[str, Any]], field: pa.Field) -> pa.Array:
    import pyarrow as pa

    values = [row[field.name] for row in rows]
    if pa.types.is_string(field.type):
        values = [None if value is None else str(value) for value in values]  # a UUID among others
    return pa.array(values, field.type)


def _schema(file: SourceFile) -> pa.Schema:
    """Return the Arrow types of a file's fields."""
    import fastavro.schema
    import pyarrow as pa

    with _records(file) as records:
        schema = fastavro.schema.expand_schema(records.writer_schema)
    if not isinstance(schema, dict) or schema["type"] != "record":
        raise DataError(f"{file.name} holds no Avro records, but {schema!r}")
    return pa.schema([(field["name"], _arrow_type(field["type"])) for field in schema["fields"]])


def _arrow_type(kind: Any) -> pa.DataType:
    """Return what Arrow calls an Avro type; a list of nothing for one that no column can have."""
    import pyarrow as pa

    if isinstance(kind, list):
        found = list(dict.fromkeys(_arrow_type(one) for one in kind if one != "null"))
        if set(found) == {pa.int64(), pa.float64()}:
            return pa.float64()
        return found[0] if len(found) == 1 else pa.list_(pa.null()) if found else pa.null()
    details = kind if isinstance(kind, dict) else {"type": kind}
    if details.get("logicalType") == "decimal":
        return pa.decimal128(details["precision"], details.get("scale", 0))
    logical = {
        "date": pa.date32(),
        "time-millis": pa.time64("us"),
        "time-micros": pa.time64("us"),
        "timestamp-millis": pa.timestamp("us", "UTC"),
        "timestamp-micros": pa.timestamp("us", "UTC"),
        "local-timestamp-millis": pa.timestamp("us"),
        "local-timestamp-micros": pa.timestamp("us"),
    }
    plain = {
        "null": pa.null(),
        "boolean": pa.bool_(),
        "int": pa.int64(),
        "long": pa.int64(),
        "float": pa.float64(),
        "double": pa.float64(),
        "string": pa.string(),
        "enum": pa.string(),
        "bytes": pa.binary(),
        "fixed": pa.binary(),
    }
    if isinstance(details["type"], dict | list):
        return _arrow_type(details["type"])
    return logical.get(details.get("logicalType", "")) or plain.get(details["type"], pa.list_(pa.null()))


@contextmanager
def _records(file: SourceFile) -> Iterator[Any]:
    """Open a file as an iterator of records; DataError for what is no Avro, or broken."""
    import fastavro
    import pyarrow as pa

    try:
        with pa.input_stream(str(file.path), compression=file.compression) as stream:
            yield fastavro.reader(stream)
    except (ValueError, EOFError, OSError, IndexError, KeyError, fastavro.schema.SchemaParseException) as error:
        raise DataError(f"{file.name} cannot be read as Avro: {error}") from error


ENTRY = Source(suffixes=(".avro",), read=read)

"""Rows that come with types of their own, as Parquet and Avro have them, brought to the types that are stored."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from slipway.contracts.errors import DataError
from slipway.contracts.tables import ColumnType
from slipway.tables.cells import ARROW_TYPES, clean, convert, to_microseconds, without_nan
from slipway.tables.column_names import check_names, check_same_names
from slipway.tables.source import ReadingOptions
from slipway.tables.source_files import SourceFile


def column_types(
    schemas: Sequence[pa.Schema], sources: Sequence[SourceFile], options: ReadingOptions
) -> dict[str, ColumnType]:
    """Return the type of each column that holds the values of every file, in the order of the first file.

    Raises:
        DataError: the files have different columns, or a column is of a type that no step reads.
    """
    names = list(schemas[0].names)
    for schema, source in zip(schemas, sources, strict=True):
        check_names(schema.names, source)
        check_same_names(names, schema.names, sources[0], source)
    return {
        name: "string" if name in options.unused else options.column_types.get(name) or _common(name, schemas, sources)
        for name in names
    }


def stored_batch(
    batch: pa.RecordBatch,
    columns: Sequence[str],
    types: Mapping[str, ColumnType],
    options: ReadingOptions,
    source: SourceFile,
    null_values: pa.Array,
) -> pa.RecordBatch:
    """Convert ``columns`` of a batch to what ``types`` are stored as.

    Args:
        batch: holds ``columns``.
        columns: to keep, in this order.
        types: of each column.
        options: how text becomes values.
        source: where the batch comes from, for messages.
        null_values: those of ``options`` as an array of strings.

    Raises:
        DataError: a value does not fit.
    """
    arrays = []
    for name in columns:
        try:
            arrays.append(_stored(batch[name], types[name], null_values, options))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(f"column {name!r} of {source.name} cannot be read as {types[name]}: {error}") from error
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def _common(name: str, schemas: Sequence[pa.Schema], sources: Sequence[SourceFile]) -> ColumnType:
    """Return the type that holds every file's values of a column; a column without values anywhere is text."""
    found: dict[ColumnType, SourceFile] = {}
    for schema, source in zip(schemas, sources, strict=True):
        if not pa.types.is_null(schema.field(name).type):
            found.setdefault(_kind(schema.field(name).type, name, source), source)
    if set(found) == {"int64", "double"}:
        return "double"
    if len(found) > 1:
        listed = " and ".join(f"{kind} in {source.name}" for kind, source in found.items())
        raise DataError(f"column {name!r} is {listed}; write one type, or choose one in column_types")
    return next(iter(found), "string")


def _kind(kind: pa.DataType, name: str, source: SourceFile) -> ColumnType:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_boolean(kind):
        return "bool"
    if pa.types.is_integer(kind):
        return "double" if kind == pa.uint64() else "int64"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "double"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "timestamp"
    if any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)):
        return "string"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_time(kind):
        return "string"
    raise DataError(f"column {name!r} of {source.name} is {kind}, which no step reads; flatten it or exclude it")


def _stored(column: pa.Array, kind: ColumnType, null_values: pa.Array, options: ReadingOptions) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if kind == "timestamp" and pa.types.is_temporal(column.type):
        return to_microseconds(column)
    if kind == "string" or not (_is_number(column.type) or column.type == ARROW_TYPES[kind]):
        return convert(clean(pc.cast(column, pa.string()), null_values), kind, options.timestamp_formats)
    return without_nan(pc.cast(column, ARROW_TYPES[kind], safe=kind != "double"))


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )

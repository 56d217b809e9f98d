"""Rows of Parquet files: the types of the files count, brought to those that are stored."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from slipway.contracts.errors import DataError
from slipway.steps.ingest.cells import ARROW_TYPES, clean, converted, without_nan
from slipway.steps.ingest.config import ColumnType, IngestConfig
from slipway.steps.ingest.rows import Batches, Reading, batch_rows, check_names, check_same_names
from slipway.steps.ingest.sources import SourceFile

_PAGE_BUFFER_BYTES = 64 << 10  # without it whole column chunks are read, as large as whoever wrote the file chose


def parquet_readings(sources: Sequence[SourceFile], config: IngestConfig) -> Iterator[Reading]:
    """The one way to read the files.

    Raises:
        DataError: a file is no Parquet, the files have different columns, or a column is of a type that no step reads.
    """
    schemas = [_schema(source) for source in sources]
    names = list(schemas[0].names)
    for schema, source in zip(schemas, sources, strict=True):
        check_names(schema.names, source)
        check_same_names(names, schema.names, sources[0], source)
    skipped = set(config.exclude_columns) - {config.group_column, config.time_column}
    types: dict[str, ColumnType] = {
        name: "string" if name in skipped else config.column_types.get(name) or _common(name, schemas, sources)
        for name in names
    }
    yield Reading(types, lambda columns: _batches(sources, columns, types, config))


def _schema(source: SourceFile) -> pa.Schema:
    try:
        with pq.ParquetFile(source.path) as file:
            return file.schema_arrow
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{source.name} cannot be read as Parquet: {error}") from error


def _common(name: str, schemas: Sequence[pa.Schema], sources: Sequence[SourceFile]) -> ColumnType:
    """The type that holds every file's values of a column; a column without values anywhere is text."""
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


def _batches(
    sources: Sequence[SourceFile], columns: Sequence[str], types: dict[str, ColumnType], config: IngestConfig
) -> Batches:
    null_values = pa.array(config.null_values, pa.string())
    for source in sources:
        try:
            with pq.ParquetFile(source.path, buffer_size=_PAGE_BUFFER_BYTES) as file:
                for batch in file.iter_batches(batch_size=batch_rows(len(columns)), columns=list(columns)):
                    arrays = [_stored(batch, name, types[name], null_values, config, source) for name in columns]
                    yield source, pa.RecordBatch.from_arrays(arrays, names=list(columns))
        except OSError as error:
            raise DataError(f"{source.name} cannot be read as Parquet: {error}") from error


def _stored(
    batch: pa.RecordBatch,
    name: str,
    kind: ColumnType,
    null_values: pa.Array,
    config: IngestConfig,
    source: SourceFile,
) -> pa.Array:
    column = batch[name]
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        if kind == "timestamp" and pa.types.is_temporal(column.type):
            return _microseconds(column)
        if kind == "string" or not (_is_number(column.type) or column.type == ARROW_TYPES[kind]):
            return converted(clean(pc.cast(column, pa.string()), null_values), kind, config.timestamp_formats)
        return without_nan(pc.cast(column, ARROW_TYPES[kind], safe=kind != "double"))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"column {name!r} of {source.name} cannot be read as {kind}: {error}") from error


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def _microseconds(moments: pa.Array) -> pa.Array:
    if not pa.types.is_timestamp(moments.type):
        return pc.cast(moments, pa.timestamp("us"))
    return pc.cast(pc.cast(moments, pa.timestamp("us", moments.type.tz), safe=False), pa.timestamp("us"))

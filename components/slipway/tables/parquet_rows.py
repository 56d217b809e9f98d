"""Rows of Parquet files: the types of the files count, brought to those that are stored."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from slipway.contracts.errors import DataError
from slipway.contracts.tables import ColumnType
from slipway.tables.row_groups import batch_rows
from slipway.tables.source import Batches, Reading, ReadingOptions
from slipway.tables.source_files import SourceFile
from slipway.tables.typed_rows import column_types, stored_batch

_PAGE_BUFFER_BYTES = 64 << 10  # without it whole column chunks are read, as large as whoever wrote the file chose


def parquet_readings(sources: Sequence[SourceFile], options: ReadingOptions) -> Iterator[Reading]:
    """Yield the one way to read the files.

    Raises:
        DataError: a file is no Parquet, the files have different columns, or a column is of a type that no step reads.
    """
    schemas = [_schema(source) for source in sources]
    types = column_types(schemas, sources, options)
    yield Reading(types, lambda columns: _batches(sources, columns, types, options))


def _schema(source: SourceFile) -> pa.Schema:
    try:
        with pq.ParquetFile(source.path) as file:
            return file.schema_arrow
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{source.name} cannot be read as Parquet: {error}") from error


def _batches(
    sources: Sequence[SourceFile], columns: Sequence[str], types: dict[str, ColumnType], options: ReadingOptions
) -> Batches:
    null_values = pa.array(options.null_values, pa.string())
    for source in sources:
        try:
            with pq.ParquetFile(source.path, buffer_size=_PAGE_BUFFER_BYTES) as file:
                for batch in file.iter_batches(batch_size=batch_rows(len(columns)), columns=list(columns)):
                    yield source, stored_batch(batch, columns, types, options, source, null_values)
        except OSError as error:
            raise DataError(f"{source.name} cannot be read as Parquet: {error}") from error

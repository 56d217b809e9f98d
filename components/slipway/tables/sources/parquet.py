"""Parquet files: their own types count, brought to those that are stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from slipway.tables.source import NoSettings, Reading, ReadingOptions, Source

if TYPE_CHECKING:
    from slipway.tables.source_files import SourceFile


def read(files: Sequence[SourceFile], options: ReadingOptions, _settings: NoSettings) -> Iterator[Reading]:
    """Yield the one way to read the files."""
    from slipway.tables.parquet_rows import parquet_readings

    return parquet_readings(files, options)


ENTRY = Source(suffixes=(".parquet", ".pq"), read=read)

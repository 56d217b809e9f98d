"""JSON Lines files: an object a line, or one list of objects; their keys are the columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from slipway.tables.source import NoSettings, Reading, ReadingOptions, Source

if TYPE_CHECKING:
    from slipway.tables.source_files import SourceFile


def read(files: Sequence[SourceFile], options: ReadingOptions, _settings: NoSettings) -> Iterator[Reading]:
    """Yield the one way to read the files."""
    # Imported here, since DuckDB takes longer to import than a small CSV file to read.
    from slipway.tables.json_rows import json_readings

    return json_readings(files, options)


ENTRY = Source(suffixes=(".jsonl", ".ndjson", ".json"), read=read)

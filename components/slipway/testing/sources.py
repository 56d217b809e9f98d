"""What every source keeps: see ``slipway.tables.source``. Runs where Arrow is."""

import tempfile
from dataclasses import is_dataclass
from pathlib import Path

from slipway.contracts.errors import DataError, InputError
from slipway.tables.source import SOURCES, ReadingOptions, Source, WrongGuessError
from slipway.tables.source_files import SourceFile


def check_suffixes_are_its_own(name: str, source: Source) -> None:
    """Look whether a file's name tells the source."""
    assert source.suffixes, name
    for suffix in source.suffixes:
        assert suffix.startswith("."), f"{name}: {suffix}"
        assert suffix == suffix.lower(), f"{name}: {suffix}"
        others = [other for other, entry in SOURCES.items() if suffix in entry.suffixes and other != name]
        assert others == [], f"{name} and {others} both claim {suffix}"


def check_settings_have_defaults(name: str, source: Source) -> None:
    """Look at the dataclass of the settings."""
    assert is_dataclass(source.Settings())


def check_what_is_no_such_file_is_an_error_of_the_data(name: str, source: Source) -> None:
    """Look at bytes that are no table, and at no bytes."""
    for content in (b"\x00\xff\xfe\x01" * 50, b""):
        try:
            rows = _rows_read(source, content)
        except (DataError, InputError):
            continue
        raise AssertionError(f"{name} reads {rows} rows from {content[:8]!r}")


def _rows_read(source: Source, content: bytes) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows{source.suffixes[0]}"
        path.write_bytes(content)
        file = SourceFile(path=path, name=str(path), suffix=source.suffixes[0], compression=None)
        options = ReadingOptions(null_values=("",), column_types={})
        for reading in source.read([file], options, source.Settings()):
            try:
                return sum(batch.num_rows for _, batch in reading.batches(list(reading.types)))
            except WrongGuessError:
                continue
    raise AssertionError("the last way to read raises WrongGuessError")

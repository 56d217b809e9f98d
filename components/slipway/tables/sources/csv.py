"""CSV files, and others of fields between delimiters; the first line names the columns unless it is said otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slipway.contracts.errors import InputError
from slipway.tables.source import Reading, ReadingOptions, Source

if TYPE_CHECKING:
    from slipway.tables.source_files import SourceFile


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvSettings:
    """Settings of csv.

    Attributes:
        delimiter: between fields, one character; None is a comma, or a tab for ``.tsv``.
        encoding: as Python names it.
        column_names: of files without a header line; empty when the first line is the header.
    """

    delimiter: str | None = None
    encoding: str = "utf-8"
    column_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise InputError(f"delimiter must be one character, got {self.delimiter!r}")
        try:
            "".encode(self.encoding)
        except LookupError:
            raise InputError(f"encoding {self.encoding!r} is unknown; utf-8 and latin-1 are known") from None


def read(files: Sequence[SourceFile], options: ReadingOptions, settings: CsvSettings) -> Iterator[Reading]:
    """Yield a reading by types guessed from the first rows, then one by types found in all rows."""
    from slipway.tables.csv_files import CsvFile
    from slipway.tables.csv_rows import csv_readings

    parsed = [
        CsvFile(
            file,
            delimiter=settings.delimiter or ("\t" if file.suffix == ".tsv" else ","),
            encoding=settings.encoding,
            column_names=settings.column_names,
            null_values=options.null_values,
        )
        for file in files
    ]
    return csv_readings(parsed, options)


ENTRY = Source(suffixes=(".csv", ".tsv", ".txt", ".data"), read=read, Settings=CsvSettings)

"""Which files hold the rows, of which source they are, and the splits that the rows of each are divided among."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.documents import parse
from slipway.contracts.tables import EVAL, SPLITS, TEST
from slipway.steps.ingest.config import IngestConfig
from slipway.tables.source import SOURCES, Batches, Reading, ReadingOptions, source_name
from slipway.tables.source_files import SourceFile, files_at


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFiles:
    """The files to read, all of one source.

    Attributes:
        source: a name in the registry of sources.
        splits: of each file in the order in which they are read, the splits that its rows are divided among.
    """

    source: str
    splits: Mapping[SourceFile, tuple[str, ...]]

    @property
    def names(self) -> str:
        """The files, for messages."""
        first, *others = self.splits
        return f"{first.name} and {len(others)} more" if others else first.name


def find_sources(config: IngestConfig, downloads: Path) -> SourceFiles:
    """Find the files that the config names.

    Args:
        config: names the URIs.
        downloads: a folder for copies of remote objects; it need not exist.

    Raises:
        InputError: nothing is there, or the format cannot be told or differs between files.
        TransientError: a remote service did not answer.
    """
    remaining = tuple(split for split in SPLITS if split not in config.split_uris)
    uris = [
        (config.data_uri, (config.only_split,) if config.only_split else remaining),
        *((config.split_uris[s], (s,)) for s in (EVAL, TEST) if s in config.split_uris),
    ]
    splits = {
        file: allowed for index, (uri, allowed) in enumerate(uris) for file in files_at(uri, downloads / str(index))
    }
    return SourceFiles(source=source_name(list(splits), config.format), splits=splits)


def readings_of(files: SourceFiles, config: IngestConfig) -> Iterator[Reading]:
    """Yield ways to read the files, the fastest first; see ``slipway.tables.source.Source``.

    Raises:
        InputError: the config has settings that the source does not have.
        DataError: the files cannot be read.
    """
    source = SOURCES.get(files.source)
    options = ReadingOptions(
        null_values=config.null_values,
        timestamp_formats=config.timestamp_formats,
        column_types=config.column_types,
        unused=frozenset(config.exclude_columns) - {config.group_column, config.time_column},
    )
    return source.read(list(files.splits), options, parse(source.Settings, config.settings_of(files.source)))


def limit_rows(batches: Batches, max_rows: int | None, files: SourceFiles) -> Batches:
    """Yield at most ``max_rows`` rows of each group of files that is divided among the same splits."""
    if max_rows is None:
        yield from batches
        return
    left = dict.fromkeys(files.splits.values(), max_rows)
    for file, batch in batches:
        kept = batch.slice(0, left[files.splits[file]])
        left[files.splits[file]] -= kept.num_rows
        yield file, kept
        if not any(left.values()):
            return

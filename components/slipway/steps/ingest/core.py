"""Rows from files or URIs to Parquet splits, in bounded memory."""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.contracts.documents import write_document
from slipway.contracts.errors import DataError
from slipway.contracts.tables import SPLITS, TRAIN, Column, Manifest, TableFile, TableFolder, table_digest
from slipway.steps.ingest.cells import ARROW_TYPES
from slipway.steps.ingest.config import Format, IngestConfig
from slipway.steps.ingest.csv_rows import csv_readings
from slipway.steps.ingest.parquet_rows import parquet_readings
from slipway.steps.ingest.ranked import RankedFile
from slipway.steps.ingest.rows import Batches, Reading, WrongGuessError, require_column
from slipway.steps.ingest.sources import SourceFile, find_sources
from slipway.steps.ingest.splits import HashSplitter, Splitter, moments, time_splitter
from slipway.storage.downloads import public_address
from slipway.storage.folders import atomic_folder
from slipway.tables.prefetch import prefetch
from slipway.tables.row_groups import indices_of, row_bytes
from slipway.tables.split_files import SplitWriter, WriteQueue

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What was written.

    Attributes:
        manifest: the files and columns.
        files_read: how many files the rows came from.
        rows_without_label: rows that were dropped because their label is missing.
        split_by: how rows were assigned, for people; empty when they were not split.
    """

    manifest: Manifest
    files_read: int
    rows_without_label: int
    split_by: str

    def rows(self, split: str | None = None) -> int:
        """Rows of a split, or of all."""
        return sum(self.manifest.rows(name) for name in SPLITS if split in (None, name))


def ingest_table(config: IngestConfig, root: Path) -> Ingested:
    """Read what ``config`` names, split it, and publish it at ``root`` as a TableFolder.

    Remote objects are first copied to the system's temporary folder. Equal files and settings give equal bytes.

    Raises:
        InputError: nothing can be read at a URI, or a column that the config names does not exist.
        DataError: the rows cannot be used: none, ragged ones, a label with one value, an empty split.
        TransientError: a remote service did not answer.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-ingest-") as name:
        scratch = Path(name)
        kind, sources = find_sources(config, scratch / "downloads")
        for reading in _readings(kind, sources, config):
            _check_columns(config, reading)
            try:
                with atomic_folder(root) as folder:
                    return _write(reading, config, sources, TableFolder(folder), scratch)
            except WrongGuessError:
                continue
    raise AssertionError("the last reading of a format has no guess left to be wrong")


def _readings(kind: Format, sources: Sequence[SourceFile], config: IngestConfig) -> Iterator[Reading]:
    if kind == "csv":
        return csv_readings(sources, config)
    if kind == "parquet":
        return parquet_readings(sources, config)
    # Imported here, since DuckDB takes longer to import than a small CSV file to read.
    from slipway.steps.ingest.jsonl_rows import jsonl_readings

    return jsonl_readings(sources, config)


def _check_columns(config: IngestConfig, reading: Reading) -> None:
    named = [(config.label, "label")] if config.label else []
    named += [(config.group_column, "group_column")] if config.group_column is not None else []
    named += [(config.time_column, "time_column")] if config.time_column is not None else []
    named += [(name, "exclude_columns:") for name in config.exclude_columns]
    named += [(name, "column_types:") for name in config.column_types]
    for name, role in named:
        require_column(name, reading.types, role)
    if set(reading.types) - {config.label} <= set(config.exclude_columns):
        raise DataError("no column is left beside the label; a model needs at least one")


def _write(
    reading: Reading, config: IngestConfig, sources: Sequence[SourceFile], folder: TableFolder, scratch: Path
) -> Ingested:
    stored = tuple(name for name in reading.types if name not in config.exclude_columns)
    keys = [name for name in (config.group_column, config.time_column) if name is not None and name not in stored]
    splitter, split_by = _splitter(reading, config, sources, stored, scratch)
    label = _LabelCheck(config.label)
    with ExitStack() as stack, WriteQueue() as queue:
        writers = {split: stack.enter_context(SplitWriter(folder.root, split, queue)) for split in SPLITS}
        batches = prefetch(_limited(reading.batches([*stored, *keys]), config.max_rows, sources))
        for source, batch in stack.enter_context(closing(batches)):
            labelled = label.labelled(batch)
            indices = splitter.assign(labelled, source.splits)
            kept = labelled.select(list(stored))
            sizes = row_bytes(kept)
            for index, split in enumerate(SPLITS):
                # Copied for each split, since slices would hold a batch until the smallest split has a row group.
                places = np.flatnonzero(indices == index)
                rows = kept.take(indices_of(places))
                writers[split].add(rows, sizes[places])
                label.note(rows, split)
        label.refuse_if_useless(sources)
        wanted = {split: writer for split, writer in writers.items() if config.only_split in (None, split)}
        for writer in wanted.values():
            writer.flush()
        files = {split: _finished(writer, split, split_by, config) for split, writer in wanted.items()}
    columns = tuple(Column(name=name, type=str(ARROW_TYPES[reading.types[name]])) for name in stored)
    address = public_address(config.data_uri)
    manifest = Manifest(splits=files, columns=columns, source=address, digest=table_digest(columns, files))
    write_document(manifest, folder.manifest_path)
    logger.info("wrote %s rows of %d columns from %s", {s: w.rows for s, w in writers.items()}, len(columns), address)
    return Ingested(manifest, len(sources), label.dropped, split_by)


def _splitter(
    reading: Reading, config: IngestConfig, sources: Sequence[SourceFile], stored: tuple[str, ...], scratch: Path
) -> tuple[Splitter, str]:
    fractions = (config.train_fraction, config.eval_fraction, config.test_fraction)
    if config.time_column is None:
        by = f"hash of {config.group_column}" if config.group_column is not None else "hash of the row"
        return HashSplitter(stored, config.group_column, fractions), "" if config.only_split else by
    columns = [config.time_column, *([config.label] if config.label not in ("", config.time_column) else [])]
    label, times = _LabelCheck(config.label), RankedFile(scratch / "times")
    for _, batch in _limited(reading.batches(columns), config.max_rows, sources):
        times.add(moments(label.labelled(batch)[config.time_column], config.time_column))
    if not times.count:
        raise DataError(f"{public_address(config.data_uri)} has no rows to split")
    return time_splitter(times, config), f"time in {config.time_column}"


def _limited(batches: Batches, most: int | None, sources: Sequence[SourceFile]) -> Batches:
    """At most so many rows of each group of files that is split alike."""
    if most is None:
        yield from batches
        return
    left = dict.fromkeys((source.splits for source in sources), most)
    for source, batch in batches:
        kept = batch.slice(0, left[source.splits])
        left[source.splits] -= kept.num_rows
        yield source, kept
        if not any(left.values()):
            return


class _LabelCheck:
    """Drops rows without a label and remembers whether the others can be learned from."""

    def __init__(self, label: str) -> None:
        self.dropped = 0
        self._rows = 0
        self._label = label
        self._train_values: set[object] = set()

    def labelled(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows that have a label; all when there is none to predict."""
        self._rows += batch.num_rows
        if not self._label or not batch[self._label].null_count:
            return batch
        self.dropped += batch[self._label].null_count
        return batch.filter(pc.is_valid(batch[self._label]))

    def note(self, rows: pa.RecordBatch, split: str) -> None:
        """Look at the labels of written rows."""
        if self._label and split == TRAIN and len(self._train_values) < 2:
            self._train_values |= set(pc.unique(rows[self._label])[:2].to_pylist())

    def refuse_if_useless(self, sources: Sequence[SourceFile]) -> None:
        """Raise DataError when there are no rows, or all labels of the train split are one value."""
        names = sources[0].name if len(sources) == 1 else f"{sources[0].name} and {len(sources) - 1} more"
        if not self._rows:
            raise DataError(f"{names} has no rows, only the names of columns")
        if self._rows == self.dropped:
            raise DataError(f"the label {self._label!r} is missing in all {self._rows} rows of {names}")
        if self._label and len(self._train_values) == 1:
            (value,) = self._train_values
            raise DataError(
                f"the label {self._label!r} has one value in the train split, {value!r}; two are needed to learn from"
            )


def _finished(writer: SplitWriter, split: str, split_by: str, config: IngestConfig) -> tuple[TableFile, ...]:
    files = writer.close()
    if not writer.rows:
        fraction = {"train": config.train_fraction, "eval": config.eval_fraction, "test": config.test_fraction}[split]
        given = config.split_uris.get(split)  # type: ignore[call-overload]
        why = (
            f"{given} has no rows" if given else f"split by {split_by}, a fraction of {fraction:g} of them was too few"
        )
        raise DataError(f"the {split} split is empty: {why}; give more rows or other fractions")
    return files

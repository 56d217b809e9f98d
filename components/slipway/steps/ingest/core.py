"""Rows from files or URIs to Parquet splits, in bounded memory."""

import logging
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slipway.contracts.documents import write_document
from slipway.contracts.errors import DataError
from slipway.contracts.tables import SPLITS, Column, Manifest, TableFile, TableFolder, table_digest
from slipway.steps.ingest.config import IngestConfig
from slipway.steps.ingest.labels import LabelFilter
from slipway.steps.ingest.sources import SourceFiles, find_sources, limit_rows, readings_of
from slipway.steps.ingest.splits import HashSplitter, Splitter, time_splitter, time_values
from slipway.steps.ingest.summary import markdown_summary
from slipway.storage.downloads import public_address
from slipway.storage.folders import move_into_place, staging_folder
from slipway.tables.cells import ARROW_TYPES
from slipway.tables.column_names import require_column
from slipway.tables.order_statistics import OrderStatistics
from slipway.tables.prefetch import prefetch
from slipway.tables.row_groups import indices_of, row_bytes
from slipway.tables.source import Batches, Reading, WrongGuessError
from slipway.tables.split_files import SplitWriter, WriteQueue

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What ingest works with; the rows are named by the config.

    Attributes:
        workspace: a folder that does not exist, on the file system of the outputs; the table is staged there.
    """

    workspace: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where ingest writes: a TableFolder, and Markdown for people."""

    examples: Path
    summary: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was read.

    Attributes:
        manifest: the files and columns.
        files_read: how many files the rows came from.
        rows_without_label: rows that were dropped because their label is missing.
        split_by: how rows were assigned, for people; empty when they were not split.
        workspace: holds the table until it is written.
    """

    manifest: Manifest
    files_read: int
    rows_without_label: int
    split_by: str
    workspace: Path

    def rows(self, split: str | None = None) -> int:
        """Return the rows of a split, or of all."""
        return sum(self.manifest.rows(name) for name in SPLITS if split in (None, name))

    @property
    def metrics(self) -> dict[str, int]:
        """Scalars for the metrics artifact."""
        return {
            "rows": self.rows(),
            **{f"rows_{split}": self.rows(split) for split in SPLITS},
            "columns": len(self.manifest.columns),
            "rows_without_label": self.rows_without_label,
        }

    @property
    def facts(self) -> dict[str, str | int]:
        """What the examples' artifact says of itself."""
        return {"digest": self.manifest.digest, "rows": self.rows()}


def run(inputs: Inputs, config: IngestConfig) -> Result:
    """Read what ``config`` names, split it, and stage it in the workspace as a TableFolder.

    Remote objects are first copied to the system's temporary folder. Equal files and settings give equal bytes.

    Raises:
        InputError: nothing can be read at a URI, or a column that the config names does not exist.
        DataError: the rows cannot be used: none, ragged ones, a label with one value, an empty split.
        TransientError: a remote service did not answer.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-ingest-") as name:
        scratch = Path(name)
        files = find_sources(config, scratch / "downloads")
        for number, reading in enumerate(readings_of(files, config)):
            try:
                with staging_folder(inputs.workspace):
                    return _stage(_table(reading, files, config), inputs.workspace, scratch / f"times-{number}")
            except WrongGuessError:
                continue
    raise AssertionError("the last reading of a source has no guess left to be wrong")


def write(result: Result, outputs: Outputs) -> None:
    """Move the table from the workspace into place, and write the summary; the workspace is gone."""
    move_into_place(result.workspace, outputs.examples)
    outputs.summary.parent.mkdir(parents=True, exist_ok=True)
    outputs.summary.write_text(
        markdown_summary(result.manifest, result.files_read, result.rows_without_label, result.split_by),
        encoding="utf-8",
    )
    result.workspace.rmdir()


def _table(reading: Reading, files: SourceFiles, config: IngestConfig) -> "_Table":
    """Return the rows to read; InputError for a column that is not there, DataError when none but the label is."""
    named = [(config.label, "label")] if config.label else []
    named += [(config.group_column, "group_column")] if config.group_column is not None else []
    named += [(config.time_column, "time_column")] if config.time_column is not None else []
    named += [(name, "exclude_columns:") for name in config.exclude_columns]
    named += [(name, "column_types:") for name in config.column_types]
    for name, role in named:
        require_column(name, reading.types, role)
    if set(reading.types) - {config.label} <= set(config.exclude_columns):
        raise DataError("no column is left beside the label; a model needs at least one")
    stored = tuple(name for name in reading.types if name not in config.exclude_columns)
    return _Table(reading, files, config, stored)


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows to read: how, which of them, and the columns that are stored."""

    reading: Reading
    files: SourceFiles
    config: IngestConfig
    stored: tuple[str, ...]

    def batches(self, columns: Sequence[str]) -> Batches:
        """Yield the rows of some columns."""
        return limit_rows(self.reading.batches(columns), self.config.max_rows, self.files)


def _stage(table: _Table, workspace: Path, scratch: Path) -> Result:
    config, types = table.config, table.reading.types
    splitter, split_by = _splitter(table, scratch)
    label = LabelFilter(config.label)
    written = _write_splits(table, splitter, label, workspace)
    for split, files in written.items():
        if not files:
            raise DataError(_why_empty(split, split_by, config))
    columns = tuple(Column(name=name, type=str(ARROW_TYPES[types[name]])) for name in table.stored)
    address = public_address(config.data_uri)
    manifest = Manifest(splits=written, columns=columns, source=address, digest=table_digest(columns, written))
    write_document(manifest, TableFolder(workspace).manifest_path)
    rows = {split: manifest.rows(split) for split in written}
    logger.info("read %s rows of %d columns from %s", rows, len(columns), address)
    return Result(
        manifest=manifest,
        files_read=len(table.files.splits),
        rows_without_label=label.dropped,
        split_by=split_by,
        workspace=workspace,
    )


def _write_splits(
    table: _Table, splitter: Splitter, label: LabelFilter, workspace: Path
) -> dict[str, tuple[TableFile, ...]]:
    """Write every row to its split; return the files of the splits that are wanted, none for one without rows."""
    config, files = table.config, table.files
    keys = [name for name in (config.group_column, config.time_column) if name is not None and name not in table.stored]
    with ExitStack() as stack, WriteQueue() as queue:
        writers = {split: stack.enter_context(SplitWriter(workspace, split, queue)) for split in SPLITS}
        batches = prefetch(table.batches([*table.stored, *keys]))
        for source, batch in stack.enter_context(closing(batches)):
            labelled = label.keep_labelled(batch)
            indices = splitter.assign(labelled, files.splits[source])
            kept = labelled.select(list(table.stored))
            sizes = row_bytes(kept)
            for index, split in enumerate(SPLITS):
                # Copied for each split, since slices would hold a batch until the smallest split has a row group.
                places = np.flatnonzero(indices == index)
                rows = kept.take(indices_of(places))
                writers[split].add(rows, sizes[places])
                label.note_written(rows, split)
        label.refuse_if_useless(files.names)
        wanted = {split: writer for split, writer in writers.items() if config.only_split in (None, split)}
        for writer in wanted.values():
            writer.flush()
        return {split: writer.close() for split, writer in wanted.items()}


def _splitter(table: _Table, scratch: Path) -> tuple[Splitter, str]:
    """Return what assigns rows to splits, and how, for people; by time, the rows are read once for it."""
    config = table.config
    fractions = (config.train_fraction, config.eval_fraction, config.test_fraction)
    if config.time_column is None:
        by = f"hash of {config.group_column}" if config.group_column is not None else "hash of the row"
        return HashSplitter(table.stored, config.group_column, fractions), "" if config.only_split else by
    columns = [config.time_column, *([config.label] if config.label not in ("", config.time_column) else [])]
    label, times = LabelFilter(config.label), OrderStatistics(scratch)
    for _, batch in table.batches(columns):
        times.add(time_values(label.keep_labelled(batch)[config.time_column], config.time_column))
    if not times.count:
        raise DataError(f"{public_address(config.data_uri)} has no rows to split")
    return time_splitter(times, config), f"time in {config.time_column}"


def _why_empty(split: str, split_by: str, config: IngestConfig) -> str:
    fraction = {"train": config.train_fraction, "eval": config.eval_fraction, "test": config.test_fraction}[split]
    given = config.split_uris.get(split)  # type: ignore[call-overload]
    why = f"{given} has no rows" if given else f"split by {split_by}, a fraction of {fraction:g} of them was too few"
    return f"the {split} split is empty: {why}; give more rows or other fractions"

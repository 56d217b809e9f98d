"""Rows of a table that a hash chooses, in bounded memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from slipway.contracts.documents import write_document
from slipway.contracts.errors import DataError
from slipway.contracts.tables import Manifest, TableFile, TableFolder, table_digest
from slipway.steps.sample.config import SampleConfig
from slipway.storage.folders import move_into_place, staging_folder
from slipway.tables.column_names import require_column
from slipway.tables.row_groups import row_bytes
from slipway.tables.row_hash import mix, row_hashes
from slipway.tables.split_files import SplitWriter, WriteQueue

_BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What sample reads.

    Attributes:
        examples: a table folder.
        workspace: a folder that does not exist, on the file system of the outputs; the sample is staged there.
    """

    examples: Path
    workspace: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where sample writes: a TableFolder."""

    sampled_examples: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was kept.

    Attributes:
        manifest: the files of the sample.
        rows_before: rows of the whole table.
        workspace: holds the sample until it is written.
    """

    manifest: Manifest
    rows_before: int
    workspace: Path

    @property
    def metrics(self) -> dict[str, int]:
        """Scalars for the metrics artifact."""
        by_split = {f"rows_{split}": self.manifest.rows(split) for split in self.manifest.splits}
        return {"rows_before": self.rows_before, "rows": sum(by_split.values()), **by_split}

    @property
    def facts(self) -> dict[str, str | int]:
        """What the sample's artifact says of itself."""
        return {"digest": self.manifest.digest, "rows": self.metrics["rows"]}


def run(inputs: Inputs, config: SampleConfig) -> Result:
    """Choose rows by a hash of their values, so that equal tables give equal samples whatever the order of the rows.

    Raises:
        InputError: ``config`` names a column that the table does not have.
        DataError: a split has no row left.
    """
    table = TableFolder(inputs.examples)
    manifest = table.manifest()
    names = [column.name for column in manifest.columns]
    if config.group_column is not None:
        require_column(config.group_column, names, "group_column")
    hashed = [config.group_column] if config.group_column is not None else names
    files: dict[str, tuple[TableFile, ...]] = {}
    with staging_folder(inputs.workspace) as folder, WriteQueue() as queue:
        for split in manifest.splits:
            sampled = not config.splits or split in config.splits
            chosen = SampleConfig(fraction=config.fraction if sampled else 1.0, seed=config.seed)
            files[split] = _write_split(table.files(split), folder, split, queue, hashed, chosen)
        kept = Manifest(
            splits=files,
            columns=manifest.columns,
            source=manifest.source,
            digest=table_digest(manifest.columns, files),
        )
        _refuse_empty(manifest, kept, config)
        write_document(kept, TableFolder(folder).manifest_path)
    rows = sum(manifest.rows(split) for split in manifest.splits)
    return Result(manifest=kept, rows_before=rows, workspace=inputs.workspace)


def write(result: Result, outputs: Outputs) -> None:
    """Move the sample from the workspace into place; the workspace is gone."""
    move_into_place(result.workspace, outputs.sampled_examples)
    result.workspace.rmdir()


def choose_rows(batch: pa.RecordBatch, columns: Sequence[str], fraction: float, seed: int) -> np.ndarray:
    """Return whether each row is kept: bool, shape (rows,).

    Args:
        batch: holds ``columns``.
        columns: rows that are equal here are kept or left out together.
        fraction: share of different values that is kept, in (0, 1].
        seed: mixed into the hash; rows are chosen independently of the splits of ingest, which use the hash itself.
    """
    hashes = row_hashes(batch, columns) + np.uint64(2 * seed + 1)
    largest = min(int(fraction * 2.0**64), 2**64 - 1)
    return np.asarray(mix(hashes) <= np.uint64(largest))


def _write_split(
    files: Sequence[Path], root: Path, split: str, queue: WriteQueue, columns: Sequence[str], config: SampleConfig
) -> tuple[TableFile, ...]:
    with SplitWriter(root, split, queue) as writer:
        for file in files:
            with pq.ParquetFile(file) as parquet:
                for batch in parquet.iter_batches(batch_size=_BATCH_ROWS):
                    kept = batch.filter(pa.array(choose_rows(batch, columns, config.fraction, config.seed)))
                    writer.add(kept, row_bytes(kept))
        return writer.close()


def _refuse_empty(before: Manifest, after: Manifest, config: SampleConfig) -> None:
    for split in before.splits:
        if before.rows(split) and not after.rows(split):
            raise DataError(
                f"no row of the {before.rows(split)} of split {split} is left at fraction={config.fraction:g}; "
                "a larger fraction, or splits without it, would keep some"
            )

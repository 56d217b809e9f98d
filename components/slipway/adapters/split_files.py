"""Parquet files of one split, written in pieces that do not depend on how the rows arrive."""

from concurrent.futures import Executor, Future
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from slipway.contracts.folders import file_digest
from slipway.contracts.tables import TableFile

_GROUP_ROWS = 131_072
_GROUP_BYTES = 128 << 20
_FILE_ROWS = 8 * _GROUP_ROWS


class SplitWriter:
    """Collects rows and writes them in row groups of a fixed size, two of at most ``group_bytes`` in memory.

    A full group is written by ``executor`` while the next is collected.
    """

    def __init__(self, root: Path, split: str, executor: Executor, group_bytes: int = _GROUP_BYTES) -> None:
        self.rows = 0
        self._root = root
        self._split = split
        self._executor = executor
        self._group_bytes = group_bytes
        self._writing: Future[None] | None = None
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._pending_bytes = 0
        self._writer: pq.ParquetWriter | None = None
        self._files: list[tuple[str, int]] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows; they reach the disk when a row group is full."""
        if not batch.num_rows:
            return
        self.rows += batch.num_rows
        self._pending.append(batch)
        self._pending_rows += batch.num_rows
        self._pending_bytes += batch.nbytes
        while self._pending_rows >= _GROUP_ROWS:
            self._flush(_GROUP_ROWS)
        if self._pending_bytes >= self._group_bytes:
            self._flush(self._pending_rows)

    def close(self) -> None:
        """Write what is left."""
        if self._pending_rows:
            self._flush(self._pending_rows)
        self._wait()
        self._close_file()

    def files(self) -> tuple[TableFile, ...]:
        """What was written, in order; call it after close."""
        return tuple(
            TableFile(
                path=path, rows=rows, bytes=(self._root / path).stat().st_size, sha256=file_digest(self._root / path)
            )
            for path, rows in self._files
        )

    def _flush(self, rows: int) -> None:
        table = pa.Table.from_batches(self._pending)
        rest = table.slice(rows)
        self._pending = rest.to_batches()
        self._pending_rows = rest.num_rows
        self._pending_bytes = rest.nbytes
        self._wait()
        self._writing = self._executor.submit(self._write, table.slice(0, rows))

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    def _write(self, group: pa.Table) -> None:
        if self._writer is None:
            path = f"{self._split}/part-{len(self._files):05d}.parquet"
            (self._root / self._split).mkdir(exist_ok=True)
            self._writer = _writer(self._root / path, group.schema)
            self._files.append((path, 0))
        # Pages end where chunks end, so that the bytes would depend on the parser's blocks.
        self._writer.write_table(group.combine_chunks(), row_group_size=_GROUP_ROWS)
        path, written = self._files[-1]
        self._files[-1] = (path, written + group.num_rows)
        if written + group.num_rows >= _FILE_ROWS:
            self._close_file()

    def _close_file(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    # Every type that is stored has a Parquet type of its own: the Arrow schema of a younger Arrow is not needed.
    return pq.ParquetWriter(path, schema, compression="zstd", compression_level=1, store_schema=False)

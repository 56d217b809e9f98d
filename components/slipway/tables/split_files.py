"""Parquet files of one split, written in pieces that do not depend on how the rows arrive."""

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from slipway.contracts.tables import TableFile
from slipway.tables.row_groups import encoded, joined, repeating

GROUP_ROWS = 32_768
GROUP_BYTES = 32 << 20
_FILE_ROWS = 32 * GROUP_ROWS
_MOST_BATCHES = 32
_WRITERS = 2


class WriteQueue:
    """Row groups on their way to the disk: two of different splits at a time, and who brings a third waits.

    Its threads end with the block that it is the context of, once they have written what they have.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(_WRITERS, "write")
        self._writing: dict[_SplitFiles, Future[None]] = {}

    def __enter__(self) -> "WriteQueue":
        return self

    def __exit__(self, *exception: object) -> None:
        """Wait for the threads."""
        self._executor.shutdown()

    def put(self, files: "_SplitFiles", group: list[pa.RecordBatch]) -> None:
        """Have ``group`` written to ``files``; raises what a write before raised."""
        self.wait(files)
        if len(self._writing) == _WRITERS:
            self.wait(next(iter(self._writing)))
        self._writing[files] = self._executor.submit(files.write, group)

    def wait(self, files: "_SplitFiles") -> None:
        """Wait until everything is written to ``files``; raises what the last write raised."""
        if files in self._writing:
            self._writing.pop(files).result()


class SplitWriter:
    """Collects rows into row groups of ``GROUP_ROWS``, or fewer where those take ``GROUP_BYTES``.

    Both are counted row by row, so that equal rows in equal order give equal bytes, in whatever batches they come.
    """

    def __init__(self, root: Path, split: str, queue: WriteQueue) -> None:
        self.rows = 0
        self._files = _SplitFiles(root, split)
        self._queue = queue
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._pending_bytes = 0

    def __enter__(self) -> "SplitWriter":
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave no file open, whatever happened."""
        self._files.abandon()

    def add(self, batch: pa.RecordBatch, sizes: npt.NDArray[np.int64]) -> None:
        """Take rows; they reach the disk when a row group is full.

        Args:
            batch: the rows.
            sizes: what ``row_bytes`` gives for them, shape (rows,).
        """
        self.rows += batch.num_rows
        ends = np.cumsum(sizes)
        while batch.num_rows:
            fitting = int(np.searchsorted(ends, GROUP_BYTES - self._pending_bytes)) + 1
            taken = min(batch.num_rows, GROUP_ROWS - self._pending_rows, fitting)
            self._pending.append(batch.slice(0, taken))
            self._pending_rows += taken
            self._pending_bytes += int(ends[taken - 1])
            batch, ends = batch.slice(taken), ends[taken:] - ends[taken - 1]
            if self._pending_rows >= GROUP_ROWS or self._pending_bytes >= GROUP_BYTES:
                self.flush()
        if len(self._pending) >= _MOST_BATCHES:  # many small arrays, and dictionaries of which few values are used
            self._pending = [joined(self._pending)]

    def close(self) -> tuple[TableFile, ...]:
        """Write what is left, and return the files in order."""
        self.flush()
        self._queue.wait(self._files)
        return self._files.close()

    def flush(self) -> None:
        """Have what was taken so far written as a row group, in the background."""
        if not self._pending_rows:
            return
        group, self._pending, self._pending_rows, self._pending_bytes = self._pending, [], 0, 0
        self._queue.put(self._files, group)


class _SplitFiles:
    """Files of at most ``_FILE_ROWS`` rows, each with the digest of its bytes."""

    def __init__(self, root: Path, split: str) -> None:
        self._root = root
        self._split = split
        self._finished: list[TableFile] = []
        self._dictionaries: frozenset[str] = frozenset()
        self._writer: pq.ParquetWriter | None = None
        self._file: _DigestedFile | None = None
        self._rows = 0

    def write(self, group: list[pa.RecordBatch]) -> None:
        """Append a row group; empties the list, so that only the joined rows are in memory while they are written."""
        rows = joined(group)  # in one piece: Parquet's pages end where pieces end
        group.clear()
        if self._writer is None:
            self._open(rows)
        assert self._writer is not None
        self._writer.write_batch(encoded(rows, self._dictionaries), row_group_size=GROUP_ROWS)
        self._rows += rows.num_rows
        if self._rows >= _FILE_ROWS:
            self._finish()

    def close(self) -> tuple[TableFile, ...]:
        """Return all files, in order."""
        self._finish()
        return tuple(self._finished)

    def abandon(self) -> None:
        """Close what was not finished; it is thrown away with its folder."""
        if self._writer is not None and self._file is not None:
            with suppress(OSError, pa.ArrowException):  # the error that led here is told, not the one that follows it
                self._writer.close()
            self._file.close()

    def _path(self) -> str:
        return f"{self._split}/part-{len(self._finished):05d}.parquet"

    def _open(self, rows: pa.RecordBatch) -> None:
        (self._root / self._split).mkdir(exist_ok=True)
        self._file = _DigestedFile(self._root / self._path())
        self._dictionaries = repeating(rows)
        schema = encoded(rows.slice(0, 0), self._dictionaries).schema
        # Every type that is stored has a Parquet type of its own: the Arrow schema of a younger Arrow is not needed.
        self._writer = pq.ParquetWriter(
            self._file,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=sorted(self._dictionaries),
            store_schema=False,
        )

    def _finish(self) -> None:
        if self._writer is None or self._file is None:
            return
        self._writer.close()
        self._file.close()
        self._finished.append(
            TableFile(path=self._path(), rows=self._rows, bytes=self._file.size, sha256=self._file.digest.hexdigest())
        )
        self._writer, self._file, self._rows = None, None, 0


class _DigestedFile:
    """A file that is written from its beginning to its end, digested on the way."""

    def __init__(self, path: Path) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self._file = path.open("wb")

    def write(self, data: bytes) -> int:
        """Append bytes."""
        self.digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Hand what is buffered to the system."""
        self._file.flush()

    @property
    def closed(self) -> bool:
        """Return whether it can no longer be written."""
        return self._file.closed

    def close(self) -> None:
        """Hand everything to the system and end."""
        self._file.close()

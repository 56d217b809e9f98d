"""The k-th smallest of numbers that lie on disk, found by DuckDB in memory that does not grow with them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Numbers = npt.NDArray[np.int64] | npt.NDArray[np.float64]

_MEMORY = "128MB"
_THREADS = 2  # each sorts a piece, so that the memory would grow with the cores
_FETCHED_ROWS = 1 << 16


class OrderStatistics:
    """Numbers of one type in a file, sorted when they are asked for; what does not fit in 128 MB is sorted on disk."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, which is made here and need not be kept."""
        self.count = 0
        self._folder = folder
        folder.mkdir(parents=True)
        self._writer: pq.ParquetWriter | None = None

    def add(self, numbers: Numbers) -> None:
        """Append numbers, int64 or float64 but the same each time, of shape (n,), without NaN."""
        table = pa.table({"number": pa.array(numbers)})
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="none", use_dictionary=False)
        self._writer.write_table(table)
        self.count += len(numbers)

    def values_at(self, ranks: Sequence[int]) -> list[float | int]:
        """Return the number at each position of the sorted ones, from 0 to ``count`` - 1; nothing can be added then.

        Args:
            ranks: increasing, not strictly.
        """
        import duckdb  # here, since it takes longer to import than a small table to read

        assert self._writer is not None  # a rank is below the count
        self._writer.close()
        settings = {"threads": _THREADS, "memory_limit": _MEMORY, "temp_directory": str(self._folder / "spilled")}
        found: list[float | int] = []
        wanted, start = list(ranks), 0
        with duckdb.connect(config=settings) as engine:
            rows = engine.sql(f"SELECT number FROM read_parquet('{_escaped(self._path)}') ORDER BY number")
            for batch in rows.to_arrow_reader(_FETCHED_ROWS):
                while len(found) < len(wanted) and wanted[len(found)] < start + batch.num_rows:
                    found.append(batch.column(0)[wanted[len(found)] - start].as_py())
                start += batch.num_rows
                if len(found) == len(wanted):
                    break
        return found

    @property
    def _path(self) -> Path:
        return self._folder / "numbers.parquet"


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")

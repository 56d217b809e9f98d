"""The memory that the README states, for any number of rows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from customer_tables import make_rows, write_manifest

from slipway.contracts.tables import TableFile, TableFolder

STATED_BYTES = 1.5e9
ROW_BYTES, CHUNK_ROWS = 8_000, 10_000
FEW_ROWS, MANY_ROWS = 100_000, 400_000
# Address space that may be written to holds the stacks of threads and what allocators have set aside, too.
DATA_LIMIT_BYTES = 2_300_000_000

SCRIPT = """
import json, resource, sys
from pathlib import Path

import pyarrow as pa

from slipway.contracts.tables import TableFolder
from slipway.tables.parquet_columns import read_columns
from slipway.steps.predict.config import PredictConfig
from slipway.steps.predict.core import Inputs, run

limit, model, *tables = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_DATA, (int(limit), int(limit)))
found = {"rows": [], "peaks": [], "refused": ""}
for table in map(Path, tables):
    inputs = Inputs(examples=table, model=Path(model), workspace=Path("out"))
    predicted = run(inputs, PredictConfig())
    found["rows"].append(predicted.manifest.rows("test"))
    found["peaks"].append(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
try:
    read_columns(TableFolder(table).files("test"), ["note"])
except pa.ArrowMemoryError as error:
    found["refused"] = str(error)
print(json.dumps(found))
"""


def write_long_rows(root: Path, rows: int) -> TableFolder:
    """Rows with a long text that repeats: little on disk, ``ROW_BYTES`` each in memory."""
    texts = pa.array([f"{number:04d}" * (ROW_BYTES // 4) for number in range(100)])
    positions = pa.array([number % 100 for number in range(CHUNK_ROWS)], pa.int32())
    chunk = make_rows(CHUNK_ROWS)
    chunk = chunk.set_column(
        chunk.schema.get_field_index("note"), "note", pa.DictionaryArray.from_arrays(positions, texts)
    )
    path = root / "test" / "part-00000.parquet"
    path.parent.mkdir(parents=True)
    with pq.ParquetWriter(path, chunk.schema, store_schema=False) as writer:
        for _ in range(rows // CHUNK_ROWS):
            writer.write_table(chunk)
    file = TableFile(path="test/part-00000.parquet", rows=rows, bytes=path.stat().st_size, sha256="")
    return write_manifest(root, {"test": (file,)}, pq.read_schema(path))


@pytest.mark.slow
def test_memory_stays_within_what_is_stated_and_does_not_grow_with_the_rows(make_model, tmp_path):
    """WHY the last step: a limit under which the table could be read as a whole would show nothing."""
    tables = [write_long_rows(tmp_path / str(rows), rows) for rows in (FEW_ROWS, MANY_ROWS)]
    command = [sys.executable, "-P", "-c", SCRIPT, str(DATA_LIMIT_BYTES), str(make_model().root)]
    command += [str(table.root) for table in tables]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    few, many = found["peaks"]
    assert found["rows"] == [FEW_ROWS, MANY_ROWS]
    assert many <= 1.15 * few
    assert many <= STATED_BYTES
    assert MANY_ROWS * ROW_BYTES > DATA_LIMIT_BYTES
    assert found["refused"]

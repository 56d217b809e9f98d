"""Fitting takes memory that the rows do not change."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slipway.contracts.documents import write_document
from slipway.contracts.tables import Column, Manifest, TableFile

TEXT_BYTES, CHUNK_ROWS, CODES = 4_000, 10_000, 100_000
FEW_ROWS, MANY_ROWS = 100_000, 700_000
# Address space that may be written to holds the stacks of threads and what allocators have set aside, too.
DATA_LIMIT_BYTES = 2_300_000_000
TEXTS = pa.array([f"{number:04d}" * (TEXT_BYTES // 4) for number in range(100)])

SCRIPT = """
import json, resource, sys
from pathlib import Path

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from slipway.contracts.documents import parse
from slipway.contracts.tables import TableFolder
from slipway.steps.transform.config import TransformConfig
from slipway.steps.transform.core import make_plan
from slipway.tables.parquet_columns import read_columns

limit, *tables = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_DATA, (int(limit), int(limit)))
kinds = {"text": "categorical", "code": "categorical", "amount": "numeric", "when": "timestamp"}
config = parse(TransformConfig, {"features": {name: {"kind": kind} for name, kind in kinds.items()}}, label="y")
found = {"distinct": [], "peaks": [], "refused": ""}
for table in map(Path, tables):
    plan = make_plan(TableFolder(table), schema_pb2.Schema(), config)
    found["distinct"].append({feature.name: getattr(feature.fit, "distinct", 0) for feature in plan.features})
    found["peaks"].append(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
try:
    read_columns(TableFolder(table).files("train"), ["text"])
except pa.ArrowMemoryError as error:
    found["refused"] = str(error)
print(json.dumps(found))
"""


def write_rows(root: Path, rows: int) -> Path:
    """Long texts that repeat, many codes, amounts that do not repeat, and times: little on disk, much in memory."""
    random = np.random.default_rng(0)
    path = root / "train" / "part-00000.parquet"
    path.parent.mkdir(parents=True)
    writer = None
    for start in range(0, rows, CHUNK_ROWS):
        chunk = pa.table(
            {
                "text": pa.DictionaryArray.from_arrays(random.integers(0, 100, CHUNK_ROWS, np.int32), TEXTS),
                "code": pa.array(np.arange(start, start + CHUNK_ROWS) % CODES).cast(pa.string()),
                "amount": random.normal(size=CHUNK_ROWS),
                "when": pa.array(random.integers(0, 2**31, CHUNK_ROWS)).cast(pa.timestamp("s")),
                "y": random.choice(["no", "yes"], CHUNK_ROWS),
            }
        )
        writer = writer or pq.ParquetWriter(path, chunk.schema, store_schema=False)
        writer.write_table(chunk)
    assert writer is not None
    writer.close()
    columns = tuple(Column(name=field.name, type=str(field.type)) for field in pq.read_schema(path))
    file = TableFile(path="train/part-00000.parquet", rows=rows, bytes=path.stat().st_size, sha256="")
    write_document(Manifest(splits={"train": (file,)}, columns=columns, source="", digest=""), root / "manifest.json")
    return root


@pytest.mark.slow
def test_fitting_takes_memory_that_the_rows_do_not_change(tmp_path: Path):
    """WHY the last step: a limit under which a column could be read as a whole would show nothing."""
    tables = [write_rows(tmp_path / str(rows), rows) for rows in (FEW_ROWS, MANY_ROWS)]
    command = [sys.executable, "-P", "-c", SCRIPT, str(DATA_LIMIT_BYTES), *map(str, tables)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["distinct"][1] == {"text": 100, "code": CODES, "amount": 0, "when": 0}
    few, many = found["peaks"]
    # How many batches are alive at once is a matter of threads and their timing.
    assert many - few <= 0.15 * (MANY_ROWS - FEW_ROWS) * TEXT_BYTES
    assert MANY_ROWS * TEXT_BYTES > DATA_LIMIT_BYTES
    assert found["refused"]

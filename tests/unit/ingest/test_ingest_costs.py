"""What ingest costs, in figures that do not depend on the machine's speed: memory, bytes read, bytes allocated."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from slipway.steps.ingest.config import IngestConfig
from slipway.steps.ingest.core import Inputs, run

MIB = 1 << 20
LIMIT = 768 * MIB
"""What README promises, whatever the rows."""

FRACTIONS = {"train_fraction": 0.5, "eval_fraction": 0.25, "test_fraction": 0.25}
"""So that every split is large enough to have written row groups."""

LIMITED = """
import json, resource, sys
from pathlib import Path

limit, uri, root, settings = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), json.loads(sys.argv[4])
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

import pyarrow

from slipway.steps.ingest.config import IngestConfig
from slipway.steps.ingest.core import Inputs, run

rows = run(Inputs(workspace=root), IngestConfig(data_uri=uri, **settings)).rows()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"rows": rows, "resident": peak, "allocated": pyarrow.default_memory_pool().max_memory()}))
"""


def limited(limit: int, uri: Path, root: Path, **settings: object) -> dict[str, int]:
    """Ingest in a process whose heap the system holds below ``limit`` bytes; its peaks."""
    # mimalloc reserves a gigabyte of addresses that it does not use; the limit counts them.
    environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}
    command = [sys.executable, "-P", "-c", LIMITED, str(limit), str(uri), str(root), json.dumps(settings)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def repeated(path: Path, header: str, lines: bytes, times: int) -> Path:
    with path.open("wb") as file:
        file.write(header.encode())
        for _ in range(times):
            file.write(lines)
    return path


@pytest.fixture(scope="module")
def long_lines() -> bytes:
    """8 MiB of rows with a number, 1,000 bytes of text that does not repeat, and a moment."""
    return b"".join(
        b"%d,%s,2024-01-01 00:%02d:%02d\n" % (number, os.urandom(500).hex().encode(), number // 60 % 60, number % 60)
        for number in range(8 * MIB // 1030)
    )


@pytest.mark.parametrize(
    ("times", "settings"),
    [(24, {}), (48, {}), (48, {"time_column": "at"})],
    ids=["192 MiB", "384 MiB", "384 MiB by time"],
)
def test_memory_is_bounded_whatever_the_rows(tmp_path, long_lines, times, settings):
    """WHY these sizes: the read-ahead is full after 34 MiB and every split has written row groups after 128 MiB.

    A whole table in memory would be over the second bound in the larger cases.
    """
    path = repeated(tmp_path / "long.csv", "n,text,at\n", long_lines, times)
    found = limited(LIMIT, path, tmp_path / "out", **FRACTIONS, **settings)
    assert found["rows"] == times * (8 * MIB // 1030)
    assert 128 * MIB < found["allocated"] < 352 * MIB


def test_a_limit_that_is_too_small_is_noticed(tmp_path, long_lines):
    """WHY: it shows that the limit of the test above holds. Python raises, and Arrow's parser ends the process."""
    path = repeated(tmp_path / "long.csv", "n,text,at\n", long_lines, 24)
    with pytest.raises(AssertionError, match="MemoryError|Out of memory"):
        limited(192 * MIB, path, tmp_path / "out")


def test_thousands_of_columns_fit_in_the_same_memory(tmp_path):
    columns, rows = 2_000, 6_000
    lines = "".join(
        ",".join(str((row * 7919 + column) % 10_007) for column in range(columns)) + "\n" for row in range(60)
    )
    header = ",".join(f"c{column}" for column in range(columns)) + "\n"
    path = repeated(tmp_path / "wide.csv", header, lines.encode(), rows // 60)
    # The parser reserves addresses for the longest text that a block could hold, in each column; they stay empty.
    found = limited(8 * LIMIT, path, tmp_path / "out", **FRACTIONS)
    assert found["rows"] == rows
    assert found["resident"] < LIMIT


@pytest.fixture
def mixed(tmp_path) -> Path:
    """a number, a fraction and two categories in each row."""
    rows = 400_000
    path = tmp_path / "mixed.csv"
    table = pa.table(
        {
            "n": pa.array(range(rows)),
            "x": pa.array([number / 7 for number in range(rows)]),
            "city": pa.array([("Lyon", "Porto", "Tartu")[number % 3] for number in range(rows)]),
            "kind": pa.array([f"kind {number % 50}" for number in range(rows)]),
        }
    )
    pyarrow.csv.write_csv(table, path)
    return path


def bytes_read() -> int:
    """What this process has asked the system to read so far, files and everything else."""
    return int(Path("/proc/self/io").read_text().split("rchar: ")[1].split()[0])


def test_a_csv_file_is_read_once(tmp_path, mixed):
    run(Inputs(workspace=tmp_path / "out"), IngestConfig(data_uri=str(mixed)))  # imports are read once, too
    before = bytes_read()
    run(Inputs(workspace=tmp_path / "out"), IngestConfig(data_uri=str(mixed)))
    read, size = bytes_read() - before, mixed.stat().st_size
    assert size < read < size + 1.5 * MIB  # 1 MiB for the sample; nothing that was written is read again


def test_a_table_is_copied_no_more_often_than_it_needs(tmp_path, mixed):
    """Everything that Arrow allocates: text as read, columns, their split, their row group, and what is encoded."""
    pool = pa.default_memory_pool()
    before = pool.total_bytes_allocated()
    run(Inputs(workspace=tmp_path / "out"), IngestConfig(data_uri=str(mixed)))
    # Exactly 19.2 bytes for each of the file: most are the parser's, which reserves for the longest cells.
    assert pool.total_bytes_allocated() - before < 20 * mixed.stat().st_size

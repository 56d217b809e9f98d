"""What validate costs whatever the rows: memory, passes over the files, imports."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loan_tables import make_splits, write_manifest

import slipway
from slipway.statistics import parquet_parts
from slipway.steps.validate.config import ValidateConfig
from slipway.steps.validate.core import Inputs, run

LIMIT_MIB = 512
GROUP_ROWS = 50_000
TEXTS = pa.array([f"{index:04d}" * 100 for index in range(1000)])
VALIDATE = """
import json, resource, sys
from pathlib import Path

limit = int(sys.argv[2]) << 20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

import pyarrow as pa
from slipway.steps.validate.config import ValidateConfig
from slipway.steps.validate.core import Inputs, run

found = run(Inputs(examples=Path(sys.argv[1])), ValidateConfig(label="label"))
heavy = ("apache_beam", "pandas", "tensorflow", "tensorflow_data_validation")
print(json.dumps({
    "rows": found.validation.rows,
    "arrow_bytes": pa.default_memory_pool().max_memory(),
    "heavy": [name for name in heavy if name in sys.modules],
}))
"""


def row_group(random):
    """Repeated long texts, numbers, and texts that never repeat."""
    return pa.table(
        {
            "text": pa.DictionaryArray.from_arrays(random.integers(0, len(TEXTS), GROUP_ROWS, np.int32), TEXTS),
            "number": random.normal(size=GROUP_ROWS),
            "name": pa.array(random.integers(0, 2**62, GROUP_ROWS)).cast(pa.string()),
            "label": random.choice(["no", "yes"], GROUP_ROWS),
        }
    )


def store_groups(root, groups):
    """A table of so many row groups per split, written one after the other."""
    random = np.random.default_rng(0)
    for split, count in groups.items():
        (root / split).mkdir(parents=True)
        with pq.ParquetWriter(root / split / "part-00000.parquet", row_group(random).schema) as writer:
            for _ in range(count):
                writer.write_table(row_group(random))
    return write_manifest(root, {split: GROUP_ROWS * count for split, count in groups.items()})


def validate_in_a_process(table, limit_mib):
    # jemalloc and an arena of malloc for each thread reserve addresses that they do not use; the limit counts them.
    plain = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}
    environment = {**os.environ, **plain, "PYTHONPATH": str(Path(slipway.__path__[0]).parent)}
    command = [sys.executable, "-P", "-c", VALIDATE, str(table.root), str(limit_mib)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def validated(tmp_path_factory):
    sizes = {"small": {"train": 3, "eval": 1, "test": 1}, "large": {"train": 24, "eval": 3, "test": 3}}
    tables = {name: store_groups(tmp_path_factory.mktemp(name) / "examples", groups) for name, groups in sizes.items()}
    return {name: validate_in_a_process(table, LIMIT_MIB) for name, table in tables.items()}


def test_a_table_larger_than_the_memory_limit_is_validated(validated):
    rows = validated["large"]["rows"]
    assert rows == {"train": 1_200_000, "eval": 150_000, "test": 150_000}
    assert sum(rows.values()) * len(TEXTS[0].as_py()) > LIMIT_MIB << 20


def test_arrow_holds_batches_and_never_the_table(validated):
    """The bound is far above what batches take: how many are alive at once is a matter of threads and their timing."""
    text_bytes = sum(validated["large"]["rows"].values()) * len(TEXTS[0].as_py())
    assert validated["large"]["arrow_bytes"] < 0.4 * text_bytes


def test_neither_tensorflow_nor_beam_nor_pandas_is_imported(validated):
    """WHY: importing TFDV as a whole took seven seconds and half a gigabyte, more than the work on most tables."""
    assert validated["small"]["heavy"] == validated["large"]["heavy"] == []


def test_every_split_is_read_once_and_the_training_split_once_more_for_the_sample(loans, monkeypatch):
    read = []

    class Counted(pq.ParquetFile):
        def __init__(self, path, *arguments, **options):
            super().__init__(path, *arguments, **options)
            self.split = path.parent.name

        def iter_batches(self, *arguments, **options):
            for batch in super().iter_batches(*arguments, **options):
                read.append((self.split, batch.num_rows * batch.num_columns))
                yield batch

    monkeypatch.setattr(parquet_parts.pq, "ParquetFile", Counted)
    run(Inputs(examples=loans.root), ValidateConfig(label="repaid"))
    values = {split: sum(count for found, count in read if found == split) for split in ("train", "eval", "test")}
    width = len(make_splits(train=1, other=1)["train"].column_names)
    # The label is looked at before the others: whether it has classes decides how they are scored.
    assert values == {"train": 800 * (2 * width + 1), "eval": 200 * width, "test": 200 * width}


def test_a_table_of_more_columns_than_are_read_at_once_is_validated_like_a_narrow_one(loans, monkeypatch):
    expected = run(Inputs(examples=loans.root), ValidateConfig(label="repaid"))
    for module in ("slipway.statistics.parquet_parts", "slipway.steps.validate.sampling"):
        monkeypatch.setattr(f"{module}.BLOCK_COLUMNS", 3)
    assert run(Inputs(examples=loans.root), ValidateConfig(label="repaid")) == expected

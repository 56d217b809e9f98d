"""Small real tables as ingest writes them."""

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from slipway.contracts.documents import write_document
from slipway.contracts.tables import Column, Manifest, TableFile, TableFolder
from slipway.storage.folders import file_digest

WriteTable = Callable[[Mapping[str, pa.Table]], TableFolder]


def store_table(root: Path, splits: Mapping[str, pa.Table]) -> TableFolder:
    for split, rows in splits.items():
        path = root / split / "part-00000.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, path)
    return write_manifest(root, {split: rows.num_rows for split, rows in splits.items()})


def write_manifest(root: Path, rows: Mapping[str, int]) -> TableFolder:
    """Of a file for each split, which is there already."""
    files = {}
    for split, count in rows.items():
        path = root / split / "part-00000.parquet"
        name = path.relative_to(root).as_posix()
        size, digest = path.stat().st_size, file_digest(path)
        files[split] = (TableFile(path=name, rows=count, bytes=size, sha256=digest),)
    fields = pq.read_schema(root / next(iter(rows)) / "part-00000.parquet")
    columns = tuple(Column(name=field.name, type=str(field.type)) for field in fields)
    write_document(Manifest(splits=files, columns=columns, source="test", digest="0"), root / "manifest.json")
    return TableFolder(root)


def make_loans(rows: int, seed: int) -> pa.Table:
    """Columns of every kind; the label follows income with much noise."""
    random = np.random.default_rng(seed)
    income = random.lognormal(10, 1, rows)
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    words = np.array(["paid", "late", "twice", "asked", "for", "more", "time", "and", "called", "back"])
    label = np.where(random.normal(size=rows) + 0.5 * (np.log(income) - 10) > 0, "yes", "no")
    return pa.table(
        {
            "id": pa.array([f"loan-{seed}-{index:06d}" for index in range(rows)]),
            "income": pa.array(income, mask=random.random(rows) < 0.1),
            "age": random.integers(18, 80, rows),
            "region": random.choice(["north", "south", "east"], rows, p=[0.5, 0.3, 0.2]),
            "owner": random.random(rows) < 0.4,
            "flag": random.integers(0, 2, rows),
            "opened": pa.array(
                [start + datetime.timedelta(hours=int(hour)) for hour in random.integers(0, 20_000, rows)],
                pa.timestamp("us", tz="UTC"),
            ),
            "note": [" ".join(random.choice(words, 7)) for _ in range(rows)],
            "currency": ["EUR"] * rows,
            "repaid": label,
        }
    )


def make_splits(train: int = 800, other: int = 200, seed: int = 0) -> dict[str, pa.Table]:
    sizes = {"train": train, "eval": other, "test": other}
    return {split: make_loans(size, seed + index) for index, (split, size) in enumerate(sizes.items())}

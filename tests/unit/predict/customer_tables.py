"""Small tables, and a preprocessing with the interface of a real one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

from slipway.contracts.documents import write_document
from slipway.contracts.examples import FeatureKind, Label, Problem, RawFeature
from slipway.contracts.tables import Column, Manifest, TableFile, TableFolder, table_digest
from slipway.storage.folders import file_digest

FEATURES = (
    RawFeature(name="age in years", kind=FeatureKind.NUMERIC),
    RawFeature(name="hours", kind=FeatureKind.NUMERIC),
    RawFeature(name="job", kind=FeatureKind.CATEGORICAL),
    RawFeature(name="seen.at", kind=FeatureKind.TIMESTAMP),
)
LABELS = {
    Problem.BINARY: Label(name="left", problem=Problem.BINARY, classes=("no", "yes")),
    Problem.MULTICLASS: Label(name="plan", problem=Problem.MULTICLASS, classes=("a", "b", "<c>")),
    Problem.REGRESSION: Label(name="bill", problem=Problem.REGRESSION, mean=50.0, standard_deviation=10.0),
}
JOBS = ("clerk", "smith", "ünder")


class Transform(tf.Module):
    """A small preprocessing; a missing age becomes 0, a missing number of hours goes through and spoils the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(0.03)

        def transform(features: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
            age = tf.where(tf.math.is_nan(features["age in years"]), 0.0, features["age in years"]) * self.scale
            jobs = [tf.cast(features["job"] == job, tf.float32) for job in JOBS]
            late = tf.cast(features["seen.at"] > 1_700_000_000, tf.float32)
            dense = tf.stack([age, features["hours"] / 20.0 - 2.0, *jobs, late], axis=1)
            return {"dense": dense, "ids": tf.zeros([tf.shape(age)[0], 0], tf.int32)}

        dtypes = (tf.float32, tf.float32, tf.string, tf.int64)
        specs = {each.name: tf.TensorSpec([None], dtype) for each, dtype in zip(FEATURES, dtypes, strict=True)}
        self.transform = tf.function(transform, input_signature=[specs])


def make_rows(count: int, seed: int = 0) -> pa.Table:
    """Rows with every kind of feature, missing values among them, two columns that no model reads, and no label."""
    random = np.random.default_rng(seed)
    start = datetime(2023, 6, 1)
    return pa.table(
        {
            "customer": [f"c{seed}-{number}" for number in range(count)],
            "age in years": pa.array(random.integers(18, 90, count), mask=random.random(count) < 0.1),
            "hours": random.normal(40, 10, count),
            "job": pa.array(random.choice([*JOBS, "other"], count), mask=random.random(count) < 0.1),
            "seen.at": pa.array(
                [start + timedelta(hours=int(hours)) for hours in random.integers(0, 9000, count)],
                pa.timestamp("us"),
                mask=random.random(count) < 0.1,
            ),
            "note": ["x" * int(length) for length in random.integers(0, 9, count)],
        }
    )


def write_table(root: Path, splits: Mapping[str, list[pa.Table]]) -> TableFolder:
    """A table folder with a file for each of the tables of a split."""
    files: dict[str, tuple[TableFile, ...]] = {}
    for split, tables in splits.items():
        (root / split).mkdir(parents=True)
        written = []
        for number, table in enumerate(tables):
            path = root / split / f"part-{number:05d}.parquet"
            pq.write_table(table, path, row_group_size=100)
            written.append(
                TableFile(
                    path=f"{split}/{path.name}",
                    rows=table.num_rows,
                    bytes=path.stat().st_size,
                    sha256=file_digest(path),
                )
            )
        files[split] = tuple(written)
    schema = next(table.schema for tables in splits.values() for table in tables)
    return write_manifest(root, files, schema)


def write_manifest(root: Path, files: Mapping[str, tuple[TableFile, ...]], schema: pa.Schema) -> TableFolder:
    """Make a table folder of files that are there."""
    columns = tuple(Column(name=field.name, type=str(field.type)) for field in schema)
    folder = TableFolder(root)
    manifest = Manifest(splits=dict(files), columns=columns, source="here", digest=table_digest(columns, files))
    write_document(manifest, folder.manifest_path)
    return folder


def read_table(folder: TableFolder, *splits: str) -> pa.Table:
    """The rows of some splits, or of all in the manifest's order."""
    chosen = splits or tuple(folder.manifest().splits)
    return pa.concat_tables([pq.read_table(file) for split in chosen for file in folder.files(split)])

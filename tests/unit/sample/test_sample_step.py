"""A part of the rows of a table: the same ones every time, and about as many as asked for."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slipway.contracts.documents import parse, write_document
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.tables import Column, Manifest, TableFile, TableFolder, table_digest
from slipway.steps.sample.config import SampleConfig
from slipway.steps.sample.core import Inputs, Outputs, run, write
from slipway.storage.folders import file_digest

ROWS = {"train": 8000, "eval": 1000, "test": 1000}


def write_table(root, order=1) -> TableFolder:
    """Rows of 500 customers in three splits; ``order`` -1 turns them around."""
    files = {}
    for seed, (split, rows) in enumerate(ROWS.items()):
        random = np.random.default_rng(seed)
        table = pa.table(
            {
                "row": pa.array(np.arange(rows)[::order]),
                "customer": pa.array([f"c{number}" for number in random.integers(0, 500, rows)][::order]),
            }
        )
        path = root / split / "part-00000.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(table, path, row_group_size=700)
        files[split] = (
            TableFile(path=f"{split}/{path.name}", rows=rows, bytes=path.stat().st_size, sha256=file_digest(path)),
        )
    columns = (Column(name="row", type="int64"), Column(name="customer", type="string"))
    write_document(
        Manifest(splits=files, columns=columns, source="here", digest=table_digest(columns, files)),
        TableFolder(root).manifest_path,
    )
    return TableFolder(root)


@pytest.fixture
def sampled(tmp_path):
    """Samples a table; what was found, and the rows of each split."""

    def sample(order=1, **settings):
        root = tmp_path / f"table{order}"
        table = TableFolder(root) if root.exists() else write_table(root, order)
        result = run(Inputs(examples=table.root, workspace=tmp_path / "w"), parse(SampleConfig, settings))
        write(result, Outputs(sampled_examples=tmp_path / "out"))
        folder = TableFolder(tmp_path / "out")
        assert folder.manifest() == result.manifest
        assert not (tmp_path / "w").exists()
        return result, {split: pa.concat_tables(pq.read_table(file) for file in folder.files(split)) for split in ROWS}

    return sample


def test_about_the_fraction_is_kept_in_every_split_and_in_order(sampled):
    result, rows = sampled(fraction=0.25)
    for split, table in rows.items():
        expected = ROWS[split] / 4
        assert abs(table.num_rows - expected) < 5 * (expected * 0.75) ** 0.5
        assert table["row"].to_pylist() == sorted(table["row"].to_pylist())
    assert result.metrics == {
        "rows_before": 10_000,
        "rows": sum(table.num_rows for table in rows.values()),
        **{f"rows_{split}": table.num_rows for split, table in rows.items()},
    }
    assert json.loads(json.dumps(result.facts)) == {"digest": result.manifest.digest, "rows": result.metrics["rows"]}


def test_the_order_of_the_rows_does_not_decide_and_a_larger_fraction_keeps_what_a_smaller_one_does(sampled):
    small, turned, large = (
        set(sampled(**settings)[1]["train"]["row"].to_pylist())
        for settings in ({"fraction": 0.1}, {"fraction": 0.1, "order": -1}, {"fraction": 0.3})
    )
    assert turned == small
    assert small < large
    assert len(small) > 600


def test_another_seed_keeps_other_rows(sampled):
    first, other = (set(sampled(fraction=0.5, seed=seed)[1]["train"]["row"].to_pylist()) for seed in (0, 1))
    assert 1700 < len(first & other) < 2300


def test_a_group_is_kept_or_left_out_as_a_whole(sampled):
    whole = sampled(fraction=1.0)[1]["train"]
    kept = sampled(fraction=0.4, group_column="customer")[1]["train"]
    customers = set(kept["customer"].to_pylist())
    assert 150 < len(customers) < 250
    assert kept.num_rows == sum(name in customers for name in whole["customer"].to_pylist())


def test_splits_that_are_not_named_stay_whole(sampled):
    _, rows = sampled(fraction=0.1, splits=["train"])
    assert rows["train"].num_rows < 1000
    assert (rows["eval"].num_rows, rows["test"].num_rows) == (1000, 1000)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"fraction": 0.0}, r"fraction must lie in \(0, 1\], got 0.0"),
        ({"fraction": 1.5}, r"fraction must lie in \(0, 1\], got 1.5"),
        ({"fraction": 0.5, "splits": ["valid"]}, "splits should be some of train, eval, test, got 'valid'"),
        ({"fraction": 0.5, "seed": -1}, "seed must be at least 0, got -1"),
        ({"fraction": 0.5, "group_column": "custmer"}, "group_column 'custmer' is not a column"),
    ],
)
def test_what_cannot_be_sampled_is_refused(sampled, settings, told):
    with pytest.raises(InputError, match=told):
        sampled(**settings)


def test_a_split_without_a_row_is_refused_and_leaves_nothing(sampled, tmp_path):
    with pytest.raises(DataError, match="no row of the 1000 of split eval is left at fraction=1e-06"):
        sampled(fraction=1e-6, splits=["eval"])
    assert not (tmp_path / "w").exists()
    assert not (tmp_path / "out").exists()

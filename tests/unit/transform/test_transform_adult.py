"""A real table: the census income data."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from slipway.contracts.documents import write_document
from slipway.contracts.examples import ExamplesFolder
from slipway.contracts.tables import Column, Manifest, TableFile
from slipway.steps.transform.config import TransformConfig
from slipway.steps.transform.core import Inputs, Outputs, run, write
from slipway.training.examples import read_examples

ADULT = Path(__file__).parents[4] / "shared" / "data" / "adult.csv"
pytestmark = pytest.mark.skipif(not ADULT.is_file(), reason=f"{ADULT.name} is not there")


@pytest.fixture(scope="module")
def adult() -> pa.Table:
    options = pyarrow.csv.ConvertOptions(null_values=["?", ""], strings_can_be_null=True)
    return pyarrow.csv.read_csv(ADULT, convert_options=options)


@pytest.fixture(scope="module")
def transformed(adult: pa.Table, tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("adult")
    splits = {"train": adult.slice(0, 26_000), "eval": adult.slice(26_000, 3_000), "test": adult.slice(29_000)}
    files = {}
    for split, rows in splits.items():
        pq.write_table(rows, root / f"{split}.parquet")
        files[split] = (TableFile(path=f"{split}.parquet", rows=rows.num_rows, bytes=0, sha256=""),)
    columns = tuple(Column(name=field.name, type=str(field.type)) for field in adult.schema)
    write_document(Manifest(splits=files, columns=columns, source="", digest=""), root / "manifest.json")
    (root / "schema.pbtxt").write_text("")
    examples = ExamplesFolder(root / "examples")
    result = run(Inputs(examples=root, schema=root, workspace=root / "work"), TransformConfig(label="income"))
    write(
        result,
        Outputs(transform_graph=root / "graph", transformed_examples=examples.root, summary=root / "summary.md"),
    )
    return result, examples, splits


def test_the_rarer_class_is_the_positive_one(transformed):
    result, _, splits = transformed
    assert result.spec.label.classes == ("<=50K", ">50K")
    assert sum(result.plan.class_counts) == splits["train"].num_rows


def test_encodings_suit_the_columns(transformed):
    result, _, _ = transformed
    encodings = {feature.name: feature.encoding for feature in result.plan.features}
    assert len(encodings) == 14
    assert {name for name, encoding in encodings.items() if encoding == "log1p"} == {
        "capital_gain",
        "capital_loss",
    }
    assert {name for name, encoding in encodings.items() if encoding == "z_score"} == {
        "age",
        "fnlwgt",
        "education_num",
        "hours_per_week",
    }
    assert set(encodings.values()) == {"log1p", "z_score", "one_hot"}


def test_numbers_and_categories_agree_with_numpy_on_every_split(transformed):
    result, examples, splits = transformed
    names = list(result.spec.dense)
    train = splits["train"]["hours_per_week"].to_numpy().astype(np.float64)
    low, high = np.quantile(train, [0.001, 0.999], method="nearest")
    clipped = np.clip(train, low, high)
    for split, table in splits.items():
        dense = read_examples(examples, split).inputs["dense"]
        hours = (np.clip(table["hours_per_week"].to_numpy(), low, high) - clipped.mean()) / clipped.std()
        np.testing.assert_allclose(dense[:, names.index("hours_per_week")], hours, rtol=1e-5, atol=1e-6)
        sex = np.array(table["sex"].to_pylist())
        np.testing.assert_array_equal(dense[:, names.index("sex=Male")], (sex == "Male").astype(np.float32))
        missing = np.array([value is None for value in table["workclass"].to_pylist()])
        np.testing.assert_array_equal(dense[:, names.index("workclass_missing")], missing.astype(np.float32))

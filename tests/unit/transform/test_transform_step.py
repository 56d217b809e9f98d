"""The whole step: fitted on train, saved, and applied to every split by the saved graph."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from slipway.contracts.documents import parse, read_document
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ExamplesFolder, Problem, TransformFolder
from slipway.contracts.tables import SPLITS, TableFolder
from slipway.features.labels import label_ids
from slipway.features.tensors import raw_tensors
from slipway.steps.transform.config import TransformConfig
from slipway.steps.transform.core import Inputs, Outputs, Result, run, write
from slipway.steps.transform.plan import TransformPlan
from slipway.steps.transform.summary import describe
from slipway.storage.folders import content_digest
from slipway.tables.parquet_columns import read_columns
from slipway.training.examples import read_examples

TAGS = {"id": "identifier", "age": "numeric", "city": "categorical", "code": "categorical", "seen": "timestamp"}


def rows(count: int, seed: int, label: list[Any] | None = None) -> dict[str, pa.Array]:
    random = np.random.default_rng(seed)
    missing = random.random(count) < 0.2
    return {
        "id": pa.array([f"id {row}" for row in range(count)]),
        "age": pa.array(random.normal(40, 10, count), mask=missing),
        "income": pa.array(random.lognormal(0, 2, count)),
        "city": pa.array(random.choice(["Bonn", "Köln", "Ulm"], count).tolist(), mask=np.roll(missing, 1)),
        "code": pa.array(random.integers(0, 200, count)),
        "seen": pa.array(random.integers(1.5e9, 1.6e9, count), mask=np.roll(missing, 2)).cast(pa.timestamp("s")),
        "y": pa.array(label or random.choice(["no", "no", "yes"], count).tolist()),
    }


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished step and where it wrote."""

    table: TableFolder
    graph: TransformFolder
    examples: ExamplesFolder
    result: Result


@pytest.fixture
def transform(tmp_path: Path, make_table, make_schema):
    """Run the step on columns of each split."""

    def transform(config: dict[str, Any] | None = None, files: int = 1, name: str = "out", **splits: Any) -> Run:
        table = make_table(files, **splits)
        graph, examples = TransformFolder(tmp_path / name / "graph"), ExamplesFolder(tmp_path / name / "examples")
        settings = parse(TransformConfig, config or {}, label="y")
        inputs = Inputs(examples=table.root, schema=make_schema(TAGS).root, workspace=tmp_path / name / ".workspace")
        result = run(inputs, settings)
        summary = tmp_path / name / "summary.md"
        write(result, Outputs(transform_graph=graph.root, transformed_examples=examples.root, summary=summary))
        return Run(table, graph, examples, result)

    return transform


@pytest.mark.parametrize("examples_format", ["arrow", "tfrecord"])
def test_examples_hold_exactly_what_the_saved_graph_gives(transform, examples_format: str):
    """Several files and small batches, so that pieces must come together in order."""
    done = transform(
        {"examples_format": examples_format, "batch_rows": 7, "one_hot_limit": 10},
        files=3,
        train=rows(100, 0),
        eval=rows(30, 1),
        test=rows(20, 2),
    )
    saved, spec = tf.saved_model.load(str(done.graph.saved_model)), done.graph.spec()
    assert spec == done.examples.spec() == done.result.spec
    assert done.result.rows == {"train": 100, "eval": 30, "test": 20}
    names = [feature.name for feature in spec.features]
    assert names == ["age", "income", "city", "code", "seen"]
    assert [column.name for column in spec.ids] == ["code"]
    for split in SPLITS:
        table = read_columns(done.table.files(split), [*names, "y"])
        expected = saved.transform(raw_tensors(table, spec.features))
        actual = read_examples(done.examples, split)
        np.testing.assert_array_equal(actual.inputs["dense"], expected["dense"])
        np.testing.assert_array_equal(actual.inputs["ids"], expected["ids"])
        np.testing.assert_array_equal(actual.labels, label_ids(table["y"], spec.label))
        assert actual.inputs["dense"].shape == (done.result.rows[split], len(spec.dense))
        assert np.isfinite(actual.inputs["dense"]).all()


def test_numbers_of_the_train_split_are_standardized(transform):
    done = transform({"clip_fraction": 0.0}, train=rows(1000, 0), eval=rows(5, 1), test=rows(5, 2))
    column = list(done.result.spec.dense).index("age")
    values = read_examples(done.examples, "train").inputs["dense"]
    present = values[:, list(done.result.spec.dense).index("age_missing")] == 0
    assert values[present, column].mean() == pytest.approx(0, abs=1e-5)
    assert values[present, column].std() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(values[~present, column], 0, atol=1e-6)


def test_only_the_train_split_is_fitted_on(transform):
    """The other splits hold values that would change every fit."""
    foreign = rows(50, 9) | {
        "age": pa.array([1e6] * 50),
        "city": pa.array(["Rom"] * 50),
        "code": pa.array([-5] * 50),
    }
    train = rows(100, 0)
    with_foreign = transform(name="a", train=train, eval=foreign, test=foreign)
    with_own = transform(name="b", train=train, eval=train, test=train)
    assert with_foreign.result.plan == with_own.result.plan
    assert with_foreign.examples.file("train").read_bytes() == with_own.examples.file("train").read_bytes()


def test_the_order_of_the_rows_changes_nothing(transform):
    train = pa.table(rows(300, 0))
    shuffled = train.take(np.random.default_rng(3).permutation(300))
    plans = [
        transform(name=str(i), train=table, eval=train, test=train).result.plan
        for i, table in enumerate((train, shuffled))
    ]
    assert plans[0] == plans[1]


def test_running_again_writes_the_same_examples_and_leaves_nothing_else(transform):
    split = {"train": rows(50, 0), "eval": rows(10, 1), "test": rows(10, 2)}
    digest = content_digest(transform(name="same", **split).examples.root)
    again = transform(name="same", **split)
    assert content_digest(again.examples.root) == digest
    assert sorted(path.name for path in again.examples.root.parent.iterdir()) == ["examples", "graph", "summary.md"]


def test_rows_without_a_known_label_are_dropped_and_counted(transform):
    done = transform(
        train=rows(6, 0, ["no", "yes", "no", None, "yes", "no"]),
        eval=rows(4, 1, ["perhaps", "yes", None, "no"]),
        test=rows(2, 2, [None, "perhaps"]),
    )
    assert done.result.rows == {"train": 5, "eval": 2, "test": 0}
    assert done.result.dropped == {"train": 1, "eval": 2, "test": 2}
    assert read_examples(done.examples, "train").labels.tolist() == [0, 1, 0, 1, 0]
    assert read_examples(done.examples, "eval").labels.tolist() == [1, 0]
    assert read_examples(done.examples, "test").inputs["dense"].shape == (0, len(done.result.spec.dense))


def test_a_regression_label_is_standardized_and_keeps_its_scale_in_the_spec(transform):
    label = [float(value) for value in range(1, 101)]
    done = transform(train=rows(100, 0, label), eval=rows(2, 1, [0.0, None]), test=rows(1, 2, [1000.0]))
    spec = done.result.spec.label
    assert (spec.problem, spec.classes, spec.mean) == (Problem.REGRESSION, (), 50.5)
    examples = read_examples(done.examples, "train")
    assert examples.labels.dtype == np.float32
    np.testing.assert_allclose(examples.labels * spec.standard_deviation + spec.mean, label, rtol=1e-5)
    assert done.result.rows == {"train": 100, "eval": 1, "test": 1}


def test_the_plan_accounts_for_every_column_and_can_be_read_back(transform):
    done = transform({"exclude": ["income"]}, train=rows(100, 0), eval=rows(5, 1), test=rows(5, 2))
    plan = read_document(TransformPlan, done.graph.plan_path)
    assert plan == done.result.plan
    accounted = [column.name for column in (*plan.features, *plan.excluded)]
    assert sorted(accounted) == sorted(["id", "age", "income", "city", "code", "seen"])
    assert {column.name: column.why.split(":")[0] for column in plan.excluded} == {
        "id": "tagged identifier",
        "income": "excluded by the call",
    }
    document = json.loads(done.graph.plan_path.read_text(encoding="utf-8"))
    assert document["features"][0]["fit"]["center"] == plan.features[0].fit.center
    assert plan.train_rows == 100
    assert plan.features[0].missing_fraction == pa.table(rows(100, 0))["age"].null_count / 100


def test_the_summary_names_every_column_and_its_reason(transform):
    done = transform(train=rows(100, 0), eval=rows(5, 1), test=rows(5, 2))
    text = describe(done.result)
    for words in ("yes (positive)", "| age | numeric | z\\_score |", "tagged identifier", "| seen | timestamp |"):
        assert words.replace("\\", "") in text.replace("\\", "")
    assert done.result.metrics == {
        "features": 5.0,
        "dense_width": float(len(done.result.spec.dense)),
        "id_columns": 1.0,
        "classes": 2.0,
        "train_rows": 100.0,
        "eval_rows": 5.0,
        "test_rows": 5.0,
        "dropped_rows": 0.0,
    }


def test_columns_that_say_nothing_are_left_out_unless_they_are_named(transform):
    train = {
        "one": pa.array([3, 3, 3]),
        "same": ["a", "a", "a"],
        "none": pa.nulls(3, pa.string()),
        "x": [1, 2, 5],
        "y": [0, 1, 0],
    }
    splits = {"train": train, "eval": train, "test": train}
    excluded = {column.name: column.why for column in transform(**splits).result.plan.excluded}
    assert excluded == {
        "one": "it is 3 in every row of the train split",
        "same": "it is 'a' in every row of the train split",
        "none": "the train split has no value of it",
    }
    named = transform({"features": {"one": {}, "same": {}}}, name="named", **splits).result.spec
    assert [feature.name for feature in named.features] == ["one", "same", "x"]


@pytest.mark.parametrize(
    ("train", "config", "error", "message"),
    [
        ({"y": [0, 1]}, {}, DataError, "no column is a usable feature"),
        ({"id": ["a", "b"], "y": [0, 1]}, {}, DataError, "no column is a usable feature .*id: tagged identifier"),
        ({"age": [1, 2], "y": [1, 1]}, {}, DataError, "one class in the train split, '1'"),
        ({"age": pa.array([], pa.int64()), "y": pa.array([], pa.int64())}, {}, DataError, "train split has no row"),
        (
            {"age": ["old", "young"], "y": [0, 1]},
            {},
            DataError,
            r"'age' of type string cannot be read as numeric: .* \(tagged numeric\)",
        ),
        ({"age": [1, 2], "y": [0, 1]}, {"exclude": ["x"]}, InputError, "there is no column 'x'"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_and_nothing_is_written(
    transform, tmp_path: Path, train: dict[str, Any], config: dict[str, Any], error: type[Exception], message: str
):
    with pytest.raises(error, match=message):
        transform(config, train=train, eval=train, test=train)
    assert not (tmp_path / "out").exists()


def test_a_missing_schema_is_named(tmp_path: Path, make_table):
    split = {"x": [1, 2], "y": [0, 1]}
    with pytest.raises(InputError, match=r"schema\.pbtxt is missing"):
        table = make_table(train=split, eval=split, test=split)
        inputs = Inputs(examples=table.root, schema=tmp_path / "nowhere", workspace=tmp_path / "work")
        run(inputs, TransformConfig(label="y"))

"""From a table and a model to predictions that are those of the serving signature."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from customer_tables import FEATURES, LABELS, make_rows, read_table, write_table

from slipway.contracts.documents import parse
from slipway.contracts.errors import DataError, ExitCode, InputError
from slipway.contracts.examples import MISSING_TIMESTAMP, FeatureKind, Problem, input_names
from slipway.contracts.tables import table_digest
from slipway.steps.evaluate_slices.config import EvaluateSlicesConfig
from slipway.steps.evaluate_slices.predictions import predict as predict_to_evaluate
from slipway.storage.folders import content_digest, file_digest

pytestmark = pytest.mark.any_processor

TOLERANCE = 1e-6
COLUMNS = ["customer", "age in years", "hours", "job", "seen.at", "note"]
FIELDS = {
    Problem.BINARY: {"predicted_left": "string", "probability_yes": "float"},
    Problem.MULTICLASS: {
        "predicted_plan": "string",
        "probability_a": "float",
        "probability_b": "float",
        "probability_<c>": "float",
    },
    Problem.REGRESSION: {"predicted_bill": "float"},
}


def requests(table: pa.Table):
    """Each row as a client of the model server writes it, made from Python's values."""
    names = input_names(FEATURES)
    for row in table.to_pylist():
        request = {}
        for feature in FEATURES:
            value = row[feature.name]
            if feature.kind is FeatureKind.NUMERIC:
                tensor = tf.constant([float("nan") if value is None else value], tf.float32)
            elif feature.kind is FeatureKind.CATEGORICAL:
                tensor = tf.constant([value or ""], tf.string)
            else:
                seconds = MISSING_TIMESTAMP if value is None else int((value - EPOCH).total_seconds())
                tensor = tf.constant([seconds], tf.int64)
            request[names[feature.name]] = tensor
        yield request


EPOCH = pa.scalar(0, pa.timestamp("us")).as_py()


@pytest.mark.parametrize("problem", list(Problem))
def test_every_row_has_what_the_serving_signature_answers_for_it_alone(run, examples, make_model, problem):
    """WHY: what is predicted in a batch must be what the model server says online, to the last row."""
    serving = tf.saved_model.load(str(make_model(problem).saved_model)).signatures["serving_default"]
    answers = [serving(**request) for request in requests(read_table(examples))]
    _, folder = run(problem)
    written = read_table(folder)
    assert written.num_rows == len(answers) == 330
    if problem is Problem.REGRESSION:
        expected = np.array([answer["predictions"].numpy()[0] for answer in answers])
        np.testing.assert_allclose(written["predicted_bill"], expected, rtol=TOLERANCE)
        assert np.std(expected) > 1
        return
    classes = [answer["predicted_class"].numpy()[0].decode() for answer in answers]
    assert written[f"predicted_{LABELS[problem].name}"].to_pylist() == classes
    assert len(set(classes)) > 1
    for index, name in enumerate(LABELS[problem].classes):
        if f"probability_{name}" in written.column_names:
            expected = np.array([answer["probabilities"].numpy()[0, index] for answer in answers])
            np.testing.assert_allclose(written[f"probability_{name}"], expected, atol=TOLERANCE)


@pytest.mark.parametrize("problem", list(Problem))
def test_rows_keep_their_split_order_and_columns_and_gain_the_prediction(run, examples, problem):
    found, folder = run(problem)
    manifest = folder.manifest()
    assert found.manifest == manifest
    assert {split: manifest.rows(split) for split in manifest.splits} == {"train": 230, "eval": 20, "test": 80}
    for split in manifest.splits:
        assert read_table(folder, split).select(COLUMNS).equals(read_table(examples, split))
    types = {column.name: column.type for column in manifest.columns}
    assert types == {column.name: column.type for column in examples.manifest().columns} | FIELDS[problem]
    assert {field.name: str(field.type) for field in pq.read_schema(folder.files("test")[0])} == types


def test_the_manifest_tells_the_bytes_of_every_file(run):
    _, folder = run()
    manifest = folder.manifest()
    for files in manifest.splits.values():
        for file in files:
            path = folder.root / file.path
            assert (file.bytes, file.sha256) == (path.stat().st_size, file_digest(path))
    assert manifest.source == "here"
    assert manifest.digest == table_digest(manifest.columns, manifest.splits)


def test_equal_inputs_give_equal_bytes(run):
    digests = {content_digest(run(name=name)[1].root) for name in ("first", "second")}
    assert len(digests) == 1


@pytest.mark.parametrize("problem", list(Problem))
@pytest.mark.parametrize("batch_size", [1, 7, 1_000_000])
def test_the_batch_size_changes_no_class_and_no_number_beyond_the_tolerance(run, problem, batch_size):
    _, default = run(problem)
    _, other = run(problem, name="other", batch_size=batch_size)
    expected, actual = read_table(default), read_table(other)
    assert actual.select(COLUMNS).equals(expected.select(COLUMNS))
    for name, kind in FIELDS[problem].items():
        if kind == "string":
            assert actual[name].equals(expected[name])
        else:
            np.testing.assert_allclose(actual[name], expected[name], rtol=TOLERANCE, atol=TOLERANCE)


def test_evaluate_slices_judges_the_same_predictions(run, examples, make_model, tmp_path):
    label = pa.array(["yes", "no"] * 40)
    labelled = write_table(tmp_path / "labelled", {"test": [read_table(examples, "test").append_column("left", label)]})
    judged = predict_to_evaluate(labelled, make_model(), None, parse(EvaluateSlicesConfig, {}))
    found, folder = run(table=labelled)
    written = read_table(folder)
    np.testing.assert_allclose(written["probability_yes"], judged.predictions[:, 1], atol=TOLERANCE)
    assert found.counts.mean == pytest.approx(float(judged.predictions[:, 1].mean()), abs=TOLERANCE)
    assert written["left"].combine_chunks().equals(label)


@pytest.mark.parametrize(("keep", "columns"), [(["note", "customer"], ["note", "customer"]), ([], []), (None, COLUMNS)])
def test_only_the_columns_that_are_asked_for_are_kept_in_the_order_asked_for(run, examples, keep, columns):
    _, folder = run(keep_columns=keep)
    written = read_table(folder)
    assert written.column_names == [*columns, "predicted_left", "probability_yes"]
    assert written.select(columns).equals(read_table(examples).select(columns))
    assert [column.name for column in folder.manifest().columns] == written.column_names


def test_chosen_splits_are_predicted_and_no_other(run, examples):
    found, folder = run(splits=["test", "eval"])
    assert list(folder.manifest().splits) == ["eval", "test"]
    assert found.counts.rows == 100
    assert sorted(path.name for path in folder.root.iterdir()) == ["eval", "manifest.json", "test"]


def test_a_split_without_rows_stays_one(run, tmp_path):
    table = write_table(tmp_path / "table", {"train": [], "test": [make_rows(3)]})
    _, folder = run(table=table)
    assert folder.manifest().splits["train"] == ()
    assert folder.manifest().rows("test") == 3


def test_a_row_that_the_model_has_no_finite_answer_for_gets_nulls_and_is_counted(run, write_examples):
    table = make_rows(50)
    hours = pc.if_else(pa.array([True] * 3 + [False] * 47), pa.scalar(None, pa.float64()), table["hours"])
    examples = write_examples(table.set_column(2, "hours", hours))
    for problem, fields in FIELDS.items():
        found, folder = run(problem, table=examples)
        written = read_table(folder)
        assert [written[name].null_count for name in fields] == [3] * len(fields)
        assert written.slice(0, 3)[next(iter(fields))].null_count == 3
        assert (found.counts.rows, found.counts.without_prediction) == (50, 3)
        assert sum(found.counts.classes.values()) == (0 if problem is Problem.REGRESSION else 47)
        assert np.isfinite([found.counts.mean, found.counts.smallest, found.counts.largest]).all()


@pytest.mark.parametrize("problem", [Problem.BINARY, Problem.MULTICLASS])
def test_a_request_that_cannot_be_answered_is_told_so_and_spoils_no_other(make_model, problem):
    """WHY: oneDNN's fused kernel turns NaN into 0, which would be a confident answer to a row that has none."""
    serving = tf.saved_model.load(str(make_model(problem).saved_model)).signatures["serving_default"]
    request = list(requests(make_rows(2)))
    both = {name: tf.concat([request[0][name], request[1][name]], axis=0) for name in request[0]}
    asked = both | {"hours": tf.constant([float("nan"), both["hours"].numpy()[1]])}
    answer, alone = serving(**asked), serving(**request[1])
    assert np.isnan(answer["probabilities"].numpy()[0]).all()
    assert answer["predicted_class"].numpy().tolist() == [b"", alone["predicted_class"].numpy()[0]]
    np.testing.assert_allclose(answer["probabilities"].numpy()[1], alone["probabilities"].numpy()[0], rtol=TOLERANCE)


def test_nothing_but_such_rows_is_a_result_too(run, write_examples):
    table = make_rows(5)
    found, _ = run(table=write_examples(table.set_column(2, "hours", pa.nulls(5, pa.float64()))))
    assert found.counts.without_prediction == 5
    assert (found.counts.mean, found.counts.smallest, found.counts.largest) == (None, None, None)


def test_columns_that_the_model_reads_and_the_table_lacks_are_all_named(run, write_examples, tmp_path):
    examples = write_examples(make_rows(5).drop_columns(["job", "hours"]))
    with pytest.raises(DataError, match="the model reads 'hours', 'job', which the table does not have; it has cust"):
        run(table=examples)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("hours", ["40", "many"], "column 'hours' of type string cannot be read as numeric: .*many"),
        ("seen.at", ["2024-01-01", "soon"], "column 'seen.at' of type string cannot be read as timestamp: .*soon"),
        ("hours", [[40.0], [1.0, 2.0]], "column 'hours' of type list<.*> cannot be read as numeric"),
    ],
)
def test_a_value_of_another_type_is_the_datas_fault_and_leaves_nothing(
    run, write_examples, tmp_path, column, values, told
):
    table = make_rows(2)
    index = table.schema.get_field_index(column)
    with pytest.raises(DataError, match=told) as raised:
        run(table=write_examples(table.set_column(index, column, pa.array(values))))
    assert raised.value.exit_code is ExitCode.DATA_INVALID
    assert list((tmp_path / "out").iterdir()) == []


def test_numbers_and_times_that_came_as_text_are_read(run, write_examples):
    table = make_rows(20)
    _, expected = run(table=write_examples(table))
    texts = table.set_column(2, "hours", table["hours"].cast(pa.string()))
    texts = texts.set_column(4, "seen.at", pc.strftime(table["seen.at"], "%Y-%m-%dT%H:%M:%S"))
    _, actual = run(table=write_table(expected.root.parent / "texts", {"test": [texts]}), name="other")
    assert read_table(actual)["probability_yes"].equals(read_table(expected)["probability_yes"])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"keep_columns": ["custmer"]}, "keep_columns names 'custmer', which is no column; did you mean 'customer'"),
        ({"keep_columns": ["zzz"]}, "keep_columns names 'zzz', which is no column; there are customer, age in years"),
    ],
)
def test_a_column_that_is_not_there_is_the_callers_fault(run, settings, told):
    with pytest.raises(InputError, match=told) as raised:
        run(**settings)
    assert raised.value.exit_code is ExitCode.USAGE


def test_a_split_that_is_not_there_is_named(run, write_examples):
    with pytest.raises(InputError, match="the table has no split 'eval'; it has test"):
        run(table=write_examples(make_rows(3)), splits=["eval"])


def test_a_table_without_rows_is_refused(run, tmp_path):
    table = write_table(tmp_path / "table", {"train": [make_rows(3)], "test": [make_rows(0)]})
    with pytest.raises(DataError, match="there is no row to predict in test"):
        run(table=table, splits=["test"])


def test_predictions_of_predictions_do_not_overwrite_a_column(run):
    _, folder = run()
    with pytest.raises(InputError, match="the table has a column 'predicted_left', as the predictions have; leave it"):
        run(table=folder, name="again")
    _, again = run(table=folder, name="again", keep_columns=COLUMNS)
    assert read_table(again)["predicted_left"].equals(read_table(folder)["predicted_left"])


def test_what_stood_there_before_is_replaced_only_by_a_whole_result(run, write_examples):
    _, folder = run()
    before = content_digest(folder.root)
    with pytest.raises(DataError):
        run(table=write_examples(make_rows(2).set_column(2, "hours", pa.array(["1", "many"]))))
    assert content_digest(folder.root) == before
    assert [path.name for path in folder.root.parent.iterdir()] == ["predictions"]

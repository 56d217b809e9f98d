"""Transformed examples on disk."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from slipway.contracts.documents import write_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, IdColumn, Label, Problem
from slipway.training.examples import Examples, read_examples, write_examples

ROWS = 103
FORMATS = ("arrow", "tfrecord")


def make_spec(dense: int = 3, ids: int = 2, problem: Problem = Problem.BINARY) -> ExampleSpec:
    classes = () if problem is Problem.REGRESSION else ("no", "yes")
    return ExampleSpec(
        features=(),
        label=Label(name="y", problem=problem, classes=classes),
        dense=tuple(f"d{i}" for i in range(dense)),
        ids=tuple(IdColumn(name=f"i{i}", size=9) for i in range(ids)),
    )


def make_examples(dense: int = 3, ids: int = 2, rows: int = ROWS, problem: Problem = Problem.BINARY) -> Examples:
    random = np.random.default_rng(0)
    inputs = {
        "dense": random.normal(size=(rows, dense)).astype(np.float32),
        "ids": random.integers(0, 9, (rows, ids), np.int32),
    }
    return Examples(
        {name: values for name, values in inputs.items() if values.shape[1]},
        # Distinct labels, so that a batch says which rows it holds.
        np.arange(rows, dtype=np.float32 if problem is Problem.REGRESSION else np.int32),
    )


def stored(root: Path, spec: ExampleSpec, examples: Examples, extension: str) -> ExamplesFolder:
    folder = ExamplesFolder(root)
    write_examples(folder.file("train", extension), spec, examples.inputs, examples.labels)
    write_document(spec, folder.spec_path)
    return folder


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("problem", [Problem.BINARY, Problem.REGRESSION])
@pytest.mark.parametrize(("dense", "ids"), [(3, 2), (3, 0), (0, 2)])
def test_what_is_written_is_read_back(tmp_path, extension: str, problem: Problem, dense: int, ids: int):
    examples = make_examples(dense, ids, problem=problem)
    back = read_examples(stored(tmp_path, make_spec(dense, ids, problem), examples, extension), "train")
    assert list(back.inputs) == list(examples.inputs)
    pairs = [(back.labels, examples.labels), *((back.inputs[name], examples.inputs[name]) for name in back.inputs)]
    for actual, expected in pairs:
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("extension", FORMATS)
def test_a_split_without_rows_keeps_its_form(tmp_path, extension: str):
    back = read_examples(stored(tmp_path, make_spec(), make_examples(rows=0), extension), "train")
    found = {name: (values.shape, values.dtype) for name, values in {**back.inputs, "label": back.labels}.items()}
    assert found == {"dense": ((0, 3), np.float32), "ids": ((0, 2), np.int32), "label": ((0,), np.int32)}


def test_arrow_examples_are_one_batch_that_is_mapped_and_not_copied(tmp_path):
    folder = stored(tmp_path, make_spec(), make_examples(), "arrow")
    with pa.memory_map(str(folder.file("train"))) as file:
        assert pa.ipc.open_file(file).num_record_batches == 1
    dense = read_examples(folder, "train").inputs["dense"]
    assert not dense.flags.writeable
    assert not dense.flags.owndata


def test_arrow_columns_are_what_the_contract_says(tmp_path):
    folder = stored(tmp_path, make_spec(), make_examples(), "arrow")
    schema = pa.ipc.open_file(folder.file("train")).schema
    assert schema.names == ["dense", "ids", "label"]
    assert schema.types == [pa.list_(pa.float32(), 3), pa.list_(pa.int32(), 2), pa.int32()]


def test_ids_are_absent_from_the_file_when_there_are_none(tmp_path):
    folder = stored(tmp_path, make_spec(ids=0), make_examples(ids=0), "arrow")
    assert pa.ipc.open_file(folder.file("train")).schema.names == ["dense", "label"]


def test_records_are_ordinary_examples(tmp_path):
    """tf.train.Example in plain Python must read what the bulk encoder wrote."""
    examples = make_examples()
    folder = stored(tmp_path, make_spec(), examples, "tfrecord")
    records = list(tf.data.TFRecordDataset(str(folder.file("train", "tfrecord"))).as_numpy_iterator())
    assert len(records) == ROWS
    feature = tf.train.Example.FromString(records[7]).features.feature
    assert sorted(feature) == ["dense", "ids", "label"]
    assert list(feature["dense"].float_list.value) == examples.inputs["dense"][7].tolist()
    assert list(feature["ids"].int64_list.value) == examples.inputs["ids"][7].tolist()
    assert list(feature["label"].int64_list.value) == [7]


def test_another_width_than_the_spec_is_refused(tmp_path):
    examples = make_examples(dense=4)
    with pytest.raises(InputError, match=r"dense should have shape \(103, 3\), got \(103, 4\)"):
        write_examples(tmp_path / "train.arrow", make_spec(), examples.inputs, examples.labels)


def test_examples_without_an_input_of_the_spec_are_refused(tmp_path):
    examples = make_examples(ids=0)
    with pytest.raises(InputError, match="should have the inputs dense, ids, got dense"):
        write_examples(tmp_path / "train.arrow", make_spec(), examples.inputs, examples.labels)


def test_another_extension_is_refused(tmp_path):
    examples = make_examples()
    with pytest.raises(InputError, match=r"not as 'train\.csv'"):
        write_examples(tmp_path / "train.csv", make_spec(), examples.inputs, examples.labels)


def test_a_split_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no examples of split 'eval'; it should hold eval\.arrow"):
        read_examples(ExamplesFolder(tmp_path), "eval")

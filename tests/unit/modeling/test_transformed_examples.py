"""Transformed examples on disk, and the batches that training takes from them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from slipway.contracts.documents import write_document
from slipway.contracts.errors import InputError
from slipway.contracts.features import ExamplesFolder, ExampleSpec, IdColumn, Label, Problem
from slipway.modeling.transformed_examples import Examples, read_examples, training_dataset, write_examples

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
    return Examples(
        random.normal(size=(rows, dense)).astype(np.float32),
        random.integers(0, 9, (rows, ids), np.int32),
        # Distinct labels, so that a batch says which rows it holds.
        np.arange(rows, dtype=np.float32 if problem is Problem.REGRESSION else np.int32),
    )


def stored(root: Path, spec: ExampleSpec, examples: Examples, extension: str) -> ExamplesFolder:
    folder = ExamplesFolder(root)
    write_examples(folder.file("train", extension), spec, examples.dense, examples.ids, examples.label)
    write_document(spec, folder.spec_path)
    return folder


def order(dataset: tf.data.Dataset) -> list[int]:
    return np.concatenate([label for _, label in dataset.as_numpy_iterator()]).tolist()


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("problem", [Problem.BINARY, Problem.REGRESSION])
@pytest.mark.parametrize(("dense", "ids"), [(3, 2), (3, 0), (0, 2)])
def test_what_is_written_is_read_back(tmp_path, extension: str, problem: Problem, dense: int, ids: int):
    examples = make_examples(dense, ids, problem=problem)
    back = read_examples(stored(tmp_path, make_spec(dense, ids, problem), examples, extension), "train")
    for name in ("dense", "ids", "label"):
        expected, actual = getattr(examples, name), getattr(back, name)
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("extension", FORMATS)
def test_a_split_without_rows_keeps_its_form(tmp_path, extension: str):
    back = read_examples(stored(tmp_path, make_spec(), make_examples(rows=0), extension), "train")
    assert (back.dense.shape, back.ids.shape, back.label.shape) == ((0, 3), (0, 2), (0,))
    assert (back.dense.dtype, back.ids.dtype, back.label.dtype) == (np.float32, np.int32, np.int32)


def test_arrow_examples_are_one_batch_that_is_mapped_and_not_copied(tmp_path):
    folder = stored(tmp_path, make_spec(), make_examples(), "arrow")
    with pa.memory_map(str(folder.file("train"))) as file:
        assert pa.ipc.open_file(file).num_record_batches == 1
    dense = read_examples(folder, "train").dense
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
    assert list(feature["dense"].float_list.value) == examples.dense[7].tolist()
    assert list(feature["ids"].int64_list.value) == examples.ids[7].tolist()
    assert list(feature["label"].int64_list.value) == [7]


def test_another_width_than_the_spec_is_refused(tmp_path):
    examples = make_examples(dense=4)
    with pytest.raises(InputError, match=r"dense should have shape \(103, 3\), got \(103, 4\)"):
        write_examples(tmp_path / "train.arrow", make_spec(), examples.dense, examples.ids, examples.label)


def test_another_extension_is_refused(tmp_path):
    examples = make_examples()
    with pytest.raises(InputError, match=r"not as 'train\.csv'"):
        write_examples(tmp_path / "train.csv", make_spec(), examples.dense, examples.ids, examples.label)


def test_a_split_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no examples of split 'eval'; it should hold eval\.arrow"):
        read_examples(ExamplesFolder(tmp_path), "eval")


def test_without_shuffling_batches_keep_the_order_of_the_file():
    examples = make_examples()
    batches = list(training_dataset(examples, 10, seed=1, shuffle=False).as_numpy_iterator())
    assert [len(label) for _, label in batches] == [10] * 10 + [3]
    np.testing.assert_array_equal(np.concatenate([features["dense"] for features, _ in batches]), examples.dense)
    np.testing.assert_array_equal(np.concatenate([features["ids"] for features, _ in batches]), examples.ids)
    np.testing.assert_array_equal(np.concatenate([label for _, label in batches]), examples.label)


def test_shuffled_rows_stay_whole_and_every_row_comes_once():
    examples = make_examples()
    batches = list(training_dataset(examples, 10, seed=1, shuffle=True).as_numpy_iterator())
    label = np.concatenate([label for _, label in batches])
    assert label.tolist() != list(range(ROWS))
    assert sorted(label) == list(range(ROWS))
    np.testing.assert_array_equal(np.concatenate([f["dense"] for f, _ in batches]), examples.dense[label])
    np.testing.assert_array_equal(np.concatenate([f["ids"] for f, _ in batches]), examples.ids[label])


def test_every_epoch_has_another_order_and_all_follow_from_the_seed():
    datasets = [training_dataset(make_examples(), 10, seed=seed, shuffle=True) for seed in (1, 1, 2)]
    first, second, other = ([order(dataset) for _ in range(3)] for dataset in datasets)
    assert first == second
    assert len({tuple(epoch) for epoch in (*first, *other)}) == 6


def test_repeating_gives_the_epochs_one_after_another():
    dataset = training_dataset(make_examples(), 10, seed=1, shuffle=True)
    epochs = order(dataset) + order(dataset)
    repeated = training_dataset(make_examples(), 10, seed=1, shuffle=True, repeat=True)
    assert repeated.cardinality() == tf.data.INFINITE_CARDINALITY
    assert order(repeated.take(22)) == epochs


@pytest.mark.parametrize(("dense", "ids", "expected"), [(3, 2, {"dense", "ids"}), (3, 0, {"dense"}), (0, 2, {"ids"})])
def test_a_matrix_without_columns_is_absent_from_batches(dense: int, ids: int, expected: set[str]):
    features, _ = training_dataset(make_examples(dense, ids), 10, seed=1, shuffle=True).element_spec
    assert set(features) == expected


def test_the_number_of_batches_is_known():
    assert training_dataset(make_examples(), 10, seed=1, shuffle=True).cardinality() == 11
    assert training_dataset(make_examples(), 10, seed=1, shuffle=True, drop_remainder=True).cardinality() == 10


def test_shards_together_see_the_batches_of_a_single_worker():
    examples = make_examples()
    whole = [label for _, label in training_dataset(examples, 10, seed=1, shuffle=True).as_numpy_iterator()]
    shards = [training_dataset(examples, 10, seed=1, shuffle=True, shard=(index, 3)) for index in range(3)]
    for step, parts in enumerate(zip(*(shard.as_numpy_iterator() for shard in shards), strict=True)):
        assert sorted(np.concatenate([label for _, label in parts])) == sorted(whole[step])


def test_a_strategy_distributes_the_same_epochs():
    strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
    dataset = training_dataset(make_examples(), 10, seed=1, shuffle=True)
    distributed = strategy.experimental_distribute_dataset(training_dataset(make_examples(), 10, seed=1, shuffle=True))
    for _ in range(2):
        seen = np.concatenate([strategy.experimental_local_results(label)[0] for _, label in distributed])
        assert seen.tolist() == order(dataset)


@pytest.mark.parametrize(
    ("rows", "batch_size", "options", "message"),
    [
        (0, 10, {}, "no example to train on"),
        (5, 10, {"drop_remainder": True}, "leaves nothing of 5 examples in batches of 10"),
        (5, 1, {"shard": (0, 2)}, "at least shard count"),
        (5, 4, {"shard": (2, 2)}, "at least shard count"),
        (5, 0, {}, "at least shard count"),
    ],
)
def test_a_dataset_that_cannot_be_is_refused(rows: int, batch_size: int, options: dict, message: str):
    with pytest.raises(InputError, match=message):
        training_dataset(make_examples(rows=rows), batch_size, seed=1, shuffle=True, **options)

"""The batches that training takes."""

import threading

import numpy as np
import pytest
import tensorflow as tf

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Problem
from slipway.training.examples import Examples
from slipway.training.input import Stack, training_stacks

ROWS = 103


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


def batches(stacks) -> list[dict[str, np.ndarray]]:
    """Every batch of some stacks: ``dense``, ``ids`` and ``label``."""
    return [
        {name: values.numpy()[step] for name, values in {**features, "label": label}.items()}
        for features, label in stacks
        for step in range(label.shape[0])
    ]


def order(stacks) -> list[int]:
    return np.concatenate([batch["label"] for batch in batches(stacks)]).tolist()


def test_without_shuffling_batches_keep_the_order_of_the_file():
    examples = make_examples()
    found = batches(training_stacks(examples, 10, seed=1, shuffle=False))
    assert [len(batch["label"]) for batch in found] == [10] * 10 + [3]
    for name, values in {**examples.inputs, "label": examples.labels}.items():
        np.testing.assert_array_equal(np.concatenate([batch[name] for batch in found]), values)


def test_shuffled_rows_stay_whole_and_every_row_comes_once():
    examples = make_examples()
    found = batches(training_stacks(examples, 10, seed=1, shuffle=True))
    label = np.concatenate([batch["label"] for batch in found])
    assert label.tolist() != list(range(ROWS))
    assert sorted(label) == list(range(ROWS))
    for name, values in examples.inputs.items():
        np.testing.assert_array_equal(np.concatenate([b[name] for b in found]), values[label])


def test_every_epoch_has_another_order_and_all_follow_from_the_seed():
    def epochs(seed: int) -> list[list[int]]:
        stacks = (training_stacks(make_examples(), 10, seed=seed, shuffle=True, epoch=epoch) for epoch in range(3))
        return [order(epoch) for epoch in stacks]

    first, again, other = epochs(1), epochs(1), epochs(2)
    assert first == again
    assert len({tuple(epoch) for epoch in (*first, *other)}) == 6


def test_the_size_of_stacks_changes_no_batch():
    whole, parted = (
        list(training_stacks(make_examples(), 10, seed=1, shuffle=True, steps=steps)) for steps in (None, 4)
    )
    assert [label.shape[0] for _, label in whole] == [10, 1]
    assert [label.shape[0] for _, label in parted] == [4, 4, 2, 1]
    for ours, theirs in zip(batches(whole), batches(parted), strict=True):
        np.testing.assert_equal(ours, theirs)


def test_a_stack_holds_four_mebibytes_or_one_batch():
    def lengths(width: int) -> list[int]:
        examples = make_examples(width, 0, rows=1024)
        stacks = training_stacks(examples, 128, seed=1, shuffle=True)
        return [label.shape[0] for _, label in stacks]

    assert lengths(dense := 2047) == [4, 4]
    assert 4 * 128 * 4 * (dense + 1) == 4 << 20
    assert lengths(4095) == [2] * 4
    assert lengths(20_000) == [1] * 8


@pytest.mark.parametrize(("dense", "ids", "expected"), [(3, 2, {"dense", "ids"}), (3, 0, {"dense"}), (0, 2, {"ids"})])
def test_a_matrix_without_columns_is_absent_from_batches(dense: int, ids: int, expected: set[str]):
    features, _ = next(training_stacks(make_examples(dense, ids), 10, seed=1, shuffle=True))
    assert set(features) == expected


def test_dtypes_are_those_of_the_examples():
    features, label = next(training_stacks(make_examples(problem=Problem.REGRESSION), 10, seed=1, shuffle=True))
    assert (features["dense"].dtype, features["ids"].dtype, label.dtype) == (tf.float32, tf.int32, tf.float32)


def test_a_remainder_can_be_left_out():
    found = batches(training_stacks(make_examples(), 10, seed=1, shuffle=True, drop_remainder=True))
    assert [len(batch["label"]) for batch in found] == [10] * 10


def test_shards_together_see_the_batches_of_a_single_worker():
    examples = make_examples()
    whole = batches(training_stacks(examples, 10, seed=1, shuffle=True))
    shards = [batches(training_stacks(examples, 10, seed=1, shuffle=True, shard=(i, 3), steps=2)) for i in range(3)]
    for step, parts in enumerate(zip(*shards, strict=True)):
        assert sorted(np.concatenate([part["label"] for part in parts])) == sorted(whole[step]["label"])


def test_a_shard_of_a_small_last_batch_may_be_empty():
    shard = batches(training_stacks(make_examples(rows=11), 5, seed=1, shuffle=True, shard=(2, 3)))
    assert [len(batch["label"]) for batch in shard] == [1, 1, 0]


def test_what_a_stack_holds_stays_when_the_next_ones_are_made():
    """TensorFlow takes the memory over without a copy; it must never be used twice."""
    stacks: list[Stack] = []
    copies = []
    for stack in training_stacks(make_examples(), 10, seed=1, shuffle=True, steps=1):
        stacks.append(stack)
        copies.append(stack[0]["dense"].numpy().copy())
    assert len(stacks) == 11
    for (features, _), copy in zip(stacks, copies, strict=True):
        np.testing.assert_array_equal(features["dense"].numpy(), copy)


def test_the_thread_that_gathers_ends_with_the_epoch_and_when_nobody_listens_any_more():
    before = set(threading.enumerate())

    def threads() -> list[threading.Thread]:
        new = set(threading.enumerate()) - before
        return [thread for thread in new if thread.name.startswith("slipway-input")]

    assert len(list(training_stacks(make_examples(), 10, seed=1, shuffle=True))) == 2
    assert threads() == []
    stacks = training_stacks(make_examples(), 10, seed=1, shuffle=True, steps=1)
    next(stacks)
    assert len(threads()) == 1
    stacks.close()
    assert threads() == []


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
def test_batches_that_cannot_be_are_refused(rows: int, batch_size: int, options: dict, message: str):
    with pytest.raises(InputError, match=message):
        training_stacks(make_examples(rows=rows), batch_size, seed=1, shuffle=True, **options)

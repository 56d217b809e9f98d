"""Batches for training: gathered from memory, or from a mapped file, in stacks of many steps.

TensorFlow pays 0.2 ms and several changes of thread for every element that a ``tf.data`` pipeline hands over, more than
gathering the batch costs, and its own gather takes three times NumPy's. So one gather makes the batches of many steps,
a thread makes the next one while these are learned from, and TensorFlow takes the memory as it is, without a copy.
"""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from slipway.contracts.errors import InputError
from slipway.tables.prefetch import prefetch
from slipway.training.examples import Examples

Stack = tuple[dict[str, tf.Tensor], tf.Tensor]
"""Features by name, shape (steps, batch, width) each, and the labels, shape (steps, batch)."""

_STACK_BYTES = 4 << 20
_ALIGNMENT = 64
"""TensorFlow copies memory that starts anywhere else."""


def training_stacks(
    examples: Examples,
    batch_size: int,
    *,
    seed: int,
    shuffle: bool,
    epoch: int = 0,
    drop_remainder: bool = False,
    shard: tuple[int, int] = (0, 1),
    steps: int | None = None,
) -> Iterator[Stack]:
    """Yield the batches of an epoch in stacks of features by name and labels.

    The order is a random permutation that differs in every epoch and follows from ``seed`` and the epoch's number
    alone, so equal arguments give equal batches, and an epoch can be had without those before it.

    Args:
        examples: all of them, on every worker.
        batch_size: examples in a step over all shards.
        seed: of the order, at least 0.
        shuffle: False keeps the order of the file.
        epoch: number of the epoch, from 0.
        drop_remainder: leave out a last batch of less than ``batch_size``; else it is a stack of its own.
        shard: (index, count); a shard has every count-th example of each batch, so all shards together see the batches
            that a single worker would see. Of a last batch with less than count examples some shards have none;
            ``drop_remainder`` avoids that.
        steps: most batches in a stack, at least 1; None takes as many as fill 4 MiB.

    Raises:
        InputError: there is no example, or an argument is out of its range.
    """
    index, count = shard
    if examples.rows == 0:
        raise InputError("there is no example to train on")
    if not 0 <= index < count <= batch_size:
        raise InputError(f"batch_size must be at least shard count and index below it, got {batch_size} and {shard}")
    if drop_remainder and examples.rows < batch_size:
        raise InputError(f"drop_remainder leaves nothing of {examples.rows} examples in batches of {batch_size}")
    steps = steps or _steps_in_stack(examples, batch_size, count)

    def stacks() -> Iterator[Stack]:
        rows = examples.rows
        order = np.random.default_rng([seed, epoch]).permutation(rows) if shuffle else np.arange(rows)
        for positions in _positions(order, batch_size, steps, drop_remainder):
            yield _gathered(examples, positions[:, index::count])

    return prefetch(stacks(), thread="slipway-input")


def _steps_in_stack(examples: Examples, batch_size: int, shards: int = 1) -> int:
    """Return how many batches of a shard fill 4 MiB, at least 1."""
    return max(1, _STACK_BYTES // (examples.row_bytes * -(-batch_size // shards)))


def _positions(order: np.ndarray, batch_size: int, steps: int, drop_remainder: bool) -> Iterator[np.ndarray]:
    """Yield the epoch's order in pieces of shape (steps or less, batch), and the rest."""
    whole = len(order) // batch_size * batch_size
    for start in range(0, whole, steps * batch_size):
        yield order[start : min(start + steps * batch_size, whole)].reshape(-1, batch_size)
    if whole < len(order) and not drop_remainder:
        yield order[whole:][np.newaxis]


def _gathered(examples: Examples, positions: np.ndarray) -> Stack:
    features = {name: _taken(values, positions) for name, values in examples.inputs.items()}
    return features, _taken(examples.labels, positions)


def _taken(values: np.ndarray, positions: np.ndarray) -> tf.Tensor:
    """Return ``values[positions]`` in memory that TensorFlow takes over."""
    shape = (*positions.shape, *values.shape[1:])
    size = int(np.prod(shape)) * values.itemsize
    if size == 0:
        return tf.zeros(shape, values.dtype)
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    target = memory[start : start + size].view(values.dtype).reshape(shape)
    # Every position is in range; "clip" spares NumPy the copy with which it would keep ``target`` whole if not.
    np.take(values, positions, axis=0, out=target, mode="clip")
    return tf.experimental.dlpack.from_dlpack(target.__dlpack__())

"""How many texts there are, how long they are, and how many are no text."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tfx_bsl.arrow.array_util import CountInvalidUTF8

from slipway.features.arrow_buffers import offsets_of
from slipway.statistics.accumulator import Accumulator
from slipway.statistics.column_batches import Column
from slipway.statistics.state_bytes import pack_state, unpack_state


@dataclass(frozen=True, slots=True)
class TextSizeValues:
    """Number of texts, their bytes together, and how many are not UTF-8."""

    count: int = 0
    bytes: int = 0
    invalid: int = 0


@dataclass(frozen=True, slots=True)
class TextSizes:
    """Exact counts of texts, of their bytes, and of those that are not UTF-8; integers count as their digits."""

    def create(self) -> TextSizeValues:
        """Return the sizes of nothing."""
        return TextSizeValues()

    def add(self, state: TextSizeValues, batch: Column) -> TextSizeValues:
        """Return the sizes with a column of strings, bytes or integers taken in."""
        encoded = batch.dictionary()
        if len(encoded.values) == 0:
            return state
        texts, counts = texts_of(encoded.values), encoded.counts()[:-1]
        size = int(np.diff(offsets_of(texts)) @ counts)
        invalid = CountInvalidUTF8(batch.array) if CountInvalidUTF8(texts) else 0
        return _sum(state, TextSizeValues(int(counts.sum()), size, invalid))

    def merge(self, states: Iterable[TextSizeValues]) -> TextSizeValues:
        """Return the sizes of all texts together."""
        return reduce(_sum, states, TextSizeValues())

    def extract(self, state: TextSizeValues) -> TextSizeValues:
        """Return the sizes."""
        return state

    def serialize(self, state: TextSizeValues) -> bytes:
        """Return the sizes as bytes."""
        return pack_state(self, state)

    def deserialize(self, content: bytes) -> TextSizeValues:
        """Return the sizes that ``serialize`` wrote; InputError for other bytes."""
        return unpack_state(self, TextSizeValues, content)


def texts_of(values: pa.Array) -> pa.Array:
    """Return strings or bytes as they are, and integers as strings."""
    return pc.cast(values, pa.string()) if pa.types.is_integer(values.type) else values


def _sum(first: TextSizeValues, other: TextSizeValues) -> TextSizeValues:
    return TextSizeValues(first.count + other.count, first.bytes + other.bytes, first.invalid + other.invalid)


if TYPE_CHECKING:
    _: Accumulator[TextSizeValues, Column, TextSizeValues] = TextSizes()

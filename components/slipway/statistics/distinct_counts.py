"""How many different values there are, by the sketch that TFDV uses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from tfx_bsl.sketches import KmvSketch

from slipway.contracts.errors import InputError
from slipway.statistics.accumulator import Accumulator
from slipway.statistics.state_bytes import pack_fields, unpack_fields


@dataclass(frozen=True, slots=True)
class DistinctCount:
    """The number of different values, from the smallest hashes (K minimum values, Bar-Yossef and others, 2002).

    Exact below ``capacity`` values; beyond, an estimate with a relative standard error of about 1 / sqrt(capacity)
    that does not depend on order or parts.

    Attributes:
        capacity: how many hashes are kept, at least 1.
    """

    capacity: int

    def create(self) -> KmvSketch:
        """Return the sketch of nothing."""
        return KmvSketch(self.capacity)

    def add(self, state: KmvSketch, batch: pa.Array) -> KmvSketch:
        """Return the sketch with strings, bytes or integers taken in, none missing; equal ones need be given once."""
        if len(batch):
            state.AddValues(batch)
        return state

    def merge(self, states: Iterable[KmvSketch]) -> KmvSketch:
        """Return the sketch of all values together."""
        merged = self.create()
        for state in states:
            merged.Merge(state)
        return merged

    def extract(self, state: KmvSketch) -> int:
        """Return how many different values there are."""
        return int(state.Estimate())

    def serialize(self, state: KmvSketch) -> bytes:
        """Return the sketch as bytes."""
        return pack_fields(self, {"sketch": state.Serialize()})

    def deserialize(self, content: bytes) -> KmvSketch:
        """Return the sketch that ``serialize`` wrote; InputError for other bytes."""
        try:
            return KmvSketch.Deserialize(unpack_fields(self, content)["sketch"])
        except (KeyError, RuntimeError) as error:
            raise InputError(f"{len(content)} bytes are no state of {self!r}: {error}") from error


if TYPE_CHECKING:
    _: Accumulator[KmvSketch, pa.Array, int] = DistinctCount(capacity=1)

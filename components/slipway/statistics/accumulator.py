"""The algebra of every statistic: create a state, add batches, merge states, extract the result.

An accumulator is a frozen value. Two that are equal compute the same, so that who needs the same statistic shares one
state. States of parts of the data merge to the state of the whole; the order and the partition do not matter:
counts, extremes and sketches come out equal, sums of floating-point numbers within rounding.
"""

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

State = TypeVar("State")
Batch_contra = TypeVar("Batch_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)


class Accumulator(Protocol[State, Batch_contra, Result_co]):
    """A statistic that any engine can compute, in one process or in many."""

    def create(self) -> State:
        """Return the state of no data; merging with it changes nothing."""

    def add(self, state: State, batch: Batch_contra) -> State:
        """Return the state with a batch taken in; ``state`` itself may be changed and is not to be used again."""

    def merge(self, states: Iterable[State]) -> State:
        """Return the state of all data together; the states given may be changed and are not to be used again."""

    def extract(self, state: State) -> Result_co:
        """Return what the data come to."""

    def serialize(self, state: State) -> bytes:
        """Return a state as bytes, to be sent to another process or kept for a later run."""

    def deserialize(self, content: bytes) -> State:
        """Return the state that ``serialize`` wrote.

        Raises:
            InputError: the bytes are no state of this accumulator.
        """


AnyAccumulator = Accumulator[Any, Any, Any]

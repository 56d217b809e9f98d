"""TFDV's statistics of one column, batch by batch, with counts between the edges that drift is measured in.

The same definitions and the same sketches as TFDV's in-memory statistics, so equal numbers; a test holds the messages
equal. Each distinct value of a batch is handled once where TFDV handles every row, and no list is made of each value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

from slipway.contracts.errors import DataError
from slipway.features.arrow_buffers import offsets_of
from slipway.statistics.accumulator import Accumulator, AnyAccumulator
from slipway.statistics.bucket_counts import BucketCounts
from slipway.statistics.column_batches import Column, ColumnBatch
from slipway.statistics.distinct_counts import DistinctCount
from slipway.statistics.extremes import Extremes
from slipway.statistics.frequent_values import FrequentValues, ValueWeights
from slipway.statistics.histograms import BUCKETS, FINE
from slipway.statistics.moments import Moments
from slipway.statistics.quantiles import Quantiles
from slipway.statistics.state_bytes import pack_fields, unpack_fields
from slipway.statistics.text_sizes import TextSizes, texts_of
from slipway.statistics.tfdv_messages import Feature, value_labels, write_numbers, write_values

_MOMENTS, _EXTREMES = Moments(), Extremes()
_QUANTILES = Quantiles(error=0.01, buckets=BUCKETS * FINE)
_SIZES, _DISTINCT, _FREQUENT = TextSizes(), DistinctCount(16_384), FrequentValues(1024)
_NUMBERS: Mapping[str, AnyAccumulator] = MappingProxyType(
    {"moments": _MOMENTS, "extremes": _EXTREMES, "quantiles": _QUANTILES}
)
_VALUES: Mapping[str, AnyAccumulator] = MappingProxyType(
    {"sizes": _SIZES, "distinct": _DISTINCT, "frequent": _FREQUENT}
)


@dataclass(slots=True)
class ColumnState:
    """What is known of a column.

    Attributes:
        rows: taken in, missing values too.
        type: Arrow's name of its canonical type; empty before the first batch.
        parts: the states of the accumulators that it is made of, by name.
    """

    rows: int = 0
    type: str = ""
    parts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ColumnResult:
    """The statistics of a column.

    Attributes:
        message: TFDV's.
        buckets: counts between ``edges``, int64, shape (edges + 1,); None without edges.
        previous_buckets: counts between ``previous_edges`` likewise.
    """

    message: statistics_pb2.FeatureNameStatistics
    buckets: np.ndarray | None = None
    previous_buckets: np.ndarray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStatistics:
    """Moments, extremes and histograms of a column of numbers; frequent and distinct values of any other.

    Counts of values are exact up to 1024 different ones, the number of distinct values up to 16384, quantiles within
    1 %. A state takes at most about two megabytes.

    Attributes:
        column: its name.
        categorical: whether its whole numbers are categories.
        edges: between which its numbers are counted; None counts nothing.
        previous_edges: likewise, those of an earlier run.
    """

    column: str
    categorical: bool = False
    edges: tuple[float, ...] | None = None
    previous_edges: tuple[float, ...] | None = None

    def create(self) -> ColumnState:
        """Return the state of no rows."""
        return ColumnState()

    def add(self, state: ColumnState, batch: ColumnBatch) -> ColumnState:
        """Return the state with a batch taken in that holds the column.

        Raises:
            DataError: the column had another type before.
        """
        column = batch.columns[self.column]
        if not state.type:
            state.type = str(column.array.type)
            state.parts = {name: part.create() for name, part in self._parts(state.type).items()}
        if state.type != str(column.array.type):
            raise self._type_error(state.type, str(column.array.type))
        state.rows += batch.rows
        if self._holds_numbers(state.type):
            numbers, parts = column.numbers(), self._parts(state.type)
            state.parts = {name: part.add(state.parts[name], numbers) for name, part in parts.items()}
        else:
            _add_values(state.parts, column)
        return state

    def merge(self, states: Iterable[ColumnState]) -> ColumnState:
        """Return the state of all rows together.

        Raises:
            DataError: the states are of columns of different types.
        """
        states = [state for state in states if state.type]
        if not states:
            return ColumnState()
        for state in states[1:]:
            if state.type != states[0].type:
                raise self._type_error(states[0].type, state.type)
        parts = self._parts(states[0].type)
        merged = {name: part.merge([state.parts[name] for state in states]) for name, part in parts.items()}
        return ColumnState(sum(state.rows for state in states), states[0].type, merged)

    def extract(self, state: ColumnState) -> ColumnResult:
        """Return TFDV's message about the column, and its counts between the edges."""
        message = Feature()
        message.path.step.append(self.column)
        found = {name: part.extract(state.parts[name]) for name, part in self._parts(state.type).items()}
        if self._holds_numbers(state.type):
            message.type = Feature.INT if state.type == "int64" else Feature.FLOAT
            write_numbers(message, state.rows, found["moments"], found["extremes"], found["quantiles"])
        elif state.type:
            message.type = Feature.INT if state.type == "int64" else Feature.STRING
            write_values(message, state.rows, found["sizes"], found["distinct"], found["frequent"])
        return ColumnResult(message, self._counts(found, "buckets"), self._counts(found, "previous_buckets"))

    def serialize(self, state: ColumnState) -> bytes:
        """Return the state as bytes."""
        parts = {name: part.serialize(state.parts[name]) for name, part in self._parts(state.type).items()}
        return pack_fields(self, {"rows": state.rows, "type": state.type, **parts})

    def deserialize(self, content: bytes) -> ColumnState:
        """Return the state that ``serialize`` wrote; InputError for other bytes."""
        fields = unpack_fields(self, content)
        parts = {name: part.deserialize(fields[name]) for name, part in self._parts(fields["type"]).items()}
        return ColumnState(fields["rows"], fields["type"], parts)

    def _holds_numbers(self, type_name: str) -> bool:
        return type_name == "double" or (type_name == "int64" and not self.categorical)

    def _parts(self, type_name: str) -> Mapping[str, AnyAccumulator]:
        if not type_name:
            return {}
        if not self._holds_numbers(type_name):
            return _VALUES
        edges = {"buckets": self.edges, "previous_buckets": self.previous_edges}
        return {**_NUMBERS, **{name: BucketCounts(inner) for name, inner in edges.items() if inner is not None}}

    def _counts(self, found: Mapping[str, Any], name: str) -> np.ndarray | None:
        edges = self.edges if name == "buckets" else self.previous_edges
        if edges is None:
            return None
        counts: np.ndarray = found.get(name, np.zeros(len(edges) + 1, np.int64))
        return counts

    def _type_error(self, first: str, second: str) -> DataError:
        return DataError(f"column {self.column!r} is {first} in one file and {second} in another")


def _add_values(parts: dict[str, Any], column: Column) -> None:
    """Take a column of texts, bytes or categories into the states of its parts."""
    encoded = column.dictionary()
    if len(encoded.values) == 0:
        return
    invalid_before = parts["sizes"].invalid
    parts["sizes"] = _SIZES.add(parts["sizes"], column)
    parts["distinct"] = _DISTINCT.add(parts["distinct"], encoded.values)
    texts = texts_of(encoded.values)
    labels = value_labels(texts, np.diff(offsets_of(texts)), invalid=parts["sizes"].invalid > invalid_before)
    parts["frequent"] = _FREQUENT.add(parts["frequent"], ValueWeights(labels, encoded.counts()[:-1]))


if TYPE_CHECKING:
    _: Accumulator[ColumnState, ColumnBatch, ColumnResult] = ColumnStatistics(column="")

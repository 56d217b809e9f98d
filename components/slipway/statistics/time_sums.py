"""The times of a column: extremes, exact sums, and how many rows have each month, day of week and hour."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from slipway.contracts.errors import InputError
from slipway.contracts.examples import MISSING_TIMESTAMP
from slipway.features.counted import CountedTimes
from slipway.features.date_parts import PERIODS, date_parts
from slipway.features.values import epoch_seconds, refusal_as_data_error

_SECONDS_PER_DAY = 86_400
_MOST_DAYS = 1 << 20
"""Sums of so many days, and of their squares over a batch, fit into int64."""
_FORMAT = "times-1"


@dataclass(slots=True)
class TimeSumsState:
    """Sums so far, exact; ``low`` and ``high`` mean nothing while ``present`` is 0."""

    rows: int = 0
    present: int = 0
    low: int = 0
    high: int = 0
    total: int = 0
    total_squares: int = 0
    parts: dict[str, list[int]] = field(default_factory=lambda: {name: [0] * size for name, size in PERIODS.items()})


@dataclass(frozen=True, slots=True)
class TimeSums:
    """Sum the times of a column (an ``Accumulator`` over Arrow tables and batches).

    Attributes:
        column: its name; dates, timestamps, seconds since 1970 UTC, or text in the form of ISO 8601.
    """

    column: str

    def create(self) -> TimeSumsState:
        """Return the state of no rows."""
        return TimeSumsState()

    def add(self, state: TimeSumsState, batch: pa.Table | pa.RecordBatch) -> TimeSumsState:
        """Return the state with the rows of a batch.

        Raises:
            DataError: the values are no times.
        """
        column = batch.column(self.column)
        with refusal_as_data_error(f"column {self.column!r} of type {column.type} cannot be read as timestamp"):
            seconds = epoch_seconds(column)
        present = seconds[seconds != MISSING_TIMESTAMP]
        if not len(present):
            return self.merge([state, TimeSumsState(rows=len(seconds))])
        total, squares = _sums(present)
        parts = date_parts(present, tuple(PERIODS))
        added = TimeSumsState(
            rows=len(seconds),
            present=len(present),
            low=int(present.min()),
            high=int(present.max()),
            total=total,
            total_squares=squares,
            parts={name: np.bincount(parts[name], minlength=size).tolist() for name, size in PERIODS.items()},
        )
        return self.merge([state, added])

    def merge(self, states: Iterable[TimeSumsState]) -> TimeSumsState:
        """Return the state of all rows together."""
        merged = self.create()
        for state in states:
            if state.present:
                merged.low = min(merged.low, state.low) if merged.present else state.low
                merged.high = max(merged.high, state.high) if merged.present else state.high
            merged.rows += state.rows
            merged.present += state.present
            merged.total += state.total
            merged.total_squares += state.total_squares
            merged.parts = {
                name: [left + right for left, right in zip(counts, state.parts[name], strict=True)]
                for name, counts in merged.parts.items()
            }
        return merged

    def extract(self, state: TimeSumsState) -> CountedTimes:
        """Return what the times come to."""
        return CountedTimes(
            rows=state.rows,
            present=state.present,
            low=state.low,
            high=state.high,
            total=state.total,
            total_squares=state.total_squares,
            parts={name: np.array(counts, np.int64) for name, counts in state.parts.items()},
        )

    def serialize(self, state: TimeSumsState) -> bytes:
        """Return the state as bytes; equal states give equal bytes."""
        numbers = (state.rows, state.present, state.low, state.high, state.total, state.total_squares)
        return json.dumps([_FORMAT, *numbers, *(state.parts[name] for name in PERIODS)]).encode()

    def deserialize(self, content: bytes) -> TimeSumsState:
        """Return the state that ``serialize`` wrote.

        Raises:
            InputError: the bytes are no state of summed times.
        """
        try:
            form, *numbers = json.loads(content)
        except (ValueError, TypeError):
            form = None
        if form != _FORMAT:
            raise InputError("these bytes are no summed times")
        rows, present, low, high, total, squares, *parts = numbers
        return TimeSumsState(rows, present, low, high, total, squares, dict(zip(PERIODS, parts, strict=True)))


def _sums(seconds: np.ndarray) -> tuple[int, int]:
    """Return the exact sums of int64 seconds and of their squares."""
    days, rest = np.divmod(seconds, _SECONDS_PER_DAY)
    if days.min() < -_MOST_DAYS or days.max() > _MOST_DAYS or len(days) > _MOST_DAYS:
        days, rest = days.astype(object), rest.astype(object)
    total_days, total_rest = int(days.sum()), int(rest.sum())
    squares = (int((days * days).sum()), int((days * rest).sum()), int((rest * rest).sum()))
    day = _SECONDS_PER_DAY
    return total_days * day + total_rest, squares[0] * day**2 + 2 * squares[1] * day + squares[2]

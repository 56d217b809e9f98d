"""What every encoding keeps: see ``slipway.features.encoding``. Runs where TensorFlow is."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf

from slipway.contracts.documents import parse, to_plain
from slipway.contracts.examples import MISSING_TIMESTAMP, FeatureKind, IdColumn
from slipway.features.encoding import Batch, Encoding, Preference, Useless
from slipway.features.tensors import DTYPES
from slipway.statistics.category_counts import CategoryCounts
from slipway.statistics.time_sums import TimeSums
from slipway.statistics.value_counts import ValueCounts

_TRAINING: dict[FeatureKind, list[Any]] = {
    FeatureKind.NUMERIC: [0.0, 1.5, -7.0, 3.25, None, 1e3, 2.0, 2.0],
    FeatureKind.CATEGORICAL: ["a", "b", None, "a", "c", "b", "a", "d"],
    FeatureKind.TIMESTAMP: [0, 86_400, 10**9, 4_000_000, None, -5, 7 * 10**8, 1],
}
_SERVING: dict[FeatureKind, list[Any]] = {
    FeatureKind.NUMERIC: [2.0, np.nan, np.inf, -np.inf, 1e30],
    FeatureKind.CATEGORICAL: ["a", "", "never seen", "b", "\u00e4" * 300],
    FeatureKind.TIMESTAMP: [86_400, MISSING_TIMESTAMP, 4 * 10**9, -(10**9), 0],
}
_COUNTING: dict[FeatureKind, Callable[[str], Any]] = {
    FeatureKind.NUMERIC: ValueCounts,
    FeatureKind.CATEGORICAL: CategoryCounts,
    FeatureKind.TIMESTAMP: TimeSums,
}


def check_settings_have_defaults_and_are_explained(name: str, encoding: Encoding) -> None:
    """Look at the dataclass of the settings."""
    assert is_dataclass(encoding.Settings())
    for field in fields(encoding.Settings):
        assert f"{field.name}:" in (encoding.Settings.__doc__ or ""), f"{name}: {field.name} is not explained"


def check_a_fit_goes_through_a_document_and_back(name: str, encoding: Encoding) -> None:
    """Look at what is written into the plan."""
    fit = _fit(encoding)
    assert parse(encoding.Fit, to_plain(fit)) == fit


def check_a_fit_is_described_in_a_line(name: str, encoding: Encoding) -> None:
    """Look at what a reader of the summary sees."""
    text = encoding.describe(_fit(encoding))
    assert text.strip(), name
    assert "\n" not in text, name


def check_equal_values_give_equal_fits(name: str, encoding: Encoding) -> None:
    """Look at two fits of the same values, which came in another order."""
    assert _fit(encoding) == _fit(encoding, reverse=True)


def check_recommends_itself_with_a_rank_or_not_at_all(name: str, encoding: Encoding) -> None:
    """Look at the preference for honest values."""
    preference = encoding.preference(_counted(encoding.kind), encoding.Settings())
    assert preference is None or (isinstance(preference, Preference) and preference.rank >= 1)


def check_one_value_alone_is_fitted_or_called_useless(name: str, encoding: Encoding) -> None:
    """Look at a column that never changes."""
    value = next(value for value in _TRAINING[encoding.kind] if value is not None)
    fit = encoding.fit(_counted(encoding.kind, [value] * 4), encoding.Settings())
    assert isinstance(fit, encoding.Fit | Useless), f"{name} gives {fit!r}"


def check_blocks_have_the_width_type_and_range_that_their_columns_say(name: str, encoding: Encoding) -> None:
    """Look at what the graph gives for values that training never saw, too."""
    blocks = _blocks(encoding, _SERVING[encoding.kind], name)
    assert blocks, name
    for block, values in blocks:
        assert values.shape == (len(_SERVING[encoding.kind]), len(block.columns)), name
        if all(isinstance(column, IdColumn) for column in block.columns):
            assert values.dtype == np.int32, name
            for index, column in enumerate(block.columns):
                assert ((values[:, index] >= 0) & (values[:, index] < column.size)).all(), name
        else:
            assert values.dtype == np.float32, name
            assert np.isfinite(values).all(), f"{name} gives {values}"


def check_a_row_does_not_depend_on_the_rows_beside_it(name: str, encoding: Encoding) -> None:
    """Look at every row alone and in its batch."""
    rows = _SERVING[encoding.kind]
    together = _blocks(encoding, rows, name)
    for index, row in enumerate(rows):
        for (_, batch), (_, alone) in zip(together, _blocks(encoding, [row], name), strict=True):
            np.testing.assert_array_equal(batch[index : index + 1], alone, err_msg=name)


def _blocks(encoding: Encoding, rows: list[Any], name: str) -> list[tuple[Any, np.ndarray]]:
    feature = _Feature(name="x", kind=encoding.kind, encoding=name, fit=_fit(encoding))
    part = encoding.graph().build([feature])  # type: ignore[list-item]
    raw = {"x": tf.constant(rows, DTYPES[encoding.kind])}
    batch = Batch(raw, part.prepare(raw))
    return [(block, np.asarray(block.encode(batch))) for block in (*part.dense, *part.ids)]


class _Feature:
    """A FeaturePlan whose encoding need not be registered."""

    missing_fraction = 0.125
    why, fitted = "contract", ""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


def _fit(encoding: Encoding, *, reverse: bool = False) -> Any:
    values = _TRAINING[encoding.kind]
    return encoding.fit(_counted(encoding.kind, values[::-1] if reverse else values), encoding.Settings())


def _counted(kind: FeatureKind, values: list[Any] | None = None) -> Any:
    accumulator = _COUNTING[kind]("x")
    table = pa.table({"x": _TRAINING[kind] if values is None else values})
    return accumulator.extract(accumulator.add(accumulator.create(), table))

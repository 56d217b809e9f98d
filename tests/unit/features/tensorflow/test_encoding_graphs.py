"""What every registered encoding puts into the graph: shapes, rows apart from their batch, and few operations."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from slipway.contracts.examples import MISSING_TIMESTAMP, FeatureKind, IdColumn
from slipway.features.encoding import ENCODINGS, Batch, FeaturePlan
from slipway.features.tensors import DTYPES
from slipway.statistics.category_counts import CategoryCounts
from slipway.statistics.time_sums import TimeSums
from slipway.statistics.value_counts import ValueCounts
from slipway.steps.transform.graph import Preprocessing

pytestmark = pytest.mark.any_processor

RAW: dict[FeatureKind, list[Any]] = {
    FeatureKind.NUMERIC: [0.0, 1.5, -7.0, 3.25, np.nan, np.inf, 1e9, 2.0],
    FeatureKind.CATEGORICAL: ["a", "b", "", "a", "c", "new", "b", "a"],
    FeatureKind.TIMESTAMP: [0, 86_400, 10**9, 4_000_000, MISSING_TIMESTAMP, -5, 7 * 10**8, 1],
}
ANALYZERS: dict[FeatureKind, Any] = {
    FeatureKind.NUMERIC: ValueCounts,
    FeatureKind.CATEGORICAL: CategoryCounts,
    FeatureKind.TIMESTAMP: TimeSums,
}


def plan(encoding: str, name: str = "x") -> FeaturePlan:
    entry = ENCODINGS.get(encoding)
    values = [None if value == MISSING_TIMESTAMP else value for value in RAW[entry.kind]]
    accumulator = ANALYZERS[entry.kind](name)
    counted = accumulator.extract(accumulator.add(accumulator.create(), pa.table({name: values})))
    fit = entry.fit(counted, entry.Settings())
    return FeaturePlan(name=name, kind=entry.kind, encoding=encoding, missing_fraction=0.1, why="test", fit=fit)


def raw(encoding: str, rows: slice = slice(None)) -> tf.Tensor:
    kind = ENCODINGS.get(encoding).kind
    return tf.constant(RAW[kind][rows], DTYPES[kind])


@pytest.mark.parametrize("encoding", ENCODINGS.names())
def test_blocks_have_the_width_and_type_that_their_columns_say(encoding: str):
    part = ENCODINGS.get(encoding).graph().build([plan(encoding)])
    batch = Batch({"x": raw(encoding)}, part.prepare({"x": raw(encoding)}))
    assert part.dense or part.ids
    for block in part.dense:
        assert block.encode(batch).shape == (8, len(block.columns))
        assert block.encode(batch).dtype == tf.float32
    for block in part.ids:
        ids = block.encode(batch)
        assert (ids.shape, ids.dtype) == ((8, len(block.columns)), tf.int32)
        for index, column in enumerate(block.columns):
            assert isinstance(column, IdColumn)
            assert 0 <= tf.reduce_min(ids[:, index]) <= tf.reduce_max(ids[:, index]) < column.size


@pytest.mark.parametrize("encoding", ENCODINGS.names())
def test_a_row_does_not_depend_on_its_batch_and_is_finite(encoding: str):
    transform = Preprocessing([plan(encoding)]).transform
    whole = transform({"x": raw(encoding)})
    assert np.isfinite(whole["dense"]).all()
    for row in range(8):
        single = transform({"x": raw(encoding, slice(row, row + 1))})
        np.testing.assert_array_equal(single["dense"][0], whole["dense"][row])
        np.testing.assert_array_equal(single["ids"][0], whole["ids"][row])
    assert transform({"x": raw(encoding, slice(0, 0))})["dense"].shape[0] == 0


@pytest.mark.parametrize("encoding", ENCODINGS.names())
def test_one_more_feature_costs_few_operations(encoding: str):
    """WHY: every operation is traced, saved and loaded by each step that follows; features are encoded together."""

    def operations(features: int) -> int:
        plans = [replace(plan(encoding, f"feature {index}"), missing_fraction=0.0) for index in range(features)]
        module = Preprocessing(plans)
        return len(module.transform.get_concrete_function().graph.get_operations())

    assert operations(30) - operations(10) <= 20 * 6


def test_min_max_scales_clips_and_fills():
    fit = ENCODINGS.get("min_max").Fit(low=0.0, high=10.0, center=0.0, scale=10.0, missing_value=4.0)
    module = Preprocessing(
        [FeaturePlan(name="x", kind=FeatureKind.NUMERIC, encoding="min_max", missing_fraction=0.0, why="", fit=fit)]
    )
    values = tf.constant([0.0, 2.5, 10.0, 99.0, -3.0, np.nan], tf.float32)
    np.testing.assert_allclose(module.transform({"x": values})["dense"][:, 0], [0, 0.25, 1, 1, 0, 0.4])


def test_scaled_numbers_of_several_encodings_stand_in_the_order_of_the_table():
    names = ["log1p", "min_max", "z_score"]
    module = Preprocessing([plan(encoding, encoding) for encoding in names])
    assert module.dense[:3] == tuple(names)

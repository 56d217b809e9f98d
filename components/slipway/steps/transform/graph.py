"""The preprocessing graph: what the plan says, as TensorFlow operations that travel inside the served model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from slipway.contracts.examples import (
    MISSING_TIMESTAMP,
    ExampleSpec,
    FeatureKind,
    IdColumn,
    Label,
    RawFeature,
    input_names,
)
from slipway.steps.transform.config import Encoding
from slipway.steps.transform.date_parts import PERIODS, date_parts
from slipway.steps.transform.plan import FeaturePlan, NumericFit, TimestampFit
from slipway.steps.transform.vocabularies import Vocabularies

Raw = dict[str, tf.Tensor]
_DTYPES = {
    FeatureKind.NUMERIC: tf.float32,
    FeatureKind.CATEGORICAL: tf.string,
    FeatureKind.TIMESTAMP: tf.int64,
}
_SCALED = (Encoding.Z_SCORE, Encoding.LOG1P)


@dataclass(frozen=True, slots=True)
class Batch:
    """What blocks are made from, by feature.

    Attributes:
        raw: values as they come, shape (batch,).
        places: of numbers their buckets, of categories their ids, int32 (batch,). They are found for all features
            together: what an operation costs when a graph is traced, saved and loaded is more than what it does.
    """

    raw: Raw
    places: dict[str, tf.Tensor]


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring columns of ``dense`` or ``ids``.

    Attributes:
        columns: their names, or their IdColumns.
        encode: rows to shape (batch, columns).
    """

    columns: Sequence[Any]
    encode: Callable[[Batch], tf.Tensor]


class Preprocessing(tf.Module):
    """Raw features to examples; any batch size, 0 and 1 included.

    Attributes:
        transform: tf.function of a dict of raw tensors, shape (batch,) each, giving ``dense`` float32 (batch, d) and
            ``ids`` int32 (batch, k).
    """

    def __init__(self, features: Sequence[FeaturePlan]) -> None:
        super().__init__(name="preprocessing")
        vocabularies = Vocabularies(features)
        dense, ids = _dense_blocks(features), _id_blocks(features)
        buckets = _Buckets([feature for feature in features if feature.numeric and feature.numeric.boundaries])
        self.dense = tuple(name for block in dense for name in block.columns)
        self.ids = tuple(column for block in ids for column in block.columns)
        # Attributes of a tf.Module are what SavedModel keeps: without this a loaded graph has no tables.
        self.tables = vocabularies.tables
        raw = tuple(RawFeature(name=feature.name, kind=feature.kind) for feature in features)
        names = input_names(raw)
        signature = {f.name: tf.TensorSpec([None], _DTYPES[f.kind], name=names[f.name]) for f in raw}

        def transform(inputs: Raw) -> dict[str, tf.Tensor]:
            rows = tf.shape(inputs[raw[0].name])[0]
            batch = Batch(inputs, buckets.places(inputs) | vocabularies.lookup(inputs))
            return {
                "dense": _side_by_side([block.encode(batch) for block in dense], rows, tf.float32),
                "ids": _side_by_side([block.encode(batch) for block in ids], rows, tf.int32),
            }

        self.transform = tf.function(transform, input_signature=[signature], autograph=False)

    def spec(self, features: Sequence[FeaturePlan], label: Label) -> ExampleSpec:
        """The form of the examples it makes."""
        raw = tuple(RawFeature(name=feature.name, kind=feature.kind) for feature in features)
        return ExampleSpec(features=raw, label=label, dense=self.dense, ids=self.ids)


def _side_by_side(blocks: list[tf.Tensor], rows: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    return tf.concat(blocks, axis=1) if blocks else tf.zeros(tf.stack([rows, 0]), dtype)


def _dense_blocks(features: Sequence[FeaturePlan]) -> list[Block]:
    """Scaled numbers first, then what says that one is missing, then the other features in the order of the table."""
    scaled = [feature for feature in features if feature.encoding in _SCALED]
    indicated = [
        feature for feature in features if feature.missing_fraction > 0 and feature.kind is not FeatureKind.CATEGORICAL
    ]
    blocks = [_scaled_block(scaled)] if scaled else []
    blocks += [_missing_block(indicated)] if indicated else []
    makers: dict[Encoding, Callable[[FeaturePlan], Block]] = {
        Encoding.QUANTILE_BUCKETS: _bucket_block,
        Encoding.ONE_HOT: _one_hot_block,
        Encoding.DATE_PARTS: _date_block,
    }
    blocks += [_bucket_block(feature) for feature in scaled if _numeric(feature).boundaries]
    return blocks + [makers[feature.encoding](feature) for feature in features if feature.encoding in makers]


def _id_blocks(features: Sequence[FeaturePlan]) -> list[Block]:
    makers: dict[Encoding, Callable[[FeaturePlan], Block]] = {
        Encoding.VOCABULARY: _vocabulary_block,
        Encoding.HASH: _hash_block,
    }
    return [makers[feature.encoding](feature) for feature in features if feature.encoding in makers]


def _scaled_block(features: Sequence[FeaturePlan]) -> Block:
    """All z-score and log1p features at once: a handful of operations however many there are."""
    fits = [_numeric(feature) for feature in features]
    names = [feature.name for feature in features]
    low, high, mean, deviation, missing = (
        tf.constant([getattr(fit, name) for fit in fits], tf.float32)
        for name in ("low", "high", "mean", "standard_deviation", "missing_value")
    )
    logarithmic = np.array([feature.encoding is Encoding.LOG1P for feature in features])

    def encode(batch: Batch) -> tf.Tensor:
        values = tf.stack([batch.raw[name] for name in names], axis=1)
        values = tf.where(tf.math.is_finite(values), values, missing)
        values = tf.clip_by_value(values, low, high)
        if logarithmic.any():
            # In float64, because TensorFlow's float32 log1p differs in the last bit with the place of a row in its
            # batch, and a single request should give what training saw.
            logarithms = tf.math.log1p(tf.cast(tf.maximum(values, 0.0), tf.float64))
            values = tf.where(logarithmic, tf.cast(logarithms, tf.float32), values)
        return (values - mean) / deviation

    return Block(names, encode)


def _missing_block(features: Sequence[FeaturePlan]) -> Block:
    def encode(batch: Batch) -> tf.Tensor:
        return tf.cast(tf.stack([_is_missing(batch.raw[f.name], f.kind) for f in features], axis=1), tf.float32)

    return Block([f"{feature.name}_missing" for feature in features], encode)


def _is_missing(values: tf.Tensor, kind: FeatureKind) -> tf.Tensor:
    if kind is FeatureKind.NUMERIC:
        return tf.logical_not(tf.math.is_finite(values))
    return tf.equal(values, MISSING_TIMESTAMP if kind is FeatureKind.TIMESTAMP else "")


@dataclass(frozen=True, slots=True)
class _Buckets:
    """Between which boundaries the numbers of ``features`` lie; each has at least one."""

    features: Sequence[FeaturePlan]

    def places(self, raw: Raw) -> dict[str, tf.Tensor]:
        if not self.features:
            return {}
        fits = [_numeric(feature) for feature in self.features]
        # No finite number reaches the boundaries that make the rows equally long.
        limits = np.full((len(fits), max(len(fit.boundaries) for fit in fits)), np.inf, np.float32)
        for row, fit in zip(limits, fits, strict=True):
            row[: len(fit.boundaries)] = fit.boundaries
        missing = np.array([[fit.missing_value] for fit in fits], np.float32)
        values = tf.stack([raw[feature.name] for feature in self.features])
        values = tf.where(tf.math.is_finite(values), values, missing)
        buckets = tf.unstack(tf.raw_ops.UpperBound(sorted_inputs=limits, values=values))
        return dict(zip((feature.name for feature in self.features), buckets, strict=True))


def _bucket_block(feature: FeaturePlan) -> Block:
    limits = _numeric(feature).boundaries
    texts = [f"{limit:.6g}" for limit in limits]
    names = [f"{feature.name}<{texts[0]}"] if limits else [f"{feature.name}=any"]
    names += [f"{feature.name}>={text}" for text in texts]

    def encode(batch: Batch) -> tf.Tensor:
        return (
            tf.one_hot(batch.places[feature.name], len(names))
            if limits
            else tf.ones([tf.size(batch.raw[feature.name]), 1])
        )

    return Block(names, encode)


def _one_hot_block(feature: FeaturePlan) -> Block:
    """One element per category, then those for unseen ones, then that for missing ones.

    A category that has no element, because training met none like it, is all zeros.
    """
    assert feature.categorical is not None
    vocabulary, buckets = feature.categorical.vocabulary, feature.categorical.oov_buckets
    names = [f"{feature.name}={value}" for value in vocabulary]
    names += [f"{feature.name}_unseen" if buckets == 1 else f"{feature.name}_unseen_{i}" for i in range(buckets)]
    names += [f"{feature.name}_missing"] if feature.missing_fraction > 0 else []

    def encode(batch: Batch) -> tf.Tensor:
        # An index beyond the depth, that of a missing value here, is a row of zeros.
        return tf.one_hot(batch.places[feature.name], len(names))

    return Block(names, encode)


def _vocabulary_block(feature: FeaturePlan) -> Block:
    assert feature.categorical is not None
    size = len(feature.categorical.vocabulary) + feature.categorical.oov_buckets + 1
    column = IdColumn(name=feature.name, size=size)

    def encode(batch: Batch) -> tf.Tensor:
        return batch.places[feature.name][:, None]

    return Block([column], encode)


def _hash_block(feature: FeaturePlan) -> Block:
    assert feature.categorical is not None
    buckets = feature.categorical.hash_buckets

    def encode(batch: Batch) -> tf.Tensor:
        values = batch.raw[feature.name]
        ids = tf.where(
            tf.equal(values, ""), tf.constant(buckets, tf.int64), tf.strings.to_hash_bucket_fast(values, buckets)
        )
        return tf.cast(ids, tf.int32)[:, None]

    return Block([IdColumn(name=feature.name, size=buckets + 1)], encode)


def _date_block(feature: FeaturePlan) -> Block:
    fit = feature.timestamp
    assert fit is not None
    names = [f"{feature.name}_{part}_{wave}" for part in fit.parts for wave in ("sin", "cos")]
    names += [f"{feature.name}_elapsed"] if fit.elapsed_time else []

    def encode(batch: Batch) -> tf.Tensor:
        seconds = batch.raw[feature.name]
        missing = _is_missing(seconds, FeatureKind.TIMESTAMP)
        columns = _date_columns(tf.where(missing, tf.zeros_like(seconds), seconds), fit)
        return tf.where(missing[:, None], 0.0, tf.stack(columns, axis=1))

    return Block(names, encode)


def _date_columns(seconds: tf.Tensor, fit: TimestampFit) -> list[tf.Tensor]:
    columns = []
    for part, value in date_parts(seconds, fit.parts).items():
        angles = 2 * np.pi * np.arange(PERIODS[part]) / PERIODS[part]
        # Looked up, because TensorFlow's sine differs in the last bit with the place of a row in its batch.
        columns += [tf.gather(tf.constant(wave(angles), tf.float32), value) for wave in (np.sin, np.cos)]
    if fit.elapsed_time:
        # float64, since float32 tells epoch seconds apart only by minutes.
        elapsed = (tf.cast(seconds, tf.float64) - fit.mean) / fit.standard_deviation
        columns.append(tf.cast(elapsed, tf.float32))
    return columns


def _numeric(feature: FeaturePlan) -> NumericFit:
    assert feature.numeric is not None
    return feature.numeric

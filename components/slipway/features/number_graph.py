"""Numbers in the graph: all scaled ones in a handful of operations, and all buckets found together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from slipway.features.encoding import Batch, Block, FeatureGraph, FeaturePlan, GraphPart, Place, Raw
from slipway.features.number_encoding import ScaledFit


class NumberGraph:
    """Puts features with a ScaledFit or a BucketFit into the graph."""

    def build(self, features: Sequence[FeaturePlan]) -> GraphPart:
        """Return one block for all scaled numbers, and one for the buckets of each feature that has some."""
        scaled = [feature for feature in features if isinstance(feature.fit, ScaledFit)]
        blocks = [_scaled_block(scaled)] if scaled else []
        blocks += [_bucket_block(feature, Place.BESIDE_SCALED) for feature in scaled if feature.fit.boundaries]
        blocks += [_bucket_block(f, Place.OWN) for f in features if not isinstance(f.fit, ScaledFit)]
        buckets = _Buckets([feature for feature in features if feature.fit.boundaries])
        return GraphPart(dense=blocks, prepare=buckets.places)


NUMBERS: FeatureGraph = NumberGraph()


def _scaled_block(features: Sequence[FeaturePlan]) -> Block:
    names = [feature.name for feature in features]
    low, high, center, scale, missing = (
        tf.constant([getattr(feature.fit, name) for feature in features], tf.float32)
        for name in ("low", "high", "center", "scale", "missing_value")
    )
    logarithmic = np.array([feature.fit.logarithm for feature in features])

    def encode(batch: Batch) -> tf.Tensor:
        values = tf.stack([batch.raw[name] for name in names], axis=1)
        values = tf.where(tf.math.is_finite(values), values, missing)
        values = tf.clip_by_value(values, low, high)
        if logarithmic.any():
            # In float64, because TensorFlow's float32 log1p differs in the last bit with the place of a row in its
            # batch, and a single request should give what training saw.
            logarithms = tf.math.log1p(tf.cast(tf.maximum(values, 0.0), tf.float64))
            values = tf.where(logarithmic, tf.cast(logarithms, tf.float32), values)
        return (values - center) / scale

    return Block(names[0], names, encode, Place.SCALED)


@dataclass(frozen=True, slots=True)
class _Buckets:
    """Between which boundaries the numbers of ``features`` lie; each has at least one."""

    features: Sequence[FeaturePlan]

    def places(self, raw: Raw) -> dict[str, tf.Tensor]:
        if not self.features:
            return {}
        fits = [feature.fit for feature in self.features]
        # No finite number reaches the boundaries that make the rows equally long.
        limits = np.full((len(fits), max(len(fit.boundaries) for fit in fits)), np.inf, np.float32)
        for row, fit in zip(limits, fits, strict=True):
            row[: len(fit.boundaries)] = fit.boundaries
        missing = np.array([[fit.missing_value] for fit in fits], np.float32)
        values = tf.stack([raw[feature.name] for feature in self.features])
        values = tf.where(tf.math.is_finite(values), values, missing)
        buckets = tf.unstack(tf.raw_ops.UpperBound(sorted_inputs=limits, values=values))
        return dict(zip((feature.name for feature in self.features), buckets, strict=True))


def _bucket_block(feature: FeaturePlan, place: Place) -> Block:
    limits = feature.fit.boundaries
    texts = [f"{limit:.6g}" for limit in limits]
    names = [f"{feature.name}<{texts[0]}"] if limits else [f"{feature.name}=any"]
    names += [f"{feature.name}>={text}" for text in texts]

    def encode(batch: Batch) -> tf.Tensor:
        return (
            tf.one_hot(batch.places[feature.name], len(names))
            if limits
            else tf.ones([tf.size(batch.raw[feature.name]), 1])
        )

    return Block(feature.name, names, encode, place)

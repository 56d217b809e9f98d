"""The preprocessing graph: what the plan says, as TensorFlow operations that travel inside the served model."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from slipway.contracts.examples import MISSING_TIMESTAMP, ExampleSpec, FeatureKind, Label, RawFeature, input_names
from slipway.features.encoding import ENCODINGS, Batch, Block, FeatureGraph, FeaturePlan, GraphPart, Place, Raw
from slipway.features.tensors import DTYPES


class Preprocessing(tf.Module):
    """Raw features to examples; any batch size, 0 and 1 included.

    Attributes:
        transform: tf.function of a dict of raw tensors, shape (batch,) each, giving ``dense`` float32 (batch, d) and
            ``ids`` int32 (batch, k).
    """

    def __init__(self, features: Sequence[FeaturePlan]) -> None:
        super().__init__(name="preprocessing")
        parts = _graph_parts(features)
        order = {feature.name: index for index, feature in enumerate(features)}
        missing = [f for f in features if f.missing_fraction > 0 and f.kind is not FeatureKind.CATEGORICAL]
        dense = [*(block for part in parts for block in part.dense), *([_missing_block(missing)] if missing else [])]
        dense.sort(key=lambda block: (block.place, order[block.feature]))
        ids = sorted((block for part in parts for block in part.ids), key=lambda block: order[block.feature])
        self.dense = tuple(name for block in dense for name in block.columns)
        self.ids = tuple(column for block in ids for column in block.columns)
        # Attributes of a tf.Module are what SavedModel keeps: without this a loaded graph has no tables.
        self.tables = [table for part in parts for table in part.tables]
        raw = tuple(RawFeature(name=feature.name, kind=feature.kind) for feature in features)
        names = input_names(raw)
        signature = {f.name: tf.TensorSpec([None], DTYPES[f.kind], name=names[f.name]) for f in raw}

        def transform(inputs: Raw) -> dict[str, tf.Tensor]:
            rows = tf.shape(inputs[raw[0].name])[0]
            batch = Batch(inputs, {name: place for part in parts for name, place in part.prepare(inputs).items()})
            return {
                "dense": _side_by_side([block.encode(batch) for block in dense], rows, tf.float32),
                "ids": _side_by_side([block.encode(batch) for block in ids], rows, tf.int32),
            }

        self.transform = tf.function(transform, input_signature=[signature], autograph=False)

    def spec(self, features: Sequence[FeaturePlan], label: Label) -> ExampleSpec:
        """Return the form of the examples it makes."""
        raw = tuple(RawFeature(name=feature.name, kind=feature.kind) for feature in features)
        return ExampleSpec(features=raw, label=label, dense=self.dense, ids=self.ids)


def _graph_parts(features: Sequence[FeaturePlan]) -> list[GraphPart]:
    """Return the parts of the graph: each makes all features of the encodings that share it."""
    graphs: list[FeatureGraph] = []
    members: list[list[FeaturePlan]] = []
    for feature in features:
        graph = ENCODINGS.get(feature.encoding).graph()
        if graph not in graphs:
            graphs.append(graph)
            members.append([])
        members[graphs.index(graph)].append(feature)
    return [graph.build(group) for graph, group in zip(graphs, members, strict=True)]


def _side_by_side(blocks: list[tf.Tensor], rows: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    return tf.concat(blocks, axis=1) if blocks else tf.zeros(tf.stack([rows, 0]), dtype)


def _missing_block(features: Sequence[FeaturePlan]) -> Block:
    """Return what says that a number or a time is missing, of the features that training has such rows of."""

    def encode(batch: Batch) -> tf.Tensor:
        return tf.cast(tf.stack([_is_missing(batch.raw[f.name], f.kind) for f in features], axis=1), tf.float32)

    return Block(features[0].name, [f"{feature.name}_missing" for feature in features], encode, Place.MISSING)


def _is_missing(values: tf.Tensor, kind: FeatureKind) -> tf.Tensor:
    if kind is FeatureKind.NUMERIC:
        return tf.logical_not(tf.math.is_finite(values))
    return tf.equal(values, MISSING_TIMESTAMP)

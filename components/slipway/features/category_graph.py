"""Categories in the graph: lookup tables of vocabularies, shared by features as far as may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import tensorflow as tf

from slipway.contracts.examples import IdColumn
from slipway.features.category_encoding import OneHotFit, VocabularyFit
from slipway.features.encoding import Batch, Block, FeatureGraph, FeaturePlan, GraphPart, Raw

_ENTRIES_OF_A_SHARED_TABLE = 1024


class VocabularyGraph:
    """Puts features with a VocabularyFit or a OneHotFit into the graph."""

    def build(self, features: Sequence[FeaturePlan]) -> GraphPart:
        """Return a block of ``dense`` for each one-hot encoded feature and a column of ``ids`` for each other one."""
        lookups = _Lookups(features)
        one_hot = [feature for feature in features if isinstance(feature.fit, OneHotFit)]
        others = [feature for feature in features if not isinstance(feature.fit, OneHotFit)]
        return GraphPart(
            dense=[_one_hot_block(feature) for feature in one_hot],
            ids=[_id_block(feature) for feature in others],
            prepare=lookups.ids,
            tables=lookups.tables,
        )


VOCABULARIES: FeatureGraph = VocabularyGraph()


def _one_hot_block(feature: FeaturePlan) -> Block:
    """Return the block of a feature whose categories have an element each.

    A category that has no element, because training met none like it, is all zeros.
    """
    vocabulary, buckets = feature.fit.vocabulary, feature.fit.oov_buckets
    names = [f"{feature.name}={value}" for value in vocabulary]
    names += [f"{feature.name}_unseen" if buckets == 1 else f"{feature.name}_unseen_{i}" for i in range(buckets)]
    names += [f"{feature.name}_missing"] if feature.missing_fraction > 0 else []

    def encode(batch: Batch) -> tf.Tensor:
        # An index beyond the depth, that of a missing value here, is a row of zeros.
        return tf.one_hot(batch.places[feature.name], len(names))

    return Block(feature.name, names, encode)


def _id_block(feature: FeaturePlan) -> Block:
    size = len(feature.fit.vocabulary) + feature.fit.oov_buckets + 1

    def encode(batch: Batch) -> tf.Tensor:
        return batch.places[feature.name][:, None]

    return Block(feature.name, [IdColumn(name=feature.name, size=size)], encode)


class _Lookups:
    """The vocabularies of all features, in as few tables and operations as may be.

    SavedModel traces, writes, reads and runs functions for every table, each time that a graph is saved or loaded,
    which takes longer than looking up a hundred thousand rows. So small vocabularies share a table, which gives the
    place of a string among the strings of all of them, and each feature picks its own id by that place.

    Attributes:
        tables: what must be saved with the graph.
    """

    def __init__(self, features: Sequence[FeaturePlan]) -> None:
        """Make the tables."""
        self.tables: list[Any] = []
        self._groups: list[_Lookup] = []
        for group in _groups(features):
            union = sorted({value for feature in group for value in _fit(feature).vocabulary})
            keys = tf.constant(union, tf.string)
            initializer = tf.lookup.KeyValueTensorInitializer(keys, tf.range(len(union), dtype=tf.int64))
            # The last place is that of a string that no vocabulary of the table holds.
            table = tf.lookup.StaticHashTable(initializer, default_value=len(union))
            self.tables.append(table)
            ordered = sorted(group, key=_oov_buckets)
            self._groups += [_Lookup(table, union, list(alike)) for _, alike in groupby(ordered, _oov_buckets)]

    def ids(self, raw: Raw) -> dict[str, tf.Tensor]:
        """Return int32 ids of each feature's strings: the vocabulary, then unseen categories, then missing ones.

        Without buckets for them an unseen category gets -1.
        """
        return {name: ids for lookup in self._groups for name, ids in lookup.ids(raw).items()}


@dataclass(frozen=True, slots=True)
class _Lookup:
    """Features that share a table, whose unseen categories have the same number of buckets: looked up together."""

    table: Any
    union: Sequence[str]
    features: Sequence[FeaturePlan]

    def ids(self, raw: Raw) -> dict[str, tf.Tensor]:
        fits = [_fit(feature) for feature in self.features]
        sizes = np.array([[len(fit.vocabulary)] for fit in fits], np.int32)
        buckets = fits[0].oov_buckets
        ids_by_place = np.array([self._ids_by_place(fit) for fit in fits], np.int32)
        starts = np.arange(len(fits), dtype=np.int64)[:, None] * ids_by_place.shape[1]
        strings = tf.stack([raw[feature.name] for feature in self.features])
        ids = tf.gather(ids_by_place.ravel(), self.table.lookup(strings) + starts)
        if buckets:
            bucket = tf.cast(tf.strings.to_hash_bucket_fast(strings, buckets), tf.int32) if buckets > 1 else 0
            ids = tf.where(ids < 0, sizes + bucket, ids)
        ids = tf.where(tf.equal(strings, ""), sizes + buckets, ids)
        return dict(zip((feature.name for feature in self.features), tf.unstack(ids), strict=True))

    def _ids_by_place(self, fit: VocabularyFit) -> list[int]:
        ids = {value: index for index, value in enumerate(fit.vocabulary)}
        return [*(ids.get(value, -1) for value in self.union), -1]


def _groups(features: Sequence[FeaturePlan]) -> Iterator[list[FeaturePlan]]:
    """Yield features that share a table, in order; a vocabulary that alone is too large for sharing has its own."""
    group: list[FeaturePlan] = []
    entries = 0
    for feature in features:
        size = len(_fit(feature).vocabulary)
        if group and entries + size > _ENTRIES_OF_A_SHARED_TABLE:
            yield group
            group, entries = [], 0
        group.append(feature)
        entries += size
    if group:
        yield group


def _fit(feature: FeaturePlan) -> VocabularyFit:
    fit: VocabularyFit = feature.fit
    return fit


def _oov_buckets(feature: FeaturePlan) -> int:
    return _fit(feature).oov_buckets

"""Lookup tables of vocabularies: strings to ids inside the preprocessing graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from slipway.transform.config import Encoding
from slipway.transform.plan import CategoricalFit, FeaturePlan

_ENTRIES_OF_A_SHARED_TABLE = 1024


class Vocabularies:
    """The vocabularies of all features, in as few tables as may be.

    SavedModel traces, writes, reads and runs functions for every table, each time that a graph is saved or loaded,
    which takes longer than looking up a hundred thousand rows. So small vocabularies share a table, which gives the
    place of a string among the strings of all of them, and each feature picks its own id by that place.

    Attributes:
        tables: what must be saved with the graph.
    """

    def __init__(self, features: Sequence[FeaturePlan]) -> None:
        """Make the tables of the features that are encoded by a vocabulary."""
        self.tables: list[Any] = []
        self._places: dict[str, tuple[Any, list[int]]] = {}
        for group in _groups(features):
            union = sorted({value for feature in group for value in _fit(feature).vocabulary})
            keys = tf.constant(union, tf.string)
            initializer = tf.lookup.KeyValueTensorInitializer(keys, tf.range(len(union), dtype=tf.int64))
            table = tf.lookup.StaticHashTable(initializer, default_value=len(union))
            self.tables.append(table)
            for feature in group:
                ids = {value: index for index, value in enumerate(_fit(feature).vocabulary)}
                # The last place is that of a string that no vocabulary of the table holds.
                self._places[feature.name] = table, [*(ids.get(value, -1) for value in union), -1]

    def lookup(self, feature: FeaturePlan, values: tf.Tensor) -> tf.Tensor:
        """int64 ids of strings: the vocabulary, then unseen categories, then missing ones.

        Without buckets for them an unseen category gets -1.
        """
        fit = _fit(feature)
        table, ids_by_place = self._places[feature.name]
        ids = tf.gather(tf.constant(ids_by_place, tf.int64), table.lookup(values))
        if fit.oov_buckets:
            outside = len(fit.vocabulary) + tf.strings.to_hash_bucket_fast(values, fit.oov_buckets)
            ids = tf.where(ids < 0, outside, ids)
        return tf.where(tf.equal(values, ""), tf.constant(len(fit.vocabulary) + fit.oov_buckets, tf.int64), ids)


def _groups(features: Sequence[FeaturePlan]) -> Iterator[list[FeaturePlan]]:
    """Features that share a table, in order; a vocabulary that alone is too large for sharing has its own."""
    group: list[FeaturePlan] = []
    entries = 0
    for feature in features:
        if feature.encoding not in (Encoding.ONE_HOT, Encoding.VOCABULARY):
            continue
        size = len(_fit(feature).vocabulary)
        if group and entries + size > _ENTRIES_OF_A_SHARED_TABLE:
            yield group
            group, entries = [], 0
        group.append(feature)
        entries += size
    if group:
        yield group


def _fit(feature: FeaturePlan) -> CategoricalFit:
    assert feature.categorical is not None
    return feature.categorical

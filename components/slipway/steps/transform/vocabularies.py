"""Lookup tables of vocabularies: strings to ids inside the preprocessing graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import tensorflow as tf

from slipway.steps.transform.config import Encoding
from slipway.steps.transform.plan import CategoricalFit, FeaturePlan

_ENTRIES_OF_A_SHARED_TABLE = 1024


class Vocabularies:
    """The vocabularies of all features, in as few tables and operations as may be.

    SavedModel traces, writes, reads and runs functions for every table, each time that a graph is saved or loaded,
    which takes longer than looking up a hundred thousand rows. So small vocabularies share a table, which gives the
    place of a string among the strings of all of them, and each feature picks its own id by that place.

    Attributes:
        tables: what must be saved with the graph.
    """

    def __init__(self, features: Sequence[FeaturePlan]) -> None:
        """Make the tables of the features that are encoded by a vocabulary."""
        self.tables: list[Any] = []
        self._lookups: list[_Lookup] = []
        for group in _groups(features):
            union = sorted({value for feature in group for value in _fit(feature).vocabulary})
            keys = tf.constant(union, tf.string)
            initializer = tf.lookup.KeyValueTensorInitializer(keys, tf.range(len(union), dtype=tf.int64))
            # The last place is that of a string that no vocabulary of the table holds.
            table = tf.lookup.StaticHashTable(initializer, default_value=len(union))
            self.tables.append(table)
            ordered = sorted(group, key=_oov_buckets)
            self._lookups += [_Lookup(table, union, list(alike)) for _, alike in groupby(ordered, _oov_buckets)]

    def lookup(self, raw: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """int32 ids of each feature's strings: the vocabulary, then unseen categories, then missing ones.

        Without buckets for them an unseen category gets -1.
        """
        return {name: ids for lookup in self._lookups for name, ids in lookup.ids(raw).items()}


@dataclass(frozen=True, slots=True)
class _Lookup:
    """Features that share a table, whose unseen categories have the same number of buckets: looked up together."""

    table: Any
    union: Sequence[str]
    features: Sequence[FeaturePlan]

    def ids(self, raw: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
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

    def _ids_by_place(self, fit: CategoricalFit) -> list[int]:
        ids = {value: index for index, value in enumerate(fit.vocabulary)}
        return [*(ids.get(value, -1) for value in self.union), -1]


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


def _oov_buckets(feature: FeaturePlan) -> int:
    return _fit(feature).oov_buckets

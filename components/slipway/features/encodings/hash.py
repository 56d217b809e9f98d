"""The category's hash bucket, for an embedding without a vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slipway.contracts.examples import FeatureKind, IdColumn
from slipway.features.encoding import Batch, Block, FeatureGraph, FeaturePlan, GraphPart, Preference, Raw

if TYPE_CHECKING:
    import tensorflow as tf

    from slipway.features.counted import CountedCategories


@dataclass(frozen=True, slots=True, kw_only=True)
class HashSettings:
    """Settings of hash.

    Attributes:
        hash_buckets: ids that the categories are spread over, in [2, 100000000].
    """

    hash_buckets: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HashFit:
    """A category becomes its hash bucket; a missing one comes after them.

    Attributes:
        distinct: categories in the training split.
        hash_buckets: how many buckets there are.
    """

    distinct: int
    hash_buckets: int


class Hash:
    """Spread categories over ids by their hash; nothing of them is kept."""

    kind = FeatureKind.CATEGORICAL
    Settings = HashSettings
    Fit = HashFit

    def preference(self, counted: CountedCategories, settings: HashSettings) -> Preference | None:
        """Return None: it is taken by name alone."""
        return None

    def fit(self, counted: CountedCategories, settings: HashSettings) -> HashFit:
        """Return how many buckets there are."""
        return HashFit(distinct=counted.distinct, hash_buckets=settings.hash_buckets)

    def describe(self, fit: HashFit) -> str:
        """Return how many categories share how many buckets."""
        return f"{fit.distinct} categories in {fit.hash_buckets} hash buckets"

    def graph(self) -> FeatureGraph:
        """Return itself: all hashed features are hashed together."""
        return self

    def build(self, features: Sequence[FeaturePlan]) -> GraphPart:
        """Return a column of ids for each feature; those with equally many buckets are hashed together."""
        alike: dict[int, list[str]] = {}
        for feature in features:
            alike.setdefault(feature.fit.hash_buckets, []).append(feature.name)

        def ids(raw: Raw) -> dict[str, tf.Tensor]:
            return {name: found for buckets, names in alike.items() for name, found in _ids(raw, names, buckets)}

        return GraphPart(ids=[_block(feature) for feature in features], prepare=ids)


def _ids(raw: Raw, names: Sequence[str], buckets: int) -> Iterator[tuple[str, tf.Tensor]]:
    """Return int32 ids of each feature's strings, the last id for a missing one."""
    import tensorflow as tf

    strings = tf.stack([raw[name] for name in names])
    hashes = tf.cast(tf.strings.to_hash_bucket_fast(strings, buckets), tf.int32)
    return zip(names, tf.unstack(tf.where(tf.equal(strings, ""), buckets, hashes)), strict=True)


def _block(feature: FeaturePlan) -> Block:
    def encode(batch: Batch) -> tf.Tensor:
        return batch.places[feature.name][:, None]

    return Block(feature.name, [IdColumn(name=feature.name, size=feature.fit.hash_buckets + 1)], encode)


ENTRY = Hash()

"""The category's id, for an embedding; unseen categories share ids by their hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.contracts.examples import FeatureKind
from slipway.features.category_encoding import (
    VocabularyFit,
    VocabularySettings,
    category_graph,
    describe_vocabulary,
    kept_categories,
    out_of_vocabulary,
)
from slipway.features.encoding import FeatureGraph, Preference

if TYPE_CHECKING:
    from slipway.features.counted import CountedCategories


class Vocabulary:
    """Number the categories; any category can be."""

    kind = FeatureKind.CATEGORICAL
    Settings = VocabularySettings
    Fit = VocabularyFit

    def preference(self, counted: CountedCategories, settings: VocabularySettings) -> Preference | None:
        """Return the lowest rank: it always works."""
        return Preference(rank=1)

    def fit(self, counted: CountedCategories, settings: VocabularySettings) -> VocabularyFit:
        """Return the vocabulary, with room for unseen categories."""
        vocabulary = kept_categories(counted, settings)
        return VocabularyFit(
            distinct=counted.distinct,
            vocabulary=vocabulary,
            oov_buckets=settings.oov_buckets,
            oov_fraction=out_of_vocabulary(counted, len(vocabulary)),
            most_undercounted=counted.most_undercounted,
        )

    def describe(self, fit: VocabularyFit) -> str:
        """Return how many categories are kept and how many rows are out of vocabulary."""
        return describe_vocabulary(fit)

    def graph(self) -> FeatureGraph:
        """Return the graph of all vocabularies."""
        return category_graph()


ENTRY = Vocabulary()

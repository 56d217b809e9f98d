"""One element per category, then those for unseen ones, then that for missing ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.contracts.examples import FeatureKind
from slipway.features.category_encoding import (
    OneHotFit,
    VocabularySettings,
    category_graph,
    describe_vocabulary,
    kept_categories,
    out_of_vocabulary,
)
from slipway.features.encoding import FeatureGraph, Preference

if TYPE_CHECKING:
    from slipway.features.counted import CountedCategories


class OneHot:
    """Give each category of a small vocabulary an element of its own."""

    kind = FeatureKind.CATEGORICAL
    Settings = VocabularySettings
    Fit = OneHotFit

    def preference(self, counted: CountedCategories, settings: VocabularySettings) -> Preference | None:
        """Return a higher rank than vocabulary's up to ``one_hot_limit`` categories."""
        small = len(kept_categories(counted, settings)) <= settings.one_hot_limit
        return Preference(rank=2) if small else None

    def fit(self, counted: CountedCategories, settings: VocabularySettings) -> OneHotFit:
        """Return the vocabulary, with room for unseen categories where training has some."""
        vocabulary = kept_categories(counted, settings)
        outside = out_of_vocabulary(counted, len(vocabulary))
        return OneHotFit(
            distinct=counted.distinct,
            vocabulary=vocabulary,
            oov_buckets=settings.oov_buckets if outside else 0,
            oov_fraction=outside,
            most_undercounted=counted.most_undercounted,
        )

    def describe(self, fit: OneHotFit) -> str:
        """Return how many categories are kept and how many rows are out of vocabulary."""
        return describe_vocabulary(fit)

    def graph(self) -> FeatureGraph:
        """Return the graph of all vocabularies."""
        return category_graph()


ENTRY = OneHot()

"""What the encodings by a vocabulary share: their settings, and how they are fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slipway.features.counted import CountedCategories
    from slipway.features.encoding import FeatureGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularySettings:
    """Settings of an encoding by a vocabulary.

    Attributes:
        max_vocabulary: most frequent categories that are kept, at least 1.
        min_frequency: training rows below which a category is out of vocabulary, at least 1.
        oov_buckets: elements or ids for categories out of vocabulary, at least 1.
        one_hot_limit: largest vocabulary that is one-hot encoded when no encoding is set, at least 0.
    """

    max_vocabulary: int = 10_000
    min_frequency: int = 1
    oov_buckets: int = 1
    one_hot_limit: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularyFit:
    """A category becomes its id; those out of vocabulary and missing ones come after it.

    Attributes:
        distinct: categories in the training split; the fewest possible when counts are not exact.
        vocabulary: kept ones, most frequent first, ties by value.
        oov_buckets: ids for categories out of vocabulary, by their hash; 0 when one-hot encoded and training has none,
            so that no element exists which training could not learn.
        oov_fraction: of the training rows with a category that are out of vocabulary.
        most_undercounted: by how many rows a count may be too low; above 0 when there were too many categories to
            count them all, of which the rarest were dropped.
    """

    distinct: int
    vocabulary: tuple[str, ...]
    oov_buckets: int = 0
    oov_fraction: float = 0.0
    most_undercounted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OneHotFit(VocabularyFit):
    """A category becomes an element of its own; the attributes are those of VocabularyFit."""


def category_graph() -> FeatureGraph:
    """Return what puts vocabularies into the graph, those of all features together."""
    from slipway.features.category_graph import VOCABULARIES

    return VOCABULARIES


def kept_categories(counted: CountedCategories, settings: VocabularySettings) -> tuple[str, ...]:
    """Return the vocabulary: frequent enough ones, most frequent first, as many as are allowed."""
    enough = int((counted.counts >= settings.min_frequency).sum())
    return counted.most_frequent(min(enough, settings.max_vocabulary))


def out_of_vocabulary(counted: CountedCategories, kept: int) -> float:
    """Return the share of the rows with a category whose category is not among the ``kept`` most frequent ones."""
    outside = counted.present - int(counted.counts[:kept].sum())
    return outside / counted.present if counted.present else 0.0


def describe_vocabulary(fit: VocabularyFit) -> str:
    """Return how many categories are kept and how many rows are out of vocabulary."""
    parts = [f"{len(fit.vocabulary)} of {fit.distinct} categories"]
    if fit.oov_fraction:
        parts.append(f"{fit.oov_fraction:.2%} of rows out of vocabulary")
    if fit.most_undercounted:
        parts.append(f"there were more than are counted: counts may be {fit.most_undercounted} rows too low")
    return ", ".join(parts)

"""A label whose classes, or whose quantiles, have other shares in another split or in the previous run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from slipway.checks.check import Check, Evidence, Scope
from slipway.contracts.errors import InputError
from slipway.contracts.tables import TRAIN
from slipway.contracts.validations import Finding
from slipway.engines.engine import Fold
from slipway.statistics.drift_histograms import bucket_counts, inner_edges, kept_histogram
from slipway.statistics.drift_measures import effect_noise, share_effects
from slipway.statistics.tfdv_messages import Feature

_LARGEST_EFFECT = np.pi


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelShift:
    """How much the label may shift before a model's probabilities and thresholds no longer fit; a warning.

    Classes are compared by their shares, a numeric label by the shares of rows below the training split's deciles. The
    distance of two shares is Cohen's h, which is as sensitive to a rare class as to a common one, and is never called a
    shift below what samples of these sizes from one distribution differ by (five standard deviations).

    Attributes:
        max_label_shift: largest distance of a share, in [0, pi]: 0.1 is 50 % to 55 %, or 1 % to 2.3 %.
    """

    max_label_shift: float = 0.1
    position: ClassVar[int] = 25

    def __post_init__(self) -> None:
        """Refuse a bound that no distance has."""
        if not 0 <= self.max_label_shift <= _LARGEST_EFFECT:
            raise InputError(f"max_label_shift must lie in [0, pi], got {self.max_label_shift}")

    def folds(self, scope: Scope) -> Mapping[str, Fold]:
        """Return nothing: the statistics that every table gets are enough."""
        return {}

    def findings(self, evidence: Evidence, name: str) -> Iterator[Finding]:
        """Yield the splits, and the previous run, in which a share of the label is another than in training."""
        label = evidence.label
        for split, item in evidence.splits.items():
            if split != TRAIN:
                yield from self._shift(label, evidence.train[label], item.features[label], f"split {split}", name)
        if evidence.previous is not None and label in evidence.previous and label in evidence.recounted:
            before, now = evidence.previous[label], evidence.recounted[label]
            yield from self._shift(label, now, before, "the previous run", name)

    def _shift(self, label: str, train: Feature, other: Feature, where: str, name: str) -> Iterator[Finding]:
        found = _class_counts(train, other) if _has_classes(train, other) else _counts_below(train, other)
        if found is None:
            return
        shares, other_shares = found.counts / found.rows, found.other_counts / found.other_rows
        effects = np.abs(share_effects(shares, other_shares))
        worst = int(np.argmax(effects))
        effect = float(effects[worst])
        limit = max(self.max_label_shift, effect_noise(found.rows, found.other_rows))
        if effect > limit:
            yield Finding(
                check=name,
                message=f"label {label} {found.titles[worst]} in {shares[worst]:.1%} of split {TRAIN} and in "
                f"{other_shares[worst]:.1%} of {where} (Cohen's h {effect:.3f}; at most {limit:.3f} is expected)",
                refuses=False,
                columns=(label,),
                value=effect,
                bound=limit,
            )


@dataclass(frozen=True, slots=True)
class _Counts:
    """What is counted, how often in training and in the other rows, and how many rows with a label each has."""

    titles: list[str]
    counts: np.ndarray
    other_counts: np.ndarray
    rows: float
    other_rows: float


def _has_classes(train: Feature, other: Feature) -> bool:
    return all(item.WhichOneof("stats") == "string_stats" for item in (train, other))


def _class_counts(train: Feature, other: Feature) -> _Counts | None:
    """Return the counts of every class; None where a side has no label."""
    ranks = [side.string_stats.rank_histogram.buckets for side in (train, other)]
    by_class = [{item.label: item.sample_count for item in buckets} for buckets in ranks]
    classes = sorted({*by_class[0], *by_class[1]})
    counts = [np.array([side.get(item, 0.0) for item in classes]) for side in by_class]
    rows = [float(side.sum()) for side in counts]
    if not all(rows):
        return None
    return _Counts([f"is {item}" for item in classes], counts[0], counts[1], rows[0], rows[1])


def _counts_below(train: Feature, other: Feature) -> _Counts | None:
    """Return how many labels lie below each edge; None where the histograms cannot be compared."""
    histograms = [kept_histogram(item) for item in (train, other)]
    if histograms[0] is None or histograms[1] is None:
        return None
    edges = inner_edges(histograms[0])
    below = [np.cumsum(bucket_counts(item)) for item in (histograms[0], histograms[1])]
    rows = [float(side[-1]) for side in below]
    if not edges or edges != inner_edges(histograms[1]) or not all(rows):
        return None
    return _Counts([f"is below {edge:g}" for edge in edges], below[0][:-1], below[1][:-1], rows[0], rows[1])


ENTRY = LabelShift

if TYPE_CHECKING:
    _: Check = LabelShift()

"""What can be wrong with data: a check looks at what is known of the splits and gives findings.

A check is a frozen dataclass whose fields are its settings, with defaults; its module in ``entries`` names the class as
ENTRY. What it needs beyond the statistics that every table gets, it asks the engine to compute.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Protocol

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.contracts.plug_points import PLUG_POINTS
from slipway.contracts.registry import Registry
from slipway.contracts.tables import TRAIN
from slipway.contracts.validations import Anomaly, Drift, Finding
from slipway.engines.engine import Fold
from slipway.features.kinds import KindOfColumn
from slipway.statistics.tfdv_messages import Feature

PREVIOUS = "previous"
"""What the training split of an earlier run is called where splits are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitEvidence:
    """What is known of a split that has rows.

    Attributes:
        features: TFDV's statistics of each column, with the histogram that drift is measured in.
        results: what the accumulators that checks asked for came to, by the name each check gave.
    """

    features: Mapping[str, Feature]
    results: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of the data.

    Attributes:
        label: the column that is predicted.
        rows: of every split, 0 for one that is not there.
        splits: those that have rows, the training split among them.
        kinds: what each column is good for.
        leakage: how well features alone predict the label, in [0, 1], by name; those of which that can be said.
        anomalies: departures from the schema.
        drift: distances between the training split and others.
        previous: TFDV's statistics of an earlier run's training split, by column; None when there was none.
        recounted: the training split of this run with the histograms of numeric columns in the earlier run's edges,
            by column.
    """

    label: str
    rows: Mapping[str, int]
    splits: Mapping[str, SplitEvidence]
    kinds: Mapping[str, KindOfColumn]
    leakage: Mapping[str, float] = field(default_factory=dict)
    anomalies: tuple[Anomaly, ...] = ()
    drift: tuple[Drift, ...] = ()
    previous: Mapping[str, Feature] | None = None
    recounted: Mapping[str, Feature] = field(default_factory=dict)

    @property
    def train(self) -> Mapping[str, Feature]:
        """The statistics of the training split."""
        return self.splits[TRAIN].features


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is known when a split is about to be read.

    Attributes:
        split: its name; the training split is read last.
        kinds: what each column is good for.
        earlier: what the check's accumulators came to in the splits read before, by split and by name.
    """

    split: str
    kinds: Mapping[str, KindOfColumn]
    earlier: Mapping[str, Mapping[str, Any]]


class Check(Protocol):
    """One thing that can be wrong with data.

    Attributes:
        position: its place among the findings; checks of one position follow each other by name.
    """

    position: ClassVar[int]

    def folds(self, scope: Scope) -> Mapping[str, Fold]:
        """Return the accumulators that it needs of a split; names are its own, and results come by them."""

    def findings(self, evidence: Evidence, name: str) -> Iterable[Finding]:
        """Yield what is wrong.

        Args:
            evidence: what is known of the data; ``results`` are those of this check.
            name: of the check, for its findings.
        """


CHECKS: Registry[type[Any]] = Registry("checks", PLUG_POINTS["checks"].folder)
"""The class of every check, by the check's name."""


def make_checks(settings: Mapping[str, Any], own: Mapping[str, Mapping[str, Any]]) -> dict[str, Check]:
    """Return every check with its settings, by name, in the order of their findings.

    Args:
        settings: values for the fields of all checks that have a field of that name; others are not looked at.
        own: further values by the name of a check, such as ``{"label_shift": {"max_label_shift": 0.2}}``.

    Raises:
        InputError: there is no such check or field, or a value is not of its type.
    """
    unknown = sorted(set(own) - set(CHECKS.names()))
    if unknown:
        raise InputError(f"there is no check {unknown[0]!r}; there are {', '.join(CHECKS.names())}")
    checks: dict[str, Check] = {}
    for name, kind in CHECKS.items():
        shared = {item.name: settings[item.name] for item in fields(kind) if item.name in settings}
        doubled = sorted(set(shared) & set(own.get(name, {})))
        if doubled:
            raise InputError(f"{doubled[0]} of check {name!r} is a setting of its own; it should not be given twice")
        checks[name] = parse(kind, own.get(name, {}), **shared)
    return dict(sorted(checks.items(), key=lambda item: (item[1].position, item[0])))

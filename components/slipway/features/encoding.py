"""What an encoding is: how a feature becomes numbers, fitted on the training split and put into the serving graph.

An encoding is one module of ``slipway.features.encodings`` with an ``ENTRY``; nothing else lists it. Its module is
imported where a configuration is checked, which may be an environment without NumPy and TensorFlow: what needs them is
imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from slipway.contracts.documents import parse
from slipway.contracts.examples import FeatureKind
from slipway.contracts.plug_points import registry
from slipway.contracts.registry import Registry

if TYPE_CHECKING:
    import tensorflow as tf

Raw: TypeAlias = "Mapping[str, tf.Tensor]"
"""Raw values by feature, shape (batch,), in the dtypes of a serving request."""


class Encoding(Protocol):
    """One way to encode the features of a kind.

    What is counted of a column follows from the kind: ``counted.CountedNumbers``, ``CountedCategories`` or
    ``CountedTimes``, which ``fit`` and ``preference`` are given.

    Attributes:
        kind: of the features that it encodes.
        Settings: frozen dataclass of what can be set, with defaults; transform fills those that it has settings of the
            same name for, and a feature's own ``settings`` the others.
        Fit: frozen dataclass of what was fitted; a JSON document in the plan.
    """

    kind: FeatureKind
    Settings: type[Any]
    Fit: type[Any]

    def preference(self, counted: Any, settings: Any) -> Preference | None:
        """Return how much it recommends itself for a feature whose encoding is not set; None when only by name."""

    def fit(self, counted: Any, settings: Any) -> Any:
        """Return a ``Fit`` to at least one counted value, or a ``Useless`` when the values say nothing."""

    def describe(self, fit: Any) -> str:
        """Return what was fitted in a line for people."""

    def graph(self) -> FeatureGraph:
        """Return what puts its features into the graph; encodings that return the same one share operations."""


ENCODINGS: Registry[Encoding] = registry("encodings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """How much an encoding recommends itself: of those of a kind the one with the highest rank is taken.

    Attributes:
        rank: 1 for what always works, more for what suits some features better.
        why: what speaks for it, in a few words; may be empty.
    """

    rank: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Useless:
    """A column that cannot be encoded, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturePlan:
    """A feature: how it is read, how it is encoded, and why.

    Attributes:
        encoding: a name in the registry of encodings.
        missing_fraction: of the training rows; above 0 it has an element of its own for missing values.
        why: what decided kind and encoding.
        fit: the ``Fit`` of its encoding.
        fitted: what was fitted, in a line for people.
    """

    name: str
    kind: FeatureKind
    encoding: str
    missing_fraction: float
    why: str
    fit: Any
    fitted: str = ""

    def __post_init__(self) -> None:
        """Turn what a document holds into the encoding's own type."""
        if isinstance(self.fit, Mapping):
            object.__setattr__(self, "fit", parse(ENCODINGS.get(self.encoding).Fit, self.fit))


class Place(IntEnum):
    """Where a block stands in ``dense``: first all scaled numbers; in one place, in the order of the table."""

    SCALED = 0
    MISSING = 1
    BESIDE_SCALED = 2
    OWN = 3


@dataclass(frozen=True, slots=True)
class Batch:
    """What blocks are made from, by feature.

    Attributes:
        raw: values as they come, shape (batch,).
        places: what ``prepare`` of a graph found for the features that need it: of numbers their buckets, of
            categories their ids, int32 (batch,); an encoding of its own may hand itself anything.
    """

    raw: Raw
    places: Mapping[str, tf.Tensor]


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring columns of ``dense`` or ``ids``.

    Attributes:
        feature: whose they are; the first of several.
        columns: names of elements of ``dense``, or IdColumns of ``ids``.
        encode: rows to shape (batch, columns), float32 for ``dense``, int32 for ``ids``.
        place: where it stands in ``dense``.
    """

    feature: str
    columns: Sequence[Any]
    encode: Callable[[Batch], tf.Tensor]
    place: Place = Place.OWN


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPart:
    """What some features are in the graph.

    Attributes:
        dense: blocks of ``dense``.
        ids: blocks of ``ids``.
        prepare: what is found for all features together, once for a batch; see ``Batch.places``. What an operation
            costs when a graph is traced, saved and loaded is more than what it does.
        tables: what must be saved with the graph.
    """

    dense: Sequence[Block] = ()
    ids: Sequence[Block] = ()
    prepare: Callable[[Raw], Mapping[str, tf.Tensor]] = lambda raw: {}
    tables: Sequence[Any] = ()


class FeatureGraph(Protocol):
    """Puts features into the graph, all of them at once."""

    def build(self, features: Sequence[FeaturePlan]) -> GraphPart:
        """Return the blocks of ``features``, at least one, in the order of the table."""


def preferred_encoding(kind: FeatureKind, counted: Any, settings: Callable[[Encoding], Any]) -> tuple[str, str]:
    """Return the name of the encoding of ``kind`` that recommends itself most, and why.

    Args:
        kind: of the feature.
        counted: its training values.
        settings: gives an encoding's settings for the feature.
    """
    found = []
    for name, encoding in ENCODINGS.items():
        preference = encoding.preference(counted, settings(encoding)) if encoding.kind is kind else None
        if preference is not None:
            found.append((-preference.rank, name, preference.why))
    _, name, why = min(found)
    return name, why

"""What a search must be told, the samplers and the pruners; Optuna is not imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from slipway.contracts.plug_points import PLUG_POINTS
from slipway.contracts.registry import Registry
from slipway.contracts.search_spaces import SearchSpace

if TYPE_CHECKING:
    import optuna


class SearchOptions(Protocol):
    """How to search; any object with these attributes will do.

    Attributes:
        trials: trainings to compare, at least 1.
        parallel: trials at the same time; 0 takes one per CPU, at most 4.
        epochs: passes of a trial over the training examples.
        max_examples: examples of a split that a trial sees at most.
        timeout_seconds: no trial starts later; None sets no limit.
        seed: of the search and of every training.
        sampler: name of an entry of ``SAMPLERS``.
        pruner: name of an entry of ``PRUNERS``.
        space: where to look.
    """

    @property
    def trials(self) -> int: ...  # noqa: D102 - described above

    @property
    def parallel(self) -> int: ...  # noqa: D102

    @property
    def epochs(self) -> int: ...  # noqa: D102

    @property
    def max_examples(self) -> int: ...  # noqa: D102

    @property
    def timeout_seconds(self) -> float | None: ...  # noqa: D102

    @property
    def seed(self) -> int: ...  # noqa: D102

    @property
    def sampler(self) -> str: ...  # noqa: D102

    @property
    def pruner(self) -> str: ...  # noqa: D102

    @property
    def space(self) -> SearchSpace: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """A way to propose hyperparameters.

    Attributes:
        name: what users call it; the name of its module.
        create: of the options, makes Optuna's sampler. Equal options and equal answers give equal proposals.
    """

    name: str
    create: Callable[[SearchOptions], optuna.samplers.BaseSampler]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruner:
    """A way to recognise weak trials.

    Attributes:
        name: what users call it; the name of its module.
        create: of the options, makes Optuna's pruner.
    """

    name: str
    create: Callable[[SearchOptions], optuna.pruners.BasePruner]


SAMPLERS: Registry[Sampler] = Registry("samplers", PLUG_POINTS["samplers"].folder)
"""Every sampler, by name."""

PRUNERS: Registry[Pruner] = Registry("pruners", PLUG_POINTS["pruners"].folder)
"""Every pruner, by name."""

"""What a search must be told, and the registries of samplers and pruners; Optuna is not imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slipway.contracts.plug_points import PLUG_POINTS
from slipway.contracts.registry import Registry
from slipway.contracts.search_spaces import SearchSpace

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """How to search.

    Attributes:
        trials: trainings to compare, at least 1.
        parallel: trials at the same time; 0 takes one per CPU, at most 4.
        epochs: largest number of intermediate values that a trial reports.
        timeout_seconds: no trial starts later, and those running are pruned once one is complete; None sets no limit.
        seed: of the proposals.
        sampler: name of an entry of ``SAMPLERS``.
        pruner: name of an entry of ``PRUNERS``.
        space: where to look.
    """

    trials: int
    parallel: int
    epochs: int
    timeout_seconds: float | None
    seed: int
    sampler: str
    pruner: str
    space: SearchSpace


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """A way to propose hyperparameters. The first trial of a search has the defaults and is not proposed.

    Attributes:
        name: what users call it; the name of its module.
        create: of the space, the seed and the number of trials, makes Optuna's sampler. Equal arguments and equal
            results of earlier trials give equal proposals.
        learns: whether results change what is proposed. The proposals of a sampler that does not learn are the same
            however many trials run at once.
        count: of the space and the number of trials, gives the number of proposals after which the sampler would
            repeat itself; None for no limit. The search ends there.
    """

    name: str
    create: Callable[[SearchSpace, int, int], optuna.samplers.BaseSampler]
    learns: bool
    count: Callable[[SearchSpace, int], int | None] = lambda space, trials: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruner:
    """A way to recognise weak trials.

    Attributes:
        name: what users call it; the name of its module.
        create: of the largest number of epochs of a trial, makes Optuna's pruner. Lower values are better.
    """

    name: str
    create: Callable[[int], optuna.pruners.BasePruner]


SAMPLERS: Registry[Sampler] = Registry("samplers", PLUG_POINTS["samplers"].folder)
"""Every sampler, by name."""

PRUNERS: Registry[Pruner] = Registry("pruners", PLUG_POINTS["pruners"].folder)
"""Every pruner, by name."""

"""What every sampler keeps: see ``slipway.search.options``. Runs where Optuna is."""

from collections.abc import Sequence

import optuna

from slipway.contracts.search_spaces import RealRange, SearchSpace, WholeRange
from slipway.search.options import Sampler
from slipway.search.spaces import distributions, first_parameters

Proposal = dict[str, float]

TRIALS = 20
WIDE = SearchSpace(
    layers=WholeRange(low=1, high=4),
    units=WholeRange(low=8, high=64),
    learning_rate=RealRange(low=1e-4, high=1e-1),
    batch_sizes=(32, 64),
)
NARROW = SearchSpace(
    layers=WholeRange(low=1, high=2),
    units=WholeRange(low=16, high=16),
    dropout_fraction=RealRange(low=0.0, high=0.0),
    learning_rate=RealRange(low=0.01, high=0.01),
    batch_sizes=(32, 64),
)


def proposals(
    sampler: Sampler,
    space: SearchSpace = WIDE,
    *,
    seed: int = 3,
    trials: int = TRIALS,
    running: int = 1,
    best: float = 0.01,
) -> list[Proposal]:
    """Return what a search is proposed, the defaults first.

    Args:
        sampler: proposes.
        space: where it looks.
        seed: of the proposals.
        trials: how many proposals.
        running: trials at the same time; the oldest one ends first.
        best: the learning rate with the lowest value; values grow with the distance from it.
    """
    study = _study(sampler, space, seed, trials)
    begun: list[optuna.Trial] = []
    for _ in range(trials):
        begun.append(study.ask(distributions(space)))
        if len(begun) == running:
            trial = begun.pop(0)
            study.tell(trial, abs(trial.params["learning_rate"] - best))
    for trial in begun:
        study.tell(trial, abs(trial.params["learning_rate"] - best))
    return [trial.params for trial in study.trials]


def check_keeps_to_the_space(name: str, sampler: Sampler) -> None:
    """Every range is kept, both its ends included, and a batch size is one of those named."""
    for space in (WIDE, NARROW):
        for proposal in proposals(sampler, space, trials=_possible(sampler, space)):
            assert set(proposal) == set(distributions(space)), f"{name} proposes {sorted(proposal)}"
            for parameter in ("layers", "units", "dropout_fraction", "learning_rate"):
                bounds, value = getattr(space, parameter), proposal[parameter]
                assert bounds.low <= value <= bounds.high, f"{name} proposes {parameter}={value}, outside {bounds}"
            assert proposal["batch_size"] in space.batch_sizes, f"{name} proposes {proposal['batch_size']}"


def check_leaves_the_defaults_first(name: str, sampler: Sampler) -> None:
    """The first trial is given, and the sampler leaves it as it is."""
    assert proposals(sampler)[0] == first_parameters(WIDE), f"{name} changes the first trial"


def check_follows_its_seed(name: str, sampler: Sampler) -> None:
    """Equal arguments and results give equal proposals; another seed gives others."""
    found = proposals(sampler)
    assert found == proposals(sampler), f"{name} proposes differently with the same seed"
    assert found[1:] != proposals(sampler, seed=4)[1:], f"{name} ignores its seed"


def check_says_truly_whether_it_learns(name: str, sampler: Sampler) -> None:
    """Without ``learns`` neither results nor trials that still run change a proposal; with it, results do."""
    found = proposals(sampler)
    if sampler.learns:
        assert found != proposals(sampler, best=0.1), f"{name} says that it learns and does not"
    else:
        assert found == proposals(sampler, best=0.1), f"{name} learns from results and does not say so"
        assert found == proposals(sampler, running=4), f"what {name} proposes depends on what still runs"


def check_proposes_different_things(name: str, sampler: Sampler) -> None:
    """Most trials try something new; a sampler that can tell when it repeats itself does not do so before."""
    found = proposals(sampler)[1:]
    least = len(found) if sampler.count(WIDE, TRIALS) is not None else len(found) // 2
    assert _distinct(found) >= least, f"{name} proposes {_distinct(found)} different ones in {len(found)}"


def check_ends_where_it_says(name: str, sampler: Sampler) -> None:
    """A sampler with a ``count`` proposes that many different ones in a small space, also while trials run."""
    count = sampler.count(NARROW, TRIALS)
    if count is None:
        return
    assert count >= 1, f"{name} counts {count} proposals"
    for running in (1, 3):
        found = proposals(sampler, NARROW, trials=1 + count, running=running)[1:]
        assert _distinct(found) == count, f"{name} counts {count} proposals and has {_distinct(found)}"


def check_goes_on_after_failed_and_pruned_trials(name: str, sampler: Sampler) -> None:
    """A trial without a value is no reason to end; only every third trial is complete."""
    states = [optuna.trial.TrialState.FAIL, optuna.trial.TrialState.PRUNED, optuna.trial.TrialState.COMPLETE]
    study = _study(sampler, WIDE, 3, TRIALS)
    for number in range(TRIALS):
        trial, state = study.ask(distributions(WIDE)), states[number % 3]
        trial.report(1.0, 1)
        study.tell(trial, 1.0 if state is optuna.trial.TrialState.COMPLETE else None, state=state)
    assert len({trial.number for trial in study.trials}) == TRIALS, f"{name} ends early"


def _study(sampler: Sampler, space: SearchSpace, seed: int, trials: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=sampler.create(space, seed, trials))
    study.enqueue_trial(first_parameters(space))
    return study


def _possible(sampler: Sampler, space: SearchSpace) -> int:
    count = sampler.count(space, TRIALS)
    return TRIALS if count is None else min(TRIALS, 1 + count)


def _distinct(found: Sequence[Proposal]) -> int:
    return len({tuple(sorted(proposal.items())) for proposal in found})

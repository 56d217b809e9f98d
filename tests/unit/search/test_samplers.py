"""Every sampler keeps to the space, starts with the defaults, and proposes the same for the same seed."""

import optuna
import pytest

from slipway.contracts.search_spaces import RealRange, SearchSpace, WholeRange
from slipway.search.options import PRUNERS, SAMPLERS
from slipway.search.samplers.grid import grid_of
from slipway.search.searching import create_study, distributions, first_parameters
from slipway.steps.tune.config import TuneConfig

SPACE = SearchSpace(
    layers=WholeRange(low=1, high=4),
    units=WholeRange(low=8, high=64),
    learning_rate=RealRange(low=1e-4, high=1e-1),
    batch_sizes=(32, 64),
)
TRIALS = 20


def proposals(sampler: str, seed: int = 3) -> list[dict[str, float]]:
    """What a study proposes when the loss grows with the distance of the learning rate from 0.01."""
    study = create_study(TuneConfig(trials=TRIALS, sampler=sampler, seed=seed, space=SPACE))
    for _ in range(TRIALS):
        trial = study.ask(distributions(SPACE))
        study.tell(trial, abs(trial.params["learning_rate"] - 0.01))
    return [trial.params for trial in study.trials]


@pytest.mark.parametrize("name", SAMPLERS.names())
def test_a_sampler_is_called_like_its_file_and_keeps_to_the_space(name):
    assert SAMPLERS.get(name).name == name
    for params in proposals(name):
        assert 1 <= params["layers"] <= 4
        assert 8 <= params["units"] <= 64
        assert 1e-4 <= params["learning_rate"] <= 1e-1
        assert 0 <= params["dropout_fraction"] <= 0.5
        assert params["batch_size"] in (32, 64)


@pytest.mark.parametrize("name", SAMPLERS.names())
def test_a_search_starts_with_the_defaults_and_follows_its_seed(name):
    assert proposals(name)[0] == first_parameters(SPACE)
    assert proposals(name) == proposals(name)
    assert proposals(name)[1:] != proposals(name, seed=4)[1:]


@pytest.mark.parametrize("name", SAMPLERS.names())
def test_a_sampler_does_not_propose_the_same_again_and_again(name):
    assert len({tuple(params.items()) for params in proposals(name)}) > TRIALS // 2


def test_a_grid_has_as_many_combinations_as_trials_and_the_ends_of_every_range():
    grid = grid_of(SPACE, 100)
    sizes = [len(values) for values in grid.values()]
    assert sizes == [3, 3, 3, 3, 2]
    assert (grid["layers"][0], grid["layers"][-1]) == (1, 4)
    assert grid["units"] == [8, 23, 64]
    assert grid["learning_rate"] == pytest.approx([1e-4, 3.16228e-3, 1e-1], rel=1e-4)
    assert [len(values) for values in grid_of(SPACE, 5).values()] == [2, 2, 2, 2, 2]


@pytest.mark.parametrize("name", PRUNERS.names())
def test_a_pruner_never_stops_the_only_trial(name):
    study = create_study(TuneConfig(trials=TRIALS, pruner=name, space=SPACE))
    trial = study.ask(distributions(SPACE))
    trial.report(1.0, 1)
    assert PRUNERS.get(name).name == name
    assert not trial.should_prune()


def test_the_median_pruner_stops_a_trial_worse_than_half_of_the_others_from_the_second_epoch_on():
    study = create_study(TuneConfig(trials=TRIALS, pruner="median", space=SPACE))
    for loss in (0.1, 0.2, 0.3):
        trial = study.ask(distributions(SPACE))
        for epoch in (1, 2, 3):
            trial.report(loss, epoch)
        study.tell(trial, loss)
    weak = study.ask(distributions(SPACE))
    for epoch, stopped in ((1, False), (2, True)):
        weak.report(0.9, epoch)
        assert bool(weak.should_prune()) is stopped
    assert isinstance(study.pruner, optuna.pruners.MedianPruner)

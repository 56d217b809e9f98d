"""Every pruner holds to the contract, and each stops what it says."""

import optuna
import pytest

from slipway.contracts.search_spaces import SearchSpace
from slipway.search.options import PRUNERS, Pruner, SearchOptions
from slipway.search.searching import create_study
from slipway.testing import pruners as contract
from slipway.testing.pruners import check_never_stops_the_best_trial, stops

CHECKS = {name: check for name, check in vars(contract).items() if name.startswith("check_")}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", PRUNERS.names())
def test_a_pruner_keeps_the_contract(name, check):
    CHECKS[check](name, PRUNERS.get(name))


@pytest.mark.parametrize("name", PRUNERS.names())
def test_a_pruner_is_called_like_its_file(name):
    assert PRUNERS.get(name).name == name


def test_the_contract_finds_a_pruner_that_stops_the_wrong_trials():
    upside_down = Pruner(name="x", create=lambda epochs: optuna.pruners.ThresholdPruner(lower=0.5))
    with pytest.raises(AssertionError, match="x stops a trial that is better than every other one"):
        check_never_stops_the_best_trial("x", upside_down)


def test_the_median_pruner_stops_a_trial_worse_than_half_of_the_others_from_the_second_epoch_on():
    assert stops(PRUNERS.get("median"), [0.1, 0.3, 0.9, 0.15]) == [None, None, 2, None]
    assert stops(PRUNERS.get("median"), [0.1, 0.9]) == [None, None]


def test_without_a_pruner_the_worst_trial_is_finished():
    assert stops(PRUNERS.get("none"), [0.1, 0.3, 0.2, 9.0]) == [None] * 4


def test_hyperband_gives_weak_trials_few_epochs():
    stopped = stops(PRUNERS.get("hyperband"), [0.1, *[0.9] * 12])
    assert stopped[0] is None
    assert {epoch for epoch in stopped if epoch is not None} == {1, 3}


def test_two_searches_with_hyperband_stop_the_same_trials():
    """Its budgets follow from the name of Optuna's study."""

    def stopped() -> list[int | None]:
        options = SearchOptions(
            trials=20, parallel=1, epochs=9, timeout_seconds=None, seed=1, sampler="random", pruner="hyperband",
            space=SearchSpace(),
        )  # fmt: skip
        study, found = create_study(options), []
        for number in range(20):
            trial = study.ask()
            found.append(None)
            for epoch in range(1, 10):
                trial.report(number % 7, epoch)
                if trial.should_prune():
                    found[-1] = epoch
                    break
            study.tell(trial, number % 7)
        return found

    assert stopped() == stopped()

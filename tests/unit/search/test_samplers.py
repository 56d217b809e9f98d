"""Every sampler holds to the contract; the values of a grid."""

import optuna
import pytest

from slipway.contracts.search_spaces import RealRange, SearchSpace, WholeRange
from slipway.search.options import SAMPLERS, Sampler
from slipway.search.samplers.grid import grid_of
from slipway.testing import samplers as contract
from slipway.testing.samplers import NARROW, WIDE, check_ends_where_it_says, proposals

CHECKS = {name: check for name, check in vars(contract).items() if name.startswith("check_")}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", SAMPLERS.names())
def test_a_sampler_keeps_the_contract(name, check):
    CHECKS[check](name, SAMPLERS.get(name))


@pytest.mark.parametrize("name", SAMPLERS.names())
def test_a_sampler_is_called_like_its_file(name):
    assert SAMPLERS.get(name).name == name


def _failures(sampler: Sampler) -> list[str]:
    failed = []
    for name, check in CHECKS.items():
        try:
            check("x", sampler)
        except AssertionError:
            failed.append(name)
    return failed


def test_the_contract_finds_a_sampler_that_has_no_seed_or_claims_what_is_not_so():
    random, tpe = (SAMPLERS.get(name).create for name in ("random", "tpe"))
    unseeded = Sampler(name="x", create=lambda space, seed, trials: random(space, 5, trials), learns=False)
    assert _failures(unseeded) == ["check_follows_its_seed"]
    assert _failures(Sampler(name="x", create=random, learns=True)) == ["check_says_truly_whether_it_learns"]
    assert _failures(Sampler(name="x", create=tpe, learns=False)) == ["check_says_truly_whether_it_learns"]
    endless = Sampler(name="x", create=random, learns=False, count=lambda space, trials: 7)
    assert _failures(endless) == ["check_ends_where_it_says"]


def test_optunas_own_grid_would_fail_a_search_at_its_end():
    """It stops a study that nobody runs; this is why there is one of Slipway's own."""
    sampler = Sampler(
        name="x",
        create=lambda space, seed, trials: optuna.samplers.GridSampler(grid_of(space, trials), seed=seed),
        learns=False,
        count=SAMPLERS.get("grid").count,
    )
    with pytest.raises(RuntimeError, match=r"`Study.stop` is supposed to be invoked inside"):
        check_ends_where_it_says("x", sampler)


def test_numbers_of_a_quasi_random_search_fill_the_space_evenly():
    """Of 16 points of a scrambled Sobol' sequence each sixteenth of a range holds exactly one."""
    found = proposals(SAMPLERS.get("quasi_random"), SearchSpace(), trials=17)[1:]
    sixteenths = {int(proposal["dropout_fraction"] / 0.5 * 16) for proposal in found}
    assert sixteenths == set(range(16))


def test_a_grid_has_as_many_combinations_as_trials_and_the_ends_of_every_range():
    grid = grid_of(WIDE, 100)
    assert [len(values) for values in grid.values()] == [3, 3, 3, 3, 2]
    assert (grid["layers"][0], grid["layers"][-1]) == (1, 4)
    assert grid["units"] == [8, 23, 64]
    assert (grid["learning_rate"][0], grid["learning_rate"][-1]) == (1e-4, 1e-1)
    assert grid["learning_rate"][1] == pytest.approx(10**-2.5, rel=1e-12)
    assert [len(values) for values in grid_of(WIDE, 32).values()] == [2, 2, 2, 2, 2]
    assert [len(values) for values in grid_of(WIDE, 33).values()] == [3, 3, 3, 3, 2]


def test_a_range_of_one_value_has_one_and_a_grid_that_cannot_grow_stays_as_it_is():
    expected = {"layers": [1, 2], "units": [16], "dropout_fraction": [0.0], "learning_rate": [0.01]}
    assert grid_of(NARROW, 1000) == {**expected, "batch_size": [32, 64]}
    assert SAMPLERS.get("grid").count(NARROW, 1000) == 4


def test_values_of_a_grid_are_as_small_as_the_range():
    space = SearchSpace(learning_rate=RealRange(low=1e-15, high=1e-13), layers=WholeRange(low=1, high=1))
    rates = grid_of(space, 24)["learning_rate"]
    assert (rates[0], rates[-1]) == (1e-15, 1e-13)

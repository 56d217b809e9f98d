"""The k-th smallest number of a file, as sorting them all in memory gives it."""

import numpy as np
import pytest

from slipway.tables.order_statistics import OrderStatistics

DRAW = np.random.default_rng(5)
DOUBLES = np.concatenate(
    [
        DRAW.normal(0, 1e6, 30_000).round(1),
        DRAW.choice([-0.0, 0.0, -np.inf, np.inf, 5e-324, -1e300, -3.5, 2**53], 10_000),
    ]
)
INTEGERS = np.concatenate([DRAW.integers(-50, 50, 30_000), DRAW.choice([-(2**63), 2**63 - 1, 0, 2**53 + 1], 10_000)])


@pytest.mark.parametrize("numbers", [DOUBLES, INTEGERS, INTEGERS[:1], np.full(5_000, 7), np.array([np.inf, -np.inf])])
def test_the_value_at_a_rank_is_that_of_the_sorted_numbers(tmp_path, numbers):
    numbers = DRAW.permutation(numbers)
    statistics = OrderStatistics(tmp_path / "it's here")
    for start in range(0, len(numbers), 7_001):
        statistics.add(numbers[start : start + 7_001])
    assert statistics.count == len(numbers)
    ranks = sorted({0, len(numbers) // 10, len(numbers) // 2, int(len(numbers) * 0.9), len(numbers) - 1})
    found = statistics.values_at(ranks)
    assert found == np.sort(numbers)[ranks].tolist()
    assert {type(value) for value in found} == {type(numbers[0].item())}


def test_one_rank_can_be_asked_for_twice(tmp_path):
    statistics = OrderStatistics(tmp_path / "numbers")
    statistics.add(np.array([3, 1, 2]))
    assert statistics.values_at([1, 1]) == [2, 2]

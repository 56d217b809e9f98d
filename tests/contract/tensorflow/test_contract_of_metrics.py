"""Every metric that is registered keeps the contract."""

import pytest

from slipway.testing.contract import Case, contract_cases

EXPECTED_FAILURES = {
    "example_count.is_the_same_of_doubled_examples": "it counts the examples",
}


@pytest.mark.parametrize("case", contract_cases("metrics", expected_failures=EXPECTED_FAILURES))
def test_it_keeps_its_contract(case: Case):
    case()

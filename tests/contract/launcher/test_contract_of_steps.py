"""Every one of the steps that are registered keeps the contract."""

import pytest

from slipway.testing.contract import Case, contract_cases


@pytest.mark.parametrize("case", contract_cases("steps"))
def test_it_keeps_its_contract(case: Case):
    case()

"""Every one of the samplers that are registered keeps the contract."""

import pytest

from slipway.testing.contract import Case, contract_cases


@pytest.mark.parametrize("case", contract_cases("samplers"))
def test_it_keeps_its_contract(case: Case):
    case()

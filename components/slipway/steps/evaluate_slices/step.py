"""Evaluate a model overall and by slice, and decide whether it may be published."""

from slipway.contracts.roles import Role
from slipway.contracts.steps import Purpose, Step

ENTRY = Step(
    role=Role.TENSORFLOW,
    position=60,
    preload=("slipway.reporting.precompiled", "tensorflow", "scipy.special", "slipway.steps.evaluate_slices.core"),
    purposes={"baseline_uri": Purpose.PREDECESSOR},
    opens_addresses=True,
    account="slipway.steps.evaluate_slices.account:read_account",
    sections="slipway.steps.evaluate_slices.run_sections:sections",
    figures="slipway.steps.evaluate_slices.run_sections:figures",
)

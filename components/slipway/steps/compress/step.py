"""Convert a model to compressed LiteRT forms and choose one."""

from slipway.contracts.roles import Role
from slipway.contracts.steps import Step

ENTRY = Step(
    role=Role.TENSORFLOW,
    position=70,
    preload=("slipway.reporting.precompiled", "tensorflow", "tf_keras", "slipway.steps.compress.core"),
    account="slipway.steps.compress.account:read_account",
    sections="slipway.steps.compress.run_sections:sections",
    figures="slipway.steps.compress.run_sections:figures",
)

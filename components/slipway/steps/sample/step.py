"""Keep a fraction of the rows of a table, the same rows every time."""

from slipway.contracts.roles import Role
from slipway.contracts.steps import Step

ENTRY = Step(role=Role.LIGHT, position=15, preload=("slipway.steps.sample.core",))

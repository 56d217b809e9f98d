"""Fit the preprocessing and transform every split with its graph."""

from slipway.contracts.roles import Role
from slipway.contracts.steps import Option, Step

ENTRY = Step(
    role=Role.TENSORFLOW,
    position=20,
    preload=("slipway.reporting.precompiled", "tensorflow", "pyarrow.parquet", "slipway.steps.transform.core"),
    options=(
        Option(
            flag="--problem",
            help="Default: inferred.",
            setting="problem",
            choices=("binary", "multiclass", "regression"),
        ),
        Option(
            flag="--positive-label",
            help="The positive class of a binary problem. Default: the rarer one.",
            setting="positive_label",
        ),
    ),
    account="slipway.steps.transform.account:read_account",
    sections="slipway.steps.transform.run_sections:sections",
)

"""Compute statistics, infer a schema, and judge the data."""

from slipway.contracts.roles import Role
from slipway.contracts.steps import Purpose, Step

ENTRY = Step(
    role=Role.TFDV,
    position=30,
    preload=(
        "slipway.reporting.precompiled",
        "pyarrow.parquet",
        "slipway.steps.validate.core",
        "slipway.steps.validate.outputs",
    ),
    purposes={
        "schema_uri": Purpose.ADDRESS,
        "previous_statistics_uri": Purpose.PREDECESSOR_STATISTICS,
    },
    opens_addresses=True,
    account="slipway.steps.validate.account:read_account",
    sections="slipway.steps.validate.run_sections:sections",
)

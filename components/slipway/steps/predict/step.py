"""Predict the rows of a table by the graph that serves them online."""

from slipway.contracts.roles import Role
from slipway.contracts.steps import Option, Purpose, Step

ENTRY = Step(
    role=Role.TENSORFLOW,
    position=90,
    preload=(
        "slipway.reporting.precompiled",
        "tensorflow",
        "pyarrow.parquet",
        "slipway.steps.predict.core",
        "slipway.steps.predict.summary",
    ),
    options=(
        Option(
            flag="--model",
            help="The pushed version that predicts, or MODEL/latest.",
            parameter="model_uri",
            metavar="DIR|URI",
            required=True,
            submitted=True,
        ),
    ),
    purposes={"model_uri": Purpose.MODEL},
    opens_addresses=True,
    account="slipway.steps.predict.account:read_account",
)

"""Publish an accepted model as a new version."""

from slipway.contracts.roles import Role
from slipway.contracts.steps import Option, Purpose, Step

ENTRY = Step(
    role=Role.LIGHT,
    position=80,
    preload=("slipway.steps.push.core",),
    options=(
        Option(
            flag="--destination",
            help="Where the model is pushed. Default: models/ below the output folder, or the target's.",
            parameter="destination",
            metavar="DIR|URI",
            submitted=True,
        ),
        Option(
            flag="--model-name",
            help="Default: the data's file name.",
            parameter="model_name",
            submitted=True,
        ),
    ),
    purposes={"destination": Purpose.DESTINATION, "model_name": Purpose.MODEL_NAME},
    opens_addresses=True,
    account="slipway.steps.push.account:read_account",
    sections="slipway.steps.push.run_sections:sections",
)

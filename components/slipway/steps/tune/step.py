"""Search for hyperparameters."""

from slipway.contracts.roles import Role
from slipway.contracts.steps import Option, Step

ENTRY = Step(
    role=Role.TENSORFLOW,
    position=40,
    preload=("slipway.reporting.precompiled", "tensorflow", "tf_keras", "slipway.steps.tune.core"),
    options=(
        Option(
            flag="--trials",
            help="Attempts of the search; 0 takes the defaults.",
            parameter="trials",
            least=0,
        ),
    ),
    restartable=True,
    sections="slipway.steps.tune.run_sections:sections",
)

"""Train a network under a tf.distribute strategy and export it."""

from slipway.contracts.roles import Role
from slipway.contracts.steps import Option, Step

ENTRY = Step(
    role=Role.TENSORFLOW,
    position=50,
    preload=("slipway.reporting.precompiled", "tensorflow", "tf_keras", "slipway.steps.train_distributed.core"),
    options=(
        Option(flag="--epochs", help="Most passes over the training split.", parameter="epochs", least=1),
        Option(
            flag="--strategy",
            help="auto, one_device, mirrored or multi_worker_mirrored.",
            parameter="strategy",
        ),
        Option(flag="--workers", help="Worker processes of multi_worker_mirrored.", parameter="workers", least=1),
    ),
    restartable=True,
    sections="slipway.steps.train_distributed.run_sections:sections",
    inspections="slipway.steps.train_distributed.inspections:inspections",
)

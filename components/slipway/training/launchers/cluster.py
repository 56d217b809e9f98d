"""A cluster whose platform started every worker: this process is the one that TF_CONFIG names."""

from pathlib import Path

from slipway.training.fitting import fit
from slipway.training.jobs import Placement, TrainingJob
from slipway.training.launcher import JobLauncher, TrainingOutcome
from slipway.training.processes import reserve_input_core


class Cluster:
    """Trains as one worker; who started the others starts them again when one dies."""

    needs_state = False

    def preference(self, placement: Placement) -> int:
        """Return 2 where ``TF_CONFIG`` was given."""
        return 2 * int(placement.in_cluster)

    def launch(self, job: TrainingJob, workspace: Path) -> TrainingOutcome:
        """Train here, together with the other workers."""
        reserve_input_core()
        return TrainingOutcome(fit(job), restarts=0)


ENTRY: JobLauncher = Cluster()

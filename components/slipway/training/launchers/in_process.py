"""The process that asks for the training."""

from pathlib import Path

from slipway.training.fitting import fit
from slipway.training.jobs import Placement, TrainingJob
from slipway.training.launcher import JobLauncher, TrainingOutcome
from slipway.training.processes import reserve_input_core
from slipway.training.strategy import STRATEGIES


class InProcess:
    """Trains where it is called; one worker, devices as they are."""

    needs_state = False

    def preference(self, placement: Placement) -> int:
        """Return 2 for one worker of one machine that needs no devices made."""
        alone = not STRATEGIES.get(placement.strategy).several_workers
        return 2 * int(alone and placement.cpu_devices == 0 and not placement.in_cluster)

    def launch(self, job: TrainingJob, workspace: Path) -> TrainingOutcome:
        """Train here."""
        reserve_input_core()
        return TrainingOutcome(fit(job), restarts=0)


ENTRY: JobLauncher = InProcess()

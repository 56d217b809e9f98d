"""Where a training runs: a launcher takes a job and gives its outcome."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from slipway.contracts.errors import InputError
from slipway.contracts.plug_points import registry
from slipway.contracts.registry import Registry
from slipway.training.jobs import Placement, TrainingJob
from slipway.training.state import TrainingState


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """The last state of a training, and how often its workers were started again."""

    state: TrainingState
    restarts: int


class JobLauncher(Protocol):
    """A place where a training runs.

    Attributes:
        needs_state: whether a job must have a ``state_path``, because the result comes back through that file.
    """

    needs_state: bool

    def preference(self, placement: Placement) -> int:
        """Return how well it fits a placement, 0 when it cannot run it; ``auto`` takes the highest."""

    def launch(self, job: TrainingJob, workspace: Path) -> TrainingOutcome:
        """Run a training to its end.

        Args:
            job: what to do.
            workspace: a folder that takes logs; it is gone afterwards.

        Raises:
            SlipwayError: what the training refused because of its input.
            TransientError: it failed again and again.
        """


JOB_LAUNCHERS: Registry[JobLauncher] = registry("job_launchers")


def choose_launcher(name: str, placement: Placement) -> JobLauncher:
    """Return the launcher of a name; for ``auto`` the one that fits the placement best.

    Raises:
        InputError: the launcher cannot run such a placement.
    """
    fits = {candidate: launcher.preference(placement) for candidate, launcher in JOB_LAUNCHERS.items()}
    chosen = max(fits, key=lambda candidate: fits[candidate]) if name == "auto" else name
    if chosen not in fits or fits[chosen] == 0:
        able = ", ".join(candidate for candidate, fit in fits.items() if fit) or "none"
        raise InputError(
            f"launcher {chosen!r} cannot run {placement.strategy} with {placement.workers} workers here; can: {able}"
        )
    return JOB_LAUNCHERS.get(chosen)

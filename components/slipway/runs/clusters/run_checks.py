"""Checks of a run: how fast its training examples come, and what its training waited for."""

import json
from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.documents import read_document
from slipway.contracts.errors import InputError
from slipway.contracts.models import Hyperparameters, TuningFolder
from slipway.contracts.roles import Role
from slipway.contracts.run_summaries import RunSummary, StepSummary
from slipway.runs.clusters.doctor import Check, State, checked
from slipway.runs.local.environments import environment_path, is_ready
from slipway.runs.local.task import python_variables
from slipway.runs.programs import asked

_EXAMPLES, _HYPERPARAMETERS, _WAIT = "transformed_examples", "best_hyperparameters", "input_wait_fraction"
_PROBE_SECONDS = 300


def run_checks(folder: Path) -> list[Check]:
    """The training input of the run in ``folder``, measured now, and the bottleneck of its training, as it was.

    Raises:
        InputError: there is no run in ``folder``.
    """
    path = folder / "summary.json"
    if not path.is_file():
        raise InputError(f"{folder} holds no run; it should be a folder such as slipway-output/runs/NAME-TIME")
    steps = read_document(RunSummary, path).steps
    return [
        checked("training input", lambda: _input(steps)),
        checked("bottleneck of training", lambda: bottleneck(steps)),
    ]


def bottleneck(steps: tuple[StepSummary, ...]) -> Check:
    """What the training of a run waited for, by its own metrics."""
    figures = next((step.figures for step in steps if _WAIT in step.figures), None)
    if figures is None:
        return Check(name="", state=State.SKIP, reason=f"no step of this run reported {_WAIT}")
    waited = figures[_WAIT]
    what = "input" if waited > 0.5 else "compute"
    reason = f"{what}: {waited:.1%} of the time went into waiting for examples"
    return Check(
        name="", state=State.OK, reason=f"{reason}, {figures['examples_per_second']:,.0f} were learned from a second"
    )


def _input(steps: tuple[StepSummary, ...]) -> Check:
    artifacts = {name: Path(path) for step in steps for name, path in step.artifacts.items()}
    examples = artifacts.get(_EXAMPLES)
    if examples is None or not examples.is_dir():
        return Check(name="", state=State.SKIP, reason=f"this run has no {_EXAMPLES}, or they are gone")
    if not is_ready(Role.TENSORFLOW):
        return Check(name="", state=State.SKIP, reason="needs its environment: slipway environments tensorflow")
    tuning = TuningFolder(artifacts.get(_HYPERPARAMETERS, Path()))
    best = tuning.result().best if tuning.result_path.is_file() else Hyperparameters()
    speed = _probed(examples, best.batch_size)
    reason = (
        f"{speed.share:.0%} of the in-memory limit: {speed.training:,.0f} of {speed.limit:,.0f} examples a second "
        f"in batches of {best.batch_size}"
    )
    return Check(name="", state=State.OK, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Speed:
    """What ``slipway.training.input_probe`` prints."""

    examples: int
    training: float
    limit: float
    share: float


def _probed(examples: Path, batch_size: int) -> _Speed:
    python = environment_path(Role.TENSORFLOW) / "bin" / "python"
    variables = python_variables(Path(__file__).resolve().parents[3])
    command = ["env", *(f"{name}={value}" for name, value in variables.items()), str(python)]
    command += ["-m", "slipway.training.input_probe", str(examples), str(batch_size)]
    done = asked(command, _PROBE_SECONDS)
    if done.returncode:
        raise InputError(f"the examples in {examples} cannot be measured: {done.stderr.strip().splitlines()[-1]}")
    return _Speed(**json.loads(done.stdout.splitlines()[-1]))

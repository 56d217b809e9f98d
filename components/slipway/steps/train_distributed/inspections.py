"""What can be looked at after a training: how fast its examples come, and what it waited for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slipway.contracts.models import Hyperparameters, TuningFolder
from slipway.contracts.run_summaries import StepSummary
from slipway.contracts.steps import Inspection, Measurement

_EXAMPLES, _HYPERPARAMETERS, _WAIT = "transformed_examples", "best_hyperparameters", "input_wait_fraction"
_INPUT, _BOTTLENECK = "training input", "bottleneck of training"


def inspections(steps: Sequence[StepSummary]) -> tuple[Inspection, ...]:
    """Return how to measure the training input of a run now, and the bottleneck of its training as it was."""
    return _input(steps), _bottleneck(steps)


def _input(steps: Sequence[StepSummary]) -> Inspection:
    artifacts = {name: Path(path) for step in steps for name, path in step.artifacts.items()}
    examples = artifacts.get(_EXAMPLES)
    if examples is None or not examples.is_dir():
        return Inspection(name=_INPUT, skipped=f"this run has no {_EXAMPLES}, or they are gone")
    tuning = TuningFolder(artifacts.get(_HYPERPARAMETERS, Path()))
    best = tuning.result().best if tuning.result_path.is_file() else Hyperparameters()
    measurement = Measurement(
        subject=f"the examples in {examples}",
        module="slipway.training.input_probe",
        arguments=(str(examples), str(best.batch_size)),
        describe=lambda speed: _speed(speed, best.batch_size),
    )
    return Inspection(name=_INPUT, measurement=measurement)


def _speed(speed: Mapping[str, Any], batch_size: int) -> str:
    rates = f"{speed['training']:,.0f} of {speed['limit']:,.0f} examples a second"
    return f"{speed['share']:.0%} of the in-memory limit: {rates} in batches of {batch_size}"


def _bottleneck(steps: Sequence[StepSummary]) -> Inspection:
    figures = next((step.figures for step in steps if _WAIT in step.figures), None)
    if figures is None:
        return Inspection(name=_BOTTLENECK, skipped=f"no step of this run reported {_WAIT}")
    waited = figures[_WAIT]
    what = "input" if waited > 0.5 else "compute"
    learned = f"{figures['examples_per_second']:,.0f} were learned from a second"
    return Inspection(
        name=_BOTTLENECK, finding=f"{what}: {waited:.1%} of the time went into waiting for examples, {learned}"
    )

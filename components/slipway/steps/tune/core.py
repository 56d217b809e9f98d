"""Find hyperparameters: search, choose the best, account for every trial."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.documents import write_document
from slipway.contracts.examples import ExamplesFolder
from slipway.contracts.models import Hyperparameters, Trial, TuningFolder, TuningResult
from slipway.search.network_trainer import NetworkTrainer
from slipway.search.options import SearchOptions
from slipway.search.searching import search
from slipway.steps.tune.config import TuneConfig
from slipway.steps.tune.report import render_report
from slipway.storage.folders import atomic_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What tune reads.

    Attributes:
        transformed_examples: an examples folder; trials learn from train and are compared on eval.
    """

    transformed_examples: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where tune writes: a TuningFolder, and an HTML page."""

    best_hyperparameters: Path
    report: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A finished search.

    Attributes:
        tuning: the best hyperparameters and every trial.
        label: the column that is predicted.
    """

    tuning: TuningResult
    label: str

    @property
    def metrics(self) -> dict[str, float]:
        """``trials``, ``pruned``, ``failed``, and after a search ``best_value`` and ``default_value``."""
        return summarize(self.tuning)

    @property
    def facts(self) -> dict[str, float]:
        """What the hyperparameters' artifact says of itself."""
        return self.metrics


def run(inputs: Inputs, config: TuneConfig) -> Result:
    """Search for the hyperparameters with the lowest eval loss; without trials, take the defaults.

    Raises:
        InputError: there are no such examples, or every trial failed.
    """
    examples = ExamplesFolder(inputs.transformed_examples)
    spec = examples.spec()
    trials: tuple[Trial, ...] = ()
    if config.trials > 0:
        with tempfile.TemporaryDirectory(prefix="slipway-tune-") as logs:
            trials = search(trainer_of(examples.root, config), options_of(config), Path(logs))
    return Result(tuning=TuningResult(best=choose(trials), trials=trials), label=spec.label.name)


def write(result: Result, outputs: Outputs) -> None:
    """Write the hyperparameters with every trial, and the report."""
    with atomic_folder(outputs.best_hyperparameters) as folder:
        write_document(result.tuning, TuningFolder(folder).result_path)
    outputs.report.write_text(render_report(result.tuning, result.metrics, result.label), encoding="utf-8")


def trainer_of(examples: Path, config: TuneConfig) -> NetworkTrainer:
    """Return how a trial trains."""
    return NetworkTrainer(examples=examples, epochs=config.epochs, max_examples=config.max_examples, seed=config.seed)


def options_of(config: TuneConfig) -> SearchOptions:
    """Return how to search."""
    return SearchOptions(
        trials=config.trials,
        parallel=config.parallel,
        epochs=config.epochs,
        timeout_seconds=config.timeout_seconds,
        seed=config.seed,
        sampler=config.sampler,
        pruner=config.pruner,
        space=config.space,
    )


def choose(trials: tuple[Trial, ...]) -> Hyperparameters:
    """Return those of the complete trial with the lowest value, the earliest of equals; the defaults without one."""
    complete = [(trial.value, trial.number, trial.hyperparameters) for trial in trials if trial.value is not None]
    return min(complete, key=lambda item: item[:2])[2] if complete else Hyperparameters()


def summarize(result: TuningResult) -> dict[str, float]:
    """Return the scalars for people."""
    states = [trial.state for trial in result.trials]
    metrics = {
        "trials": float(len(states)),
        "pruned": float(states.count("pruned")),
        "failed": float(states.count("failed")),
    }
    values = [trial.value for trial in result.trials if trial.value is not None]
    if values:
        metrics["best_value"] = min(values)
    first = next((trial.value for trial in result.trials if trial.number == 0), None)
    if first is not None:
        metrics["default_value"] = first
    return metrics

"""Find hyperparameters: search, choose the best, account for every trial."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.documents import write_document
from slipway.contracts.examples import ExamplesFolder
from slipway.contracts.models import Hyperparameters, Trial, TuningFolder, TuningResult
from slipway.steps.tune.config import TuneConfig
from slipway.steps.tune.report import render_report
from slipway.steps.tune.search import search
from slipway.storage.folders import atomic_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """A finished search.

    Attributes:
        result: what the folder says.
        metrics: ``trials``, ``pruned``, ``failed``, and after a search ``best_value`` and ``default_value``.
    """

    result: TuningResult
    metrics: dict[str, float]


def tune(examples: ExamplesFolder, best_hyperparameters: Path, report: Path, config: TuneConfig) -> Tuning:
    """Search for the hyperparameters with the lowest eval loss; without trials, take the defaults.

    Args:
        examples: transformed examples; trials learn from the train split and are compared on the eval split.
        best_hyperparameters: the TuningFolder to write.
        report: the HTML file to write.
        config: how to search.

    Raises:
        InputError: there are no such examples, or every trial failed.
    """
    spec = examples.spec()
    trials: tuple[Trial, ...] = ()
    if config.trials > 0:
        with tempfile.TemporaryDirectory(prefix="slipway-tune-") as logs:
            trials = search(examples.root, config, Path(logs))
    result = TuningResult(best=choose(trials), trials=trials)
    with atomic_folder(best_hyperparameters) as folder:
        write_document(result, TuningFolder(folder).result_path)
    metrics = summarize(result)
    report.write_text(render_report(result, metrics, spec.label.name), encoding="utf-8")
    return Tuning(result=result, metrics=metrics)


def choose(trials: tuple[Trial, ...]) -> Hyperparameters:
    """Those of the complete trial with the lowest value, the earliest of equals; the defaults without one."""
    complete = [(trial.value, trial.number, trial.hyperparameters) for trial in trials if trial.value is not None]
    return min(complete, key=lambda item: item[:2])[2] if complete else Hyperparameters()


def summarize(result: TuningResult) -> dict[str, float]:
    """The scalars for people."""
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

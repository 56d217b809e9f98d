"""The HTML page of a training."""

from collections.abc import Mapping

from slipway.contracts.documents import to_plain
from slipway.contracts.models import ModelCard
from slipway.reporting.charts import line_chart
from slipway.reporting.page import Section, join, key_figures, render_page, table
from slipway.training.state import TrainingState

_STOPPED = {
    "epochs": "All epochs were done.",
    "patience": "The eval loss fell no further.",
    "time": "The time was over.",
    "diverged": "The loss was no number any more.",
}


def render_report(card: ModelCard, metrics: Mapping[str, float], state: TrainingState) -> str:
    """Return curves, hyperparameters and where the training ran, as one HTML document."""
    epochs = [str(epoch + 1) for epoch in range(state.epochs)]
    names = [name for name in card.history if not name.startswith("eval_")]
    charts = [
        line_chart(name, epochs, {"train": card.history[name], "eval": card.history[f"eval_{name}"]}) for name in names
    ]
    figures = {name.replace("_", " "): metrics[name] for name in metrics if name.startswith("eval_")}
    where = {
        "strategy": card.strategy,
        "workers": card.workers,
        "restarts": int(metrics["restarts"]),
        "epochs": state.epochs,
        "best epoch": card.best_epoch,
        "seconds of the first epoch": round(state.epoch_seconds[0], 3),
        "seconds of all epochs": round(sum(state.epoch_seconds), 3),
        "examples per second": round(metrics["examples_per_second"]),
        "share of the time spent waiting for examples": f"{metrics['input_wait_fraction']:.1%}",
        "parameters": int(metrics["parameters"]),
    }
    seconds = line_chart("seconds per epoch", epochs, {"seconds": state.epoch_seconds})
    sections = [
        Section(title="Result", body=key_figures(figures), lead=f"{_STOPPED[state.finished]} {_kept(card)}"),
        Section(title="Training curves", body=join(*charts)),
        Section(title="Hyperparameters", body=table(["name", "value"], to_plain(card.hyperparameters).items())),
        Section(title="Where it ran", body=join(table(["what", "value"], where.items()), seconds)),
    ]
    return render_page("Training", sections, subtitle=f"{card.spec.label.name}: {card.spec.label.problem}")


def _kept(card: ModelCard) -> str:
    return f"The weights of epoch {card.best_epoch} were kept, which had the lowest eval loss."

"""Sections of a run's report about the training."""

from slipway.contracts.models import ModelCard, ModelFolder
from slipway.reporting.charts import line_chart
from slipway.reporting.page import Section, join, key_figures
from slipway.reporting.run_documents import RunDocuments, titled

_EVAL = "eval_"


def sections(documents: RunDocuments) -> list[Section]:
    """Return a section for each training."""
    models = documents.read("model.json", lambda root: ModelFolder(root).card())
    return [_training(titled("Training", name, len(models)), card) for name, card in models.items()]


def _training(title: str, card: ModelCard) -> Section:
    epochs = max((len(values) for values in card.history.values()), default=0)
    hyperparameters = card.hyperparameters
    spread = f", {card.workers} workers" if card.workers > 1 else ""
    figures = {
        "epochs": epochs,
        "best epoch": card.best_epoch,
        "strategy": card.strategy.replace("_", " ") + spread,
        "layers × units": f"{hyperparameters.layers} × {hyperparameters.units}",
        "dropout": hyperparameters.dropout_fraction,
        "learning rate": hyperparameters.learning_rate,
        "batch size": hyperparameters.batch_size,
    }
    numbers = [str(epoch + 1) for epoch in range(epochs)]
    pairs = {
        name: {"train": values, "eval": card.history[_EVAL + name]}
        for name, values in card.history.items()
        if _EVAL + name in card.history
    }
    charts = [line_chart(f"{name} by epoch", numbers, pair) for name, pair in pairs.items()]
    lead = f"The weights of epoch {card.best_epoch} of {epochs} were kept: the best on the eval split."
    return Section(title=title, lead=lead, body=join(key_figures(figures), *charts))

"""What predict tells people."""

from collections.abc import Mapping

from slipway.contracts.examples import Label, Problem
from slipway.contracts.tables import Manifest
from slipway.metrics.prediction_counts import Counts
from slipway.reporting.markdown import escape, markdown_table, markdown_verdict
from slipway.steps.predict.columns import Layout

_MOST_CLASSES = 50


def figures(counts: Counts, label: Label) -> dict[str, float]:
    """Return scalars for the metrics artifact; of many classes those that are predicted most."""
    found = {"rows": float(counts.rows), "rows_without_prediction": float(counts.without_prediction)}
    if counts.mean is not None:
        name = "mean_confidence" if label.problem is Problem.MULTICLASS else "mean_prediction"
        found[name] = counts.mean
    return found | {f"predicted_{name}": float(count) for name, count in _shown_classes(counts).items()}


def markdown_summary(counts: Counts, label: Label, layout: Layout, manifest: Manifest, model_uri: str) -> str:
    """Return which model predicted how many rows, what the columns mean, and how predictions are distributed."""
    numbers: dict[str, object] = {
        "Model": model_uri,
        "Problem": f"{label.problem.value}, label {label.name}",
        "Rows": counts.rows,
        "Rows without a prediction": counts.without_prediction,
    }
    if counts.mean is not None:
        what = {
            Problem.BINARY: f"Probability of {label.classes[-1]}" if label.classes else "",
            Problem.MULTICLASS: "Probability of the predicted class",
            Problem.REGRESSION: "Predicted value",
        }[label.problem]
        numbers |= {f"{what}, mean": counts.mean, "smallest": counts.smallest, "largest": counts.largest}
    parts = [markdown_verdict(f"Predictions of {label.name}", None, numbers)]
    parts.append(markdown_table(("Split", "Rows"), [(split, manifest.rows(split)) for split in manifest.splits]))
    if counts.classes:
        predictions = max(1, counts.rows - counts.without_prediction)
        rows = [(name, count, f"{count / predictions:.1%}") for name, count in _shown_classes(counts).items()]
        parts.append(markdown_table(("Predicted class", "Rows", "Share"), rows))
    parts.append(_columns(layout, label))
    if counts.without_prediction:
        rest = f"The model gave no finite number for {counts.without_prediction:,} rows; their predictions are null."
        parts.append(f"{escape(rest)}\n")
    return "\n".join(parts)


def _columns(layout: Layout, label: Label) -> str:
    """Return what each column of a prediction holds."""
    value = f"value of {label.name}, in its own unit" if label.problem is Problem.REGRESSION else "most probable class"
    rows = [(layout.predicted, value)]
    rows += [(column, f"probability of {name}") for name, column in list(layout.probabilities.items())[:_MOST_CLASSES]]
    kept = f"Beside {len(layout.kept)} columns of the table:\n\n" if layout.kept else ""
    return kept + markdown_table(("Column", "Holds"), rows)


def _shown_classes(counts: Counts) -> Mapping[str, int]:
    """Return the classes in the order of their ids; of many the most frequent."""
    frequent = sorted(counts.classes, key=lambda name: -counts.classes[name])[:_MOST_CLASSES]
    return {name: count for name, count in counts.classes.items() if name in frequent}

"""What predict tells people."""

from collections.abc import Mapping

from slipway.contracts.examples import Problem
from slipway.reporting.markdown import escape, markdown_table, markdown_verdict
from slipway.steps.predict.core import Predicted
from slipway.steps.predict.tally import Counts

_MOST_CLASSES = 50
_MEANS = {
    Problem.BINARY: "mean_prediction",
    Problem.MULTICLASS: "mean_confidence",
    Problem.REGRESSION: "mean_prediction",
}


def figures(predicted: Predicted) -> dict[str, float]:
    """Scalars for the metrics artifact; of many classes those that are predicted most."""
    counts = predicted.counts
    found = {"rows": float(counts.rows), "rows_without_prediction": float(counts.without_prediction)}
    if counts.mean is not None:
        found[_MEANS[predicted.label.problem]] = counts.mean
    return found | {f"predicted_{name}": float(count) for name, count in _shown_classes(counts).items()}


def markdown_summary(predicted: Predicted) -> str:
    """Which model predicted how many rows, what the columns mean, and how the predictions are distributed."""
    counts, label, manifest = predicted.counts, predicted.label, predicted.manifest
    numbers: dict[str, object] = {
        "Model": predicted.model_uri,
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
    parts.append(_columns(predicted))
    if counts.without_prediction:
        rest = f"The model gave no finite number for {counts.without_prediction:,} rows; their predictions are null."
        parts.append(f"{escape(rest)}\n")
    return "\n".join(parts)


def _columns(predicted: Predicted) -> str:
    """What each column of a prediction holds."""
    layout, label = predicted.layout, predicted.label
    value = f"value of {label.name}, in its own unit" if label.problem is Problem.REGRESSION else "most probable class"
    rows = [(layout.predicted, value)]
    rows += [(column, f"probability of {name}") for name, column in list(layout.probabilities.items())[:_MOST_CLASSES]]
    kept = f"Beside {len(layout.kept)} columns of the table:\n\n" if layout.kept else ""
    return kept + markdown_table(("Column", "Holds"), rows)


def _shown_classes(counts: Counts) -> Mapping[str, int]:
    """In the order of class ids; of many the most frequent."""
    frequent = sorted(counts.classes, key=lambda name: -counts.classes[name])[:_MOST_CLASSES]
    return {name: count for name, count in counts.classes.items() if name in frequent}

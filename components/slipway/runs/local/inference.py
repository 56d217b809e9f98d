"""What a run worked out by itself, in lines for the terminal."""

from collections import Counter
from pathlib import Path

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Problem, TransformFolder
from slipway.contracts.tables import SPLITS, TableFolder
from slipway.runs.local.summary import StepSummary


def inferred_lines(step: StepSummary) -> list[str]:
    """What ``step`` inferred about the data; empty for a step that infers nothing."""
    try:
        if "transform_graph" in step.artifacts:
            return _features(TransformFolder(Path(step.artifacts["transform_graph"])))
        if step.name == "ingest" and "examples" in step.artifacts:
            return _splits(TableFolder(Path(step.artifacts["examples"])))
    except InputError:
        return []
    return []


def _splits(table: TableFolder) -> list[str]:
    manifest = table.manifest()
    rows = ", ".join(f"{split} {manifest.rows(split):,}" for split in SPLITS if split in manifest.splits)
    return [f"splits: {rows} rows of {len(manifest.columns)} columns"]


def _features(folder: TransformFolder) -> list[str]:
    spec = folder.spec()
    kinds = Counter(feature.kind.value for feature in spec.features)
    label = f"label {spec.label.name}: {spec.label.problem.value}"
    if spec.label.problem is Problem.BINARY:
        label += f", positive class {spec.label.classes[1]!r}"
    elif spec.label.problem is Problem.MULTICLASS:
        label += f", {len(spec.label.classes)} classes"
    features = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return [label, f"features: {features} → {len(spec.dense)} dense inputs, {len(spec.ids)} embedded"]

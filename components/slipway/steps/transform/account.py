"""What transform left behind, for the summary of a run."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Problem, TransformFolder
from slipway.contracts.steps import Account


def read_account(artifacts: Mapping[str, Path]) -> Account | None:
    """Return what was inferred of label and features; None for the artifacts of another step."""
    if "transform_graph" not in artifacts:
        return None
    try:
        spec = TransformFolder(artifacts["transform_graph"]).spec()
    except InputError:
        return None
    label = f"label {spec.label.name}: {spec.label.problem.value}"
    if spec.label.problem is Problem.BINARY:
        label += f", positive class {spec.label.classes[1]!r}"
    elif spec.label.problem is Problem.MULTICLASS:
        label += f", {len(spec.label.classes)} classes"
    kinds = Counter(feature.kind.value for feature in spec.features)
    features = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    inputs = f"features: {features} → {len(spec.dense)} dense inputs, {len(spec.ids)} embedded"
    return Account(inferred=(label, inputs))

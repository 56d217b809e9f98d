"""What evaluate-slices left behind, for the summary of a run."""

from collections.abc import Mapping
from pathlib import Path

from slipway.contracts.errors import InputError
from slipway.contracts.evaluations import EvaluationFolder
from slipway.contracts.steps import Account


def read_account(artifacts: Mapping[str, Path]) -> Account | None:
    """Return verdict and metrics of the model; None for the artifacts of another step."""
    if "evaluation" not in artifacts:
        return None
    try:
        evaluation = EvaluationFolder(artifacts["evaluation"]).evaluation()
    except InputError:
        return None
    return Account(verdict=evaluation.verdict, summary={"float_metrics": evaluation.metrics})

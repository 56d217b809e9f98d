"""What predict left behind, for the summary of a run."""

from collections.abc import Mapping
from pathlib import Path

from slipway.contracts.steps import Account


def read_account(artifacts: Mapping[str, Path]) -> Account | None:
    """Return where the predictions lie; None for the artifacts of another step."""
    if "predictions" not in artifacts:
        return None
    return Account(results={"predictions": str(artifacts["predictions"])})

"""What validate left behind, for the summary of a run."""

from collections.abc import Mapping
from pathlib import Path

from slipway.contracts.errors import InputError
from slipway.contracts.steps import Account
from slipway.contracts.validations import AnomaliesFolder


def read_account(artifacts: Mapping[str, Path]) -> Account | None:
    """Return the verdict on the data; None for the artifacts of another step."""
    if "anomalies" not in artifacts:
        return None
    try:
        return Account(verdict=AnomaliesFolder(artifacts["anomalies"]).validation().verdict)
    except InputError:
        return None

"""What push left behind, for the summary of a run."""

from collections.abc import Mapping
from pathlib import Path

from slipway.contracts.errors import InputError
from slipway.contracts.published_models import PushFolder
from slipway.contracts.steps import Account


def read_account(artifacts: Mapping[str, Path]) -> Account | None:
    """Return the version that has the model's content; None for the artifacts of another step."""
    if "pushed" not in artifacts:
        return None
    try:
        pushed = PushFolder(artifacts["pushed"]).pushed()
    except InputError:
        return None
    return Account(
        summary={"model_uri": pushed.uri, "model_version": pushed.version}, results={"pushed model": pushed.uri}
    )

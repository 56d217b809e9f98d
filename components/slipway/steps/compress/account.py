"""What compress left behind, for the summary of a run."""

from collections.abc import Mapping
from pathlib import Path

from slipway.contracts.compressions import CompressedFolder
from slipway.contracts.errors import InputError
from slipway.contracts.steps import Account


def read_account(artifacts: Mapping[str, Path]) -> Account | None:
    """Return the verdict, and the metrics of the chosen variant; None for the artifacts of another step."""
    if "compressed_model" not in artifacts:
        return None
    try:
        compression = CompressedFolder(artifacts["compressed_model"]).compression()
    except InputError:
        return None
    chosen = [variant.metrics for variant in compression.variants if variant.name == compression.chosen]
    return Account(verdict=compression.verdict, summary={"compressed_metrics": chosen[0]} if chosen else {})

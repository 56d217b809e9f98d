"""What ingest left behind, for the summary of a run."""

from collections.abc import Mapping
from pathlib import Path

from slipway.contracts.errors import InputError
from slipway.contracts.steps import Account
from slipway.contracts.tables import SPLITS, TableFolder


def read_account(artifacts: Mapping[str, Path]) -> Account | None:
    """Return the size of each split; None for the artifacts of another step."""
    if "examples" not in artifacts:
        return None
    try:
        manifest = TableFolder(artifacts["examples"]).manifest()
    except InputError:
        return None
    rows = ", ".join(f"{split} {manifest.rows(split):,}" for split in SPLITS if split in manifest.splits)
    return Account(inferred=(f"splits: {rows} rows of {len(manifest.columns)} columns",))

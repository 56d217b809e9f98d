"""Tables for every test of validate."""

from pathlib import Path

import pytest
from loan_tables import WriteTable, make_splits, store_table

from slipway.contracts.tables import TableFolder


@pytest.fixture
def write_table(tmp_path: Path) -> WriteTable:
    """Stores splits in a new folder."""
    return lambda splits: store_table(tmp_path / "examples", splits)


@pytest.fixture(scope="session")
def loans(tmp_path_factory: pytest.TempPathFactory) -> TableFolder:
    """An honest table."""
    return store_table(tmp_path_factory.mktemp("loans"), make_splits())

"""Every store that the suite runs over."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from s3_server import running_s3_server

from slipway.contracts.ports import ObjectStore
from slipway.storage.object_store import open_store


@pytest.fixture(scope="session")
def s3_bucket() -> Iterator[str]:
    """A bucket on a real S3 server; skips when there is no ``moto_server``."""
    with running_s3_server() as bucket:
        yield bucket


@pytest.fixture(params=["local", "file", "memory", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address where nothing is yet; a new kind of store is one line."""
    name = uuid.uuid4().hex
    match request.param:
        case "local":
            return str(tmp_path / "models")
        case "file":
            return f"file://{tmp_path}/models"
        case "memory":
            return f"memory://{name}/models"
    return f"{request.getfixturevalue('s3_bucket')}/{name}/models"


@pytest.fixture
def store(root: str) -> ObjectStore:
    """An empty store."""
    return open_store(root)

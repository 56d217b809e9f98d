"""A model as publishing is given it, and every kind of store that the suite runs over."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from accepted_models import DESTINATIONS, new_destination, write_model
from s3_server import running_s3_server

from slipway.contracts.compressions import CompressedFolder
from slipway.contracts.evaluations import EvaluationFolder
from slipway.contracts.models import ModelFolder
from slipway.contracts.ports import ObjectStore
from slipway.contracts.validations import SchemaFolder, StatisticsFolder
from slipway.publishing.contents import ModelParts
from slipway.storage.object_store import open_store

MakeModel = Callable[..., ModelParts]


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    """A function that writes the five folders; ``weights`` is what tells one model from another."""

    def make(weights: str = "a") -> ModelParts:
        root = tmp_path / f"artifacts-{uuid.uuid4().hex}"
        write_model(root, weights)
        return ModelParts(
            model=ModelFolder(root / "model"),
            compressed=CompressedFolder(root / "compressed"),
            schema=SchemaFolder(root / "schema"),
            statistics=StatisticsFolder(root / "statistics"),
            evaluation=EvaluationFolder(root / "evaluation"),
        )

    return make


@pytest.fixture(scope="session")
def s3_bucket() -> Iterator[str]:
    """A bucket on a real S3 server; skips when there is no ``moto_server``."""
    with running_s3_server() as bucket:
        yield bucket


@pytest.fixture(params=DESTINATIONS)
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address where no model is yet."""
    bucket = request.getfixturevalue("s3_bucket") if request.param == "s3" else ""
    return new_destination(request.param, tmp_path, bucket)


@pytest.fixture
def root(destination: str) -> str:
    """The address of a model of which nothing is published."""
    return f"{destination}/income"


@pytest.fixture
def store(root: str) -> ObjectStore:
    """An empty store."""
    return open_store(root)

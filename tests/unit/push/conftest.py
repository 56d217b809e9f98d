"""A model as the earlier steps leave it, as push is given it."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from accepted_models import ACCEPTED, DESTINATIONS, new_destination, write_model
from s3_server import running_s3_server

from slipway.contracts.verdicts import Verdict
from slipway.steps.push.core import Inputs

MakeModel = Callable[..., Inputs]


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    """A function that writes the five folders; ``weights`` is what tells one model from another."""

    def make(weights: str = "a", *, evaluation: Verdict = ACCEPTED, compression: Verdict = ACCEPTED) -> Inputs:
        root = tmp_path / f"artifacts-{uuid.uuid4().hex}"
        write_model(root, weights, evaluation, compression)
        return Inputs(
            model=root / "model",
            compressed_model=root / "compressed",
            schema=root / "schema",
            statistics=root / "statistics",
            evaluation=root / "evaluation",
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

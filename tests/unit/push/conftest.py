"""A model as the earlier steps leave it, small enough to read."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from s3_server import running_s3_server

from slipway.contracts.compressions import Compression
from slipway.contracts.documents import write_document
from slipway.contracts.evaluations import Evaluation
from slipway.contracts.examples import ExampleSpec, FeatureKind, Label, Problem, RawFeature
from slipway.contracts.models import Hyperparameters, ModelCard
from slipway.contracts.verdicts import Verdict
from slipway.steps.push.contents import Sources, sources

MakeModel = Callable[..., Sources]
ACCEPTED = Verdict()


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    """A function that writes the five folders; ``weights`` is what tells one model from another."""

    def make(weights: str = "a", *, evaluation: Verdict = ACCEPTED, compression: Verdict = ACCEPTED) -> Sources:
        root = tmp_path / f"artifacts-{uuid.uuid4().hex}"
        names = {name: root / name for name in ("model", "compressed", "schema", "statistics", "evaluation")}
        texts = {
            "model/saved_model/saved_model.pb": "graph",
            "model/saved_model/fingerprint.pb": f"identity {uuid.uuid4().hex}",
            "model/saved_model/variables/variables.index": "index",
            "model/saved_model/variables/variables.data-00000-of-00001": weights,
            "compressed/model.tflite": f"small {weights}",
            "compressed/int8.tflite": f"small {weights}",
            "schema/schema.pbtxt": "feature {}",
            "statistics/train.pb": "train statistics",
            "statistics/eval.pb": "eval statistics",
        }
        for name, text in texts.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        names["evaluation"].mkdir()
        spec = ExampleSpec(
            features=(RawFeature(name="age", kind=FeatureKind.NUMERIC),),
            label=Label(name="income", problem=Problem.BINARY, classes=("low", "high")),
            dense=("age",),
        )
        card = ModelCard(spec=spec, hyperparameters=Hyperparameters(), strategy="one_device", workers=1, best_epoch=1)
        write_document(card, names["model"] / "model.json")
        write_document(
            Evaluation(verdict=evaluation, problem=Problem.BINARY, metrics={"accuracy": 0.9}),
            names["evaluation"] / "evaluation.json",
        )
        write_document(
            Compression(verdict=compression, metric="accuracy", allowed_loss=0.005, variants=(), chosen="int8"),
            names["compressed"] / "compression.json",
        )
        return sources(*map(str, names.values()))

    return make


@pytest.fixture(scope="session")
def s3_bucket() -> Iterator[str]:
    """A bucket on a real S3 server; skips when there is no ``moto_server``."""
    with running_s3_server() as bucket:
        yield bucket


@pytest.fixture(params=["local", "memory", "s3"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address where no model is yet."""
    match request.param:
        case "local":
            return str(tmp_path / "published")
        case "memory":
            return f"memory://{uuid.uuid4().hex}"
    return f"{request.getfixturevalue('s3_bucket')}/{uuid.uuid4().hex}"

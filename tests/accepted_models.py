"""A model as the steps before push leave it, small enough to read; and places to publish it."""

import uuid
from pathlib import Path

from slipway.contracts.compressions import Compression
from slipway.contracts.documents import write_document
from slipway.contracts.evaluations import Evaluation
from slipway.contracts.examples import ExampleSpec, FeatureKind, Label, Problem, RawFeature
from slipway.contracts.models import Hyperparameters, ModelCard
from slipway.contracts.verdicts import Verdict

ACCEPTED = Verdict()
DESTINATIONS = ("local", "memory", "s3")


def write_model(root: Path, weights: str, evaluation: Verdict = ACCEPTED, compression: Verdict = ACCEPTED) -> None:
    """Write the folders model, compressed, schema, statistics and evaluation; ``weights`` tells models apart."""
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
    (root / "evaluation").mkdir()
    spec = ExampleSpec(
        features=(RawFeature(name="age", kind=FeatureKind.NUMERIC),),
        label=Label(name="income", problem=Problem.BINARY, classes=("low", "high")),
        dense=("age",),
    )
    card = ModelCard(spec=spec, hyperparameters=Hyperparameters(), strategy="one_device", workers=1, best_epoch=1)
    write_document(card, root / "model" / "model.json")
    write_document(
        Evaluation(verdict=evaluation, problem=Problem.BINARY, metrics={"accuracy": 0.9}),
        root / "evaluation" / "evaluation.json",
    )
    write_document(
        Compression(verdict=compression, metric="accuracy", allowed_loss=0.005, variants=(), chosen="int8"),
        root / "compressed" / "compression.json",
    )


def new_destination(kind: str, folder: Path, bucket: str) -> str:
    """An address of one of DESTINATIONS where no model is yet."""
    match kind:
        case "local":
            return str(folder / "published")
        case "memory":
            return f"memory://{uuid.uuid4().hex}"
    return f"{bucket}/{uuid.uuid4().hex}"

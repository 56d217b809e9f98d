"""A table and models small enough to be made in a moment, with the interfaces of real ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from slipway.contracts.documents import write_document
from slipway.contracts.examples import ExampleSpec, FeatureKind, Label, Problem, RawFeature, input_names
from slipway.contracts.models import Hyperparameters, ModelCard, ModelFolder
from slipway.contracts.published_models import VersionFolder
from slipway.contracts.tables import Column, Manifest, TableFile, TableFolder
from slipway.storage.folders import file_digest

FEATURES = (
    RawFeature(name="hours-per-week", kind=FeatureKind.NUMERIC),
    RawFeature(name="sex", kind=FeatureKind.CATEGORICAL),
)
LABELS = {
    Problem.BINARY: Label(name="income", problem=Problem.BINARY, classes=("<=50K", ">50K")),
    Problem.MULTICLASS: Label(name="grade", problem=Problem.MULTICLASS, classes=("a", "b", "c")),
    Problem.REGRESSION: Label(name="wage", problem=Problem.REGRESSION, mean=20.0, standard_deviation=5.0),
}


def write_rows(root: Path, table: pa.Table, split: str = "test") -> TableFolder:
    (root / split).mkdir(parents=True)
    path = root / split / "part-00000.parquet"
    pq.write_table(table, path)
    digest = file_digest(path)
    file = TableFile(path=f"{split}/{path.name}", rows=len(table), bytes=path.stat().st_size, sha256=digest)
    columns = tuple(Column(name=field.name, type=str(field.type)) for field in table.schema)
    manifest = Manifest(splits={split: (file,)}, columns=columns, source="test", digest=digest)
    folder = TableFolder(root)
    write_document(manifest, folder.manifest_path)
    return folder


def rows(count: int = 600) -> pa.Table:
    """Hours decide, and women's labels follow them less, so a model on hours is worse for women."""
    random = np.random.default_rng(4)
    hours = random.normal(40, 10, count)
    women = random.random(count) < 0.4
    signal = (hours - 40) / 10 + random.normal(size=count) * np.where(women, 2.0, 0.3)
    return pa.table(
        {
            "hours-per-week": hours,
            "sex": np.where(women, "Female", "Male"),
            "race": random.choice(["A", "B", "C"], count, p=[0.8, 0.18, 0.02]),
            "income": np.where(signal > 0, ">50K", "<=50K"),
            "grade": np.select([signal > 0.7, signal > -0.7], ["a", "b"], "c"),
            "wage": (20 + 5 * signal).astype(np.float32),
        }
    )


def write_saved_model(path: Path, spec: ExampleSpec, slope: float) -> None:
    """A logistic, linear or three-class model on hours alone."""
    module = tf.Module()
    module.slope = tf.Variable(slope)

    def answer(hours: tf.Tensor) -> dict[str, tf.Tensor]:
        signal = module.slope * (hours - 40.0) / 10.0
        if spec.label.problem is Problem.REGRESSION:
            return {"predictions": 20.0 + 5.0 * signal}
        if spec.label.problem is Problem.BINARY:
            probabilities = tf.stack([1.0 - tf.sigmoid(signal), tf.sigmoid(signal)], axis=1)
            if spec.label.classes[0] == ">50K":
                probabilities = probabilities[:, ::-1]
        else:
            probabilities = tf.nn.softmax(tf.stack([2 * signal - 1, tf.zeros_like(signal), -2 * signal - 1], axis=1))
        predicted = tf.gather(tf.constant(spec.label.classes), tf.argmax(probabilities, axis=1))
        return {"probabilities": probabilities, "predicted_class": predicted}

    names = input_names(spec.features)
    dtypes = {FeatureKind.NUMERIC: tf.float32, FeatureKind.CATEGORICAL: tf.string}
    raw = {names[one.name]: tf.TensorSpec([None], dtypes[one.kind], name=names[one.name]) for one in spec.features}
    signatures = {
        "serving_default": tf.function(lambda inputs: answer(inputs[names["hours-per-week"]]), input_signature=[raw]),
        "transformed": tf.function(
            lambda dense: answer(dense[:, 0]), input_signature=[tf.TensorSpec([None, 1], tf.float32, name="dense")]
        ),
    }
    tf.saved_model.save(module, str(path), signatures=signatures)


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ModelFolder]:
    """A trained model as train-distributed leaves it; each is made once."""
    made: dict[tuple[object, ...], ModelFolder] = {}

    def make(problem=Problem.BINARY, slope=3.0, features=FEATURES, label=None) -> ModelFolder:
        label = label or LABELS[problem]
        key = (slope, features, label)
        if key not in made:
            spec = ExampleSpec(features=features, label=label, dense=("hours",))
            folder = ModelFolder(tmp_path_factory.mktemp("model"))
            write_saved_model(folder.saved_model, spec, slope)
            card = ModelCard(
                spec=spec, hyperparameters=Hyperparameters(), strategy="one_device", workers=1, best_epoch=1
            )
            write_document(card, folder.card_path)
            made[key] = folder
        return made[key]

    return make


@pytest.fixture
def make_version(tmp_path: Path, make_model: Callable[..., ModelFolder]) -> Callable[..., Path]:
    """A version's folder as push leaves it."""

    def make(**settings) -> Path:
        model = make_model(**settings)
        version = VersionFolder(tmp_path / "pushed" / "1")
        for file in (item for item in model.saved_model.rglob("*") if item.is_file()):
            target = version.root / file.relative_to(model.saved_model)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
        version.extra.mkdir()
        version.card_path.write_bytes(model.card_path.read_bytes())
        return version.root

    return make


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> TableFolder:
    return write_rows(tmp_path_factory.mktemp("examples") / "table", rows())


@pytest.fixture(scope="session")
def row_table() -> pa.Table:
    return rows()


@pytest.fixture
def write_examples(tmp_path: Path) -> Callable[..., TableFolder]:
    """A table folder with one split."""

    def write(table: pa.Table, split: str = "test") -> TableFolder:
        return write_rows(tmp_path / "table", table, split)

    return write

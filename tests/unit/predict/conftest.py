"""Models small enough to be made in a moment, exported as train-distributed exports them, and what they predict."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import tensorflow as tf
from customer_tables import FEATURES, JOBS, LABELS, Transform, make_rows, write_table

from slipway.contracts.documents import parse, write_document
from slipway.contracts.examples import ExampleSpec, Problem, TransformFolder
from slipway.contracts.models import Hyperparameters, ModelCard, ModelFolder
from slipway.contracts.published_models import VersionFolder
from slipway.contracts.tables import TableFolder
from slipway.serving.saved_model import export_model
from slipway.steps.predict import core
from slipway.steps.predict.config import PredictConfig
from slipway.steps.predict.core import Inputs, Outputs, Result
from slipway.training.network import build_network


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Problem], ModelFolder]:
    """A model of each problem as train-distributed leaves it, with the weights it started with; each is made once."""
    made: dict[Problem, ModelFolder] = {}

    def make(problem: Problem = Problem.BINARY) -> ModelFolder:
        if problem not in made:
            root = tmp_path_factory.mktemp(problem.value)
            dense = ("age", "hours", *(f"job={job}" for job in JOBS), "late")
            spec = ExampleSpec(features=FEATURES, label=LABELS[problem], dense=dense)
            transform = TransformFolder(root / "transform")
            transform.root.mkdir()
            tf.saved_model.save(Transform(), str(transform.saved_model), signatures={})
            write_document(spec, transform.spec_path)
            folder = ModelFolder(root / "model")
            folder.root.mkdir()
            hyperparameters = Hyperparameters(layers=1, units=8)
            export_model(build_network(spec, hyperparameters, seed=5), transform, folder.saved_model)
            card = ModelCard(spec=spec, hyperparameters=hyperparameters, strategy="one_device", workers=1, best_epoch=1)
            write_document(card, folder.card_path)
            made[problem] = folder
        return made[problem]

    return make


@pytest.fixture
def make_version(tmp_path: Path, make_model: Callable[[Problem], ModelFolder]) -> Callable[..., Path]:
    """A version's folder as push leaves it."""

    def make(number: int = 1) -> Path:
        model, version = make_model(Problem.BINARY), VersionFolder(tmp_path / "models" / "customers" / str(number))
        shutil.copytree(model.saved_model, version.root)
        version.extra.mkdir()
        shutil.copy(model.card_path, version.card_path)
        version.manifest_path.write_text("{}")
        return version.root

    return make


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> TableFolder:
    """330 rows in three splits and four files."""
    splits = {"train": [make_rows(170, 1), make_rows(60, 2)], "eval": [make_rows(20, 3)], "test": [make_rows(80, 4)]}
    return write_table(tmp_path_factory.mktemp("examples") / "table", splits)


@pytest.fixture
def write_examples(tmp_path: Path) -> Callable[..., TableFolder]:
    """A table folder of one table, all of it in the test split."""

    def write(table: pa.Table) -> TableFolder:
        return write_table(tmp_path / "examples", {"test": [table]})

    return write


@pytest.fixture
def run(tmp_path: Path, examples: TableFolder, make_model: Callable[[Problem], ModelFolder]):
    """Predicts; what the core gives, and the folder it wrote."""

    def predict(
        problem: Problem = Problem.BINARY, *, table: TableFolder = examples, name: str = "predictions", **settings
    ) -> tuple[Result, TableFolder]:
        out = tmp_path / "out"
        inputs = Inputs(examples=table.root, model=make_model(problem).root, workspace=out / ".workspace")
        found = core.run(inputs, parse(PredictConfig, settings))
        core.write(found, Outputs(predictions=out / name, summary=tmp_path / f"{name}.md"))
        return found, TableFolder(tmp_path / "out" / name)

    return predict

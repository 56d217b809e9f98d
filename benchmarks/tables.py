"""The data: a seeded table of 18 mixed columns, and what steps before the measured ones make of it.

Runs in the role that makes each thing, before anything is measured, and once for each size.
"""

from pathlib import Path
from typing import Any

from benchmarks.contender import Contest

LABEL = "defaulted"
NUMBERS = (
    *("age", "employer_tenure_years", "annual_income", "credit_score", "debt_to_income", "credit_utilization"),
    *("open_accounts", "loan_amount", "interest_rate"),
)
CATEGORIES = (*("gender", "ethnic_group", "region", "education", "employment_type", "home", "purpose", "channel"),)
COLUMNS = (*NUMBERS, *CATEGORIES, LABEL)
SPLITS = ("train", "eval", "test")


def table(scratch: Path, folder: str, rows: int) -> Contest:
    """``table.csv`` of loan applications without names and dates, and ``examples/`` as ingest splits it."""
    import pyarrow.csv as csv

    from slipway.demo.loans import write_demo_data
    from slipway.steps.ingest.config import IngestConfig
    from slipway.steps.ingest.core import Inputs, Outputs, run, write

    def work() -> None:
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        data = write_demo_data(scratch, rows=rows)
        csv.write_csv(csv.read_csv(data.csv).select(list(COLUMNS)), target / "table.csv")
        inputs = Inputs(workspace=target / ".workspace")
        result = run(inputs, IngestConfig(data_uri=str(target / "table.csv"), label=LABEL))
        write(result, Outputs(examples=target / "examples", summary=target / "summary"))

    return work, lambda _: {}


def splits_as_csv(scratch: Path, folder: str) -> Contest:
    """``train.csv``, ``eval.csv`` and ``test.csv``, for peers that read no Parquet."""
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    from slipway.contracts.tables import TableFolder

    def work() -> None:
        examples = TableFolder(Path(folder) / "examples")
        for split in SPLITS:
            with csv.CSVWriter(Path(folder) / f"{split}.csv", pq.read_schema(examples.files(split)[0])) as writer:
                for file in examples.files(split):
                    writer.write_table(pq.read_table(file))

    return work, lambda _: {}


def predictions(scratch: Path, folder: str, rows: int) -> Contest:
    """``predictions.parquet``: two columns to slice by, a label, and probabilities that crowd near 0 and 1."""
    import numpy as np
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    def work() -> None:
        table = csv.read_csv(Path(folder) / "table.csv").select(["gender", "region"])
        random = np.random.default_rng(rows)
        signal = random.normal(size=rows)
        label = (signal + random.normal(size=rows) > 0.8).astype(np.float32)
        probability = np.clip(np.round(1 / (1 + np.exp(-4 * signal + 2)), 3), 0.001, 0.999).astype(np.float32)
        table = table.append_column("label", [label]).append_column("prediction", [probability])
        pq.write_table(table, Path(folder) / "predictions.parquet")

    return work, lambda _: {}


def schema(scratch: Path, folder: str) -> Contest:
    """``schema/`` as validate infers it."""
    from slipway.steps.validate.config import ValidateConfig
    from slipway.steps.validate.core import Inputs, run
    from slipway.steps.validate.outputs import write_schema

    def work() -> None:
        root = Path(folder)
        write_schema(run(Inputs(examples=root / "examples"), ValidateConfig(label=LABEL)).schema, root / "schema")

    return work, lambda _: {}


def transformed(scratch: Path, folder: str) -> Contest:
    """``transformed/`` as Arrow and ``records/`` as TFRecord, and ``transformed.csv`` of the train split."""
    from slipway.contracts.examples import ExamplesFolder
    from slipway.steps.transform.config import TransformConfig
    from slipway.steps.transform.core import Inputs, Outputs, run, write
    from slipway.training.examples import read_examples

    def work() -> None:
        root = Path(folder)
        formats: Any = {"arrow": "transformed", "tfrecord": "records"}
        for kind, name in formats.items():
            config = TransformConfig(label=LABEL, examples_format=kind)
            inputs = Inputs(examples=root / "examples", schema=root / "schema", workspace=root / ".workspace")
            outputs = Outputs(
                transform_graph=scratch / kind, transformed_examples=root / name, summary=scratch / f"{kind}.md"
            )
            write(run(inputs, config), outputs)
        _write_csv(read_examples(ExamplesFolder(root / "transformed"), "train"), root / "transformed.csv")

    return work, lambda _: {}


def model(scratch: Path, folder: str) -> Contest:
    """``model/`` as train-distributed leaves it after two epochs on the train split."""
    from slipway.contracts.documents import write_document
    from slipway.contracts.examples import ExamplesFolder, TransformFolder
    from slipway.contracts.models import Hyperparameters, TuningFolder, TuningResult
    from slipway.steps.train_distributed.config import TrainDistributedConfig
    from slipway.steps.train_distributed.core import Inputs as TrainInputs
    from slipway.steps.train_distributed.core import Outputs as TrainOutputs
    from slipway.steps.train_distributed.core import run as train
    from slipway.steps.train_distributed.core import write as write_model
    from slipway.steps.transform.config import TransformConfig
    from slipway.steps.transform.core import Inputs, Outputs, run, write

    def work() -> None:
        root = Path(folder)
        graph, examples = TransformFolder(scratch / "graph"), ExamplesFolder(scratch / "examples")
        inputs = Inputs(examples=root / "examples", schema=root / "schema", workspace=scratch / ".workspace")
        outputs = Outputs(
            transform_graph=graph.root, transformed_examples=examples.root, summary=scratch / "transform.md"
        )
        write(run(inputs, TransformConfig(label=LABEL)), outputs)
        tuning = TuningFolder(scratch)
        write_document(TuningResult(best=Hyperparameters()), tuning.result_path)
        settings = TrainDistributedConfig(strategy="one_device", epochs=2)
        given = TrainInputs(
            transformed_examples=examples.root, transform_graph=graph.root, best_hyperparameters=tuning.root
        )
        write_model(train(given, settings), TrainOutputs(model=root / "model", report=scratch / "report.html"))

    return work, lambda _: {}


def requests(scratch: Path, folder: str) -> Contest:
    """For TFX: ``rows.tfrecord`` of tf.train.Example, and ``served/``, the model behind a signature that takes them."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import tensorflow as tf

    from slipway.contracts.examples import input_names
    from slipway.contracts.models import ModelFolder
    from slipway.contracts.tables import TableFolder

    root = Path(folder)
    trained, table = ModelFolder(root / "model"), TableFolder(root / "examples")
    names = input_names(trained.card().spec.features)

    def work() -> None:
        parsing = {name: tf.io.FixedLenFeature([], tf.float32, float("nan")) for name in NUMBERS}
        parsing |= {name: tf.io.FixedLenFeature([], tf.string, "") for name in CATEGORIES}
        module = tf.Module()
        module.model = tf.saved_model.load(str(trained.saved_model))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(examples: Any) -> Any:
            features = tf.io.parse_example(examples, parsing)
            read = {feature: features[feature] for feature in names}
            answer = module.model.signatures["serving_default"](**{names[name]: item for name, item in read.items()})
            return {"probabilities": answer["probabilities"]}  # RunInference cannot take apart an output of text

        tf.saved_model.save(module, str(root / "served"), signatures={"serving_default": serve})
        rows = pa.concat_tables([pq.read_table(file) for split in SPLITS for file in table.files(split)])
        with tf.io.TFRecordWriter(str(root / "rows.tfrecord")) as writer:
            for row in rows.to_pylist():
                writer.write(_example(row).SerializeToString())

    return work, lambda _: {}


def _example(row: dict[str, Any]) -> Any:
    """A row as tf.train.Example, without what is missing."""
    import tensorflow as tf

    features = {
        name: tf.train.Feature(float_list=tf.train.FloatList(value=[row[name]]))
        for name in NUMBERS
        if row[name] is not None
    }
    features |= {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[str(row[name]).encode()]))
        for name in CATEGORIES
        if row[name] is not None
    }
    return tf.train.Example(features=tf.train.Features(feature=features))


def _write_csv(examples: Any, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.csv as csv

    columns = {f"x{index}": values for index, values in enumerate(examples.inputs["dense"].T)}
    csv.write_csv(pa.table({**columns, "label": examples.labels}), path)

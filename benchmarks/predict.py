"""Batch prediction beside the loop one would write by hand, and beside what TFX's BulkInferrer runs."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.comparisons import Comparison, Contender, Goal
from benchmarks.contender import Contest, Result
from benchmarks.workplace import Workplace

_BY_HAND, _TFX, _MODEL = "pandas loop", "RunInference on Beam", "the model alone"
_REPEATS = 2
_BATCH = 8192
_NOTE = (
    "Every row of the table by the same SavedModel; all columns are kept. The loop reads the same Parquet files in "
    "batches of 8,192 by pyarrow, makes tensors by pandas, asks `serving_default` and writes Parquet. RunInference "
    "of tfx-bsl, which is what BulkInferrer runs, reads TFRecord and writes PredictionLog records with the request; "
    "its model has a signature that parses tf.train.Example. The model alone has all tensors in memory before it "
    "starts and writes nothing: the limit. Compared: rows, how many are positive, and the mean probability."
)


def comparisons(place: Workplace) -> list[Comparison]:
    """The same rows by the same model."""
    arguments = {"folder": str(place.table(place.rows, "schema", "model", "requests"))}
    contenders = [
        Contender(
            name=name,
            environment=environment,
            function=f"benchmarks.predict:{function}",
            arguments=arguments,
            repeats=repeats,
            once=place.hurried and name == _TFX,
        )
        for name, environment, function, repeats in (
            ("Slipway", "tensorflow", "slipway", _REPEATS),
            (_BY_HAND, "oracle", "by_hand", _REPEATS),
            (_TFX, "oracle", "run_inference", 0),
            (_MODEL, "tensorflow", "model_alone", _REPEATS),
        )
    ]
    return [
        Comparison(
            name="predict",
            title="Batch prediction",
            rows=place.rows,
            contenders=tuple(contenders),
            rounds=place.rounds(3),
            goals=(
                Goal(against=_BY_HAND, measure="work", at_least=1.0),
                Goal(against=_TFX, measure="work", at_least=10.0),
            ),
            tolerance=1e-5,
            note=_NOTE,
        )
    ]


def slipway(scratch: Path, folder: str) -> Contest:
    """The predict step."""
    from slipway.contracts.tables import TableFolder
    from slipway.steps.predict.config import PredictConfig
    from slipway.steps.predict.core import Inputs, Outputs, run, write

    root, numbers = Path(folder), iter(range(_REPEATS + 1))

    def work() -> TableFolder:
        target = scratch / str(next(numbers))
        inputs = Inputs(examples=root / "examples", model=root / "model", workspace=target.with_suffix(".workspace"))
        write(run(inputs, PredictConfig()), Outputs(predictions=target, summary=target.with_suffix(".md")))
        return TableFolder(target)

    def describe(found: TableFolder) -> Result:
        files = [file for split in found.manifest().splits for file in found.files(split)]
        return _parquet_figures(files, found.manifest().columns[-1].name)

    return work, describe


def by_hand(scratch: Path, folder: str) -> Contest:
    """A loop over batches, as a notebook would have it; standard pandas, no Slipway."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    import tensorflow as tf

    root, numbers = Path(folder), iter(range(_REPEATS + 1))
    features = json.loads((root / "model" / "model.json").read_text(encoding="utf-8"))["spec"]["features"]

    def tensors(frame: Any) -> dict[str, Any]:
        return {
            each["name"]: tf.constant(frame[each["name"]].to_numpy(np.float32))
            if each["kind"] == "numeric"
            else tf.constant(frame[each["name"]].fillna("").astype(str).to_numpy())
            for each in features
        }

    def work() -> Path:
        target = scratch / f"{next(numbers)}.parquet"
        model = tf.saved_model.load(str(root / "model" / "saved_model"))
        serving, writer = model.signatures["serving_default"], None
        for file in _files(root):
            for batch in pq.ParquetFile(file).iter_batches(batch_size=_BATCH):
                frame = batch.to_pandas()
                answer = serving(**tensors(frame))
                frame["probability"] = answer["probabilities"].numpy()[:, 1]
                frame["predicted"] = answer["predicted_class"].numpy().astype(str)
                table = pa.Table.from_pandas(frame, preserve_index=False)
                writer = writer or pq.ParquetWriter(target, table.schema)
                writer.write_table(table)
        if writer:
            writer.close()
        return target

    return work, lambda found: _parquet_figures([found], "probability")


def run_inference(scratch: Path, folder: str) -> Contest:
    """Read, predict, write, by Beam's direct runner."""
    import apache_beam as beam
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2
    from tfx_bsl.public.beam import RunInference
    from tfx_bsl.public.proto import model_spec_pb2

    model = model_spec_pb2.SavedModelSpec(model_path=f"{folder}/served", signature_name=["serving_default"])
    specification = model_spec_pb2.InferenceSpecType(saved_model_spec=model)

    def work() -> Path:
        with beam.Pipeline() as pipeline:
            (
                pipeline
                | beam.io.ReadFromTFRecord(f"{folder}/rows.tfrecord")
                | beam.Map(tf.train.Example.FromString)
                | RunInference(specification)
                | beam.io.WriteToTFRecord(
                    str(scratch / "predictions"), coder=beam.coders.ProtoCoder(prediction_log_pb2.PredictionLog)
                )
            )
        return scratch

    def describe(found: Path) -> Result:
        records = tf.data.TFRecordDataset([str(path) for path in found.glob("predictions*")])
        logs = (prediction_log_pb2.PredictionLog.FromString(record) for record in records.as_numpy_iterator())
        outputs = (log.predict_log.response.outputs["probabilities"] for log in logs)
        return _figures([tf.make_ndarray(tensor).reshape(-1, 2)[0, 1] for tensor in outputs])

    return work, describe


def model_alone(scratch: Path, folder: str) -> Contest:
    """What no batch prediction can do without."""
    from slipway.contracts.models import ModelFolder
    from slipway.features.tensors import raw_tensors
    from slipway.serving.saved_model import Predictor
    from slipway.tables.parquet_columns import read_columns

    root = Path(folder)
    model = ModelFolder(root / "model")
    spec = model.card().spec
    predictor = Predictor(model.saved_model, spec)
    raw = raw_tensors(read_columns(_files(root), [each.name for each in spec.features]), spec.features)
    rows = len(raw[spec.features[0].name])

    def work() -> list[Any]:
        return [
            predictor.predict({name: values[start : start + _BATCH] for name, values in raw.items()})
            for start in range(0, rows, _BATCH)
        ]

    return work, lambda found: _figures([value for batch in found for value in batch[:, 1]])


def _files(root: Path) -> list[Path]:
    from slipway.contracts.tables import TableFolder

    table = TableFolder(root / "examples")
    return [file for split in table.manifest().splits for file in table.files(split)]


def _parquet_figures(files: Iterable[Path], column: str) -> Result:
    import pyarrow.parquet as pq

    return _figures([value for file in files for value in pq.read_table(file, columns=[column])[column].to_numpy()])


def _figures(probabilities: list[Any]) -> Result:
    import numpy as np

    values = np.array(probabilities, np.float64)
    return {"rows": float(len(values)), "positive": float((values > 0.5).sum()), "mean": float(values.mean())}

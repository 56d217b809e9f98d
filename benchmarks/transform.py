"""Fit and apply the preprocessing beside tf.Transform on Beam's direct runner."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.comparisons import Comparison, Contender, Goal
from benchmarks.contender import Contest, Result
from benchmarks.tables import CATEGORIES, LABEL, NUMBERS, SPLITS
from benchmarks.workplace import Workplace

_BEAM = "tf.Transform on Beam"
_REPEATS = 2
_DEVIATIONS = 3
_NOTE = (
    "Numbers to z-scores, missing ones to the mean, categories to a vocabulary; fitted on train, applied to train, "
    "eval and test, graph and examples written. Slipway reads Parquet and writes Arrow, tf.Transform reads the same "
    "rows as CSV and writes TFRecord. Compared: of every split how often each category occurs, and of every number the "
    "sums of the absolute and of the squared values after the transformation, up to three deviations: Slipway keeps "
    "what lies outside the range of train at its end, tf.Transform does not."
)


def comparisons(place: Workplace) -> list[Comparison]:
    """The same encodings by both."""
    arguments = {"folder": str(place.table(place.rows, "splits_as_csv", "schema"))}
    return [
        Comparison(
            name="transform",
            title="Transform, fit and apply",
            rows=place.rows,
            contenders=(
                Contender(
                    name="Slipway",
                    environment="tensorflow",
                    function="benchmarks.transform:slipway",
                    arguments=arguments,
                    repeats=_REPEATS,
                ),
                Contender(
                    name=_BEAM,
                    environment="peer-tft",
                    function="benchmarks.transform:tensorflow_transform",
                    arguments=arguments,
                    once=place.hurried,
                ),
            ),
            rounds=place.rounds(2),
            goals=(Goal(against=_BEAM, measure="work", at_least=30.0),),
            tolerance=1e-3,
            note=_NOTE,
        )
    ]


def slipway(scratch: Path, folder: str) -> Contest:
    """The transform step, told to do no more than the peer."""
    import numpy as np

    from slipway.contracts.examples import ExamplesFolder, FeatureKind
    from slipway.steps.transform.config import FeatureOptions, TransformConfig
    from slipway.steps.transform.core import Inputs, Outputs, run, write
    from slipway.training.examples import read_examples

    root, numbers = Path(folder), iter(range(_REPEATS + 1))
    encodings = dict.fromkeys(NUMBERS, "z_score") | dict.fromkeys(CATEGORIES, "vocabulary")
    config = TransformConfig(
        label=LABEL,
        features={name: FeatureOptions(encoding=encoding) for name, encoding in encodings.items()},
        clip_fraction=0.0,
        scaled_buckets=0,
        missing_value="mean",
    )

    def work() -> tuple[Any, ExamplesFolder]:
        target = scratch / str(next(numbers))
        examples = ExamplesFolder(target / "examples")
        inputs = Inputs(examples=root / "examples", schema=root / "schema", workspace=target / ".workspace")
        result = run(inputs, config)
        write(
            result,
            Outputs(
                transform_graph=target / "graph", transformed_examples=examples.root, summary=target / "summary.md"
            ),
        )
        return result.plan, examples

    def describe(found: tuple[Any, ExamplesFolder]) -> Result:
        plan, folder_of_examples = found
        spec = folder_of_examples.spec()
        places = {column.name: index for index, column in enumerate(spec.ids)}
        figures: dict[str, float] = {}
        for split in SPLITS:
            examples = read_examples(folder_of_examples, split)
            for name in NUMBERS:
                figures |= _number_figures(split, name, examples.inputs["dense"][:, spec.dense.index(name)])
            for feature in plan.features:
                if feature.kind is FeatureKind.CATEGORICAL:
                    counts = np.bincount(examples.inputs["ids"][:, places[feature.name]])
                    figures |= _category_figures(split, feature.name, feature.fit.vocabulary, counts)
        return figures

    return work, describe


def tensorflow_transform(scratch: Path, folder: str) -> Contest:
    """``AnalyzeAndTransformDataset`` on train and ``TransformDataset`` on all, as the guide shows."""
    import numpy as np
    import tensorflow as tf
    import tensorflow_transform as tft

    def work() -> Path:
        _run_beam(folder, scratch)
        return scratch

    def describe(found: Path) -> Result:
        output = tft.TFTransformOutput(str(found / "graph"))
        figures: dict[str, float] = {}
        for split in SPLITS:
            files = tf.io.gfile.glob(str(found / f"{split}-*"))
            records = tf.data.TFRecordDataset(files).batch(1 << 20)
            parsed = tf.io.parse_example(next(iter(records)), output.transformed_feature_spec())
            for name in NUMBERS:
                figures |= _number_figures(split, name, parsed[name].numpy())
            for name in CATEGORIES:
                vocabulary = [each.decode() for each in output.vocabulary_by_name(name)]
                known = parsed[name].numpy()
                figures |= _category_figures(split, name, vocabulary, np.bincount(known[known >= 0]))
        return figures

    return work, describe


def _run_beam(folder: str, scratch: Path) -> None:
    """The whole pipeline: read CSV, analyze, transform, write graph and records."""
    import apache_beam as beam
    import tensorflow as tf
    import tensorflow_transform as tft
    import tensorflow_transform.beam as tft_beam
    from tensorflow_transform.tf_metadata import schema_utils
    from tfx_bsl.coders.example_coder import RecordBatchToExamples
    from tfx_bsl.public import tfxio

    kinds = dict.fromkeys(NUMBERS, tf.float32) | dict.fromkeys((*CATEGORIES, LABEL), tf.string)
    schema = schema_utils.schema_from_feature_spec({name: tf.io.VarLenFeature(kind) for name, kind in kinds.items()})
    columns = Path(folder, "train.csv").read_text(encoding="utf-8").partition("\n")[0].replace('"', "").split(",")

    def preprocess(inputs: dict[str, Any]) -> dict[str, Any]:
        outputs = {}
        for name in NUMBERS:
            outputs[name] = _one_value(tft.scale_to_z_score(inputs[name]), 0.0)
        for name in (*CATEGORIES, LABEL):
            outputs[name] = _one_value(tft.compute_and_apply_vocabulary(inputs[name], vocab_filename=name), -1)
        return outputs

    sources = {
        split: tfxio.CsvTFXIO(
            f"{folder}/{split}.csv",
            columns,
            telemetry_descriptors=["benchmark"],
            schema=schema,
            skip_header_lines=1,
        )
        for split in SPLITS
    }
    with beam.Pipeline() as pipeline, tft_beam.Context(temp_dir=str(scratch / "temporary")):
        rows = {split: pipeline | f"read {split}" >> source.BeamSource() for split, source in sources.items()}
        config = sources["train"].TensorAdapterConfig()
        analyzed = (rows["train"], config) | tft_beam.AnalyzeDataset(preprocess)
        analyzed | tft_beam.WriteTransformFn(str(scratch / "graph"))
        for split in SPLITS:
            transformed, _ = ((rows[split], config), analyzed) | f"transform {split}" >> tft_beam.TransformDataset(
                output_record_batches=True
            )
            (
                transformed
                | f"encode {split}" >> beam.FlatMapTuple(lambda batch, _: RecordBatchToExamples(batch))
                | f"write {split}" >> beam.io.WriteToTFRecord(str(scratch / split))
            )


def _one_value(values: Any, missing: float) -> Any:
    """Shape (rows,), as the guide fills in missing values: a batch may hold none at all."""
    import tensorflow as tf

    one = tf.SparseTensor(values.indices, values.values, [values.dense_shape[0], 1])
    return tf.squeeze(tf.sparse.to_dense(one, default_value=missing), axis=1)


def _number_figures(split: str, name: str, values: Any) -> dict[str, float]:
    import numpy as np

    values = np.clip(np.asarray(values, np.float64), -_DEVIATIONS, _DEVIATIONS)
    return {f"{split} {name} absolute": float(abs(values).sum()), f"{split} {name} squared": float((values**2).sum())}


def _category_figures(split: str, name: str, vocabulary: Iterable[str], counts: Any) -> dict[str, float]:
    pairs = zip(vocabulary, counts, strict=False)
    return {f"{split} {name}={value}": float(count) for value, count in pairs if count}

"""Metrics of slices with confidence intervals beside TFMA on Beam's direct runner."""

from pathlib import Path
from typing import Any

from benchmarks.comparisons import Comparison, Contender, Goal
from benchmarks.contender import Contest, Result
from benchmarks.workplace import Workplace

_TFMA = "TFMA on Beam"
_SLICES = ("gender", "region")
_COMPARED = ("example_count", "accuracy", "auc", "precision")
_NOTE = (
    "Jackknife intervals from 20 parts, overall and for each value of two columns. TFMA computes the four metrics it "
    "is asked for, Slipway all of a binary problem. Compared: the four metrics of every slice. Intervals come from "
    "random parts and cannot be equal; the contract tests hold their widths together. The mean squared error is left "
    "out because TFMA's changes when jackknife intervals are asked for: on 500 rows 0.1169, where its own plain value "
    "and NumPy's are 0.1116."
)


def comparisons(place: Workplace) -> list[Comparison]:
    """From predictions to metrics."""
    rows = 50_000 if place.full else 5_000
    arguments = {"folder": str(place.table(rows, "predictions"))}
    return [
        Comparison(
            name="slice metrics",
            title="Slice metrics with intervals",
            rows=rows,
            contenders=(
                Contender(
                    name="Slipway",
                    environment="tensorflow",
                    function="benchmarks.slice_metrics:slipway",
                    arguments=arguments,
                    repeats=3,
                ),
                Contender(
                    name=_TFMA,
                    environment="oracle",
                    function="benchmarks.slice_metrics:tfma",
                    arguments=arguments,
                    once=place.hurried,
                ),
            ),
            rounds=place.rounds(2),
            goals=(Goal(against=_TFMA, measure="work", at_least=30.0),),
            tolerance=1e-6,
            note=_NOTE,
        )
    ]


def slipway(scratch: Path, folder: str) -> Contest:
    """What evaluate-slices does once the model has predicted."""
    import numpy as np
    import pyarrow.parquet as pq

    from slipway.contracts.evaluations import Confidence, SliceMetrics
    from slipway.contracts.examples import ExampleSpec, Label, Problem
    from slipway.contracts.tables import Column
    from slipway.metrics.intervals import sample_weights
    from slipway.metrics.scores import overall_intervals, score, slice_metrics
    from slipway.metrics.slices import SliceOptions, make_slicings

    label = Label(name="label", problem=Problem.BINARY, classes=("0", "1"))
    spec = ExampleSpec(features=(), label=label, dense=())
    confidence = Confidence(method="jackknife", samples=20)
    options = SliceOptions(min_slice_examples=1)
    columns = [Column(name=name, type="string") for name in _SLICES]

    def work() -> tuple[dict[str, float], tuple[SliceMetrics, ...]]:
        table = pq.read_table(Path(folder) / "predictions.parquet")
        prediction = table["prediction"].to_numpy()
        predictions = np.stack([1 - prediction, prediction], axis=1)
        slicings = make_slicings(table.select(list(_SLICES)), columns, spec, options)
        weights = sample_weights(table.num_rows, confidence)
        scores = score(label, table["label"].to_numpy().astype(np.int32), predictions, slicings, weights)
        overall_intervals(scores, confidence)
        return scores.metrics(), slice_metrics(scores, None, slicings, "accuracy", confidence)

    def describe(found: tuple[dict[str, float], tuple[SliceMetrics, ...]]) -> Result:
        overall, slices = found
        named = {"Overall": overall, **{part.name: part.metrics for part in slices}}
        return {f"{name} {metric}": values[metric] for name, values in named.items() for metric in _COMPARED}

    return work, describe


def tfma(scratch: Path, folder: str) -> Contest:
    """``analyze_raw_data`` with TFMA's jackknife."""
    import pandas
    import tensorflow_model_analysis as tfma_library
    from google.protobuf import text_format
    from tensorflow_model_analysis.proto import config_pb2

    from slipway.metrics.metric import METRICS

    names = {name: METRICS.get(name).tfma for name in _COMPARED}
    metrics = " ".join(
        f'metrics {{ class_name: "{theirs}" config: \'{{"name": "{name}"}}\' }}' for name, theirs in names.items()
    )
    slices = " ".join(f'slicing_specs {{ feature_keys: "{name}" }}' for name in _SLICES)
    text = f"""
        model_specs {{ label_key: "label" prediction_key: "prediction" }}
        metrics_specs {{ {metrics} }}
        slicing_specs {{}} {slices}
        options {{ compute_confidence_intervals {{ value: true }} confidence_intervals {{ method: JACKKNIFE }} }}
    """
    config = text_format.Parse(text, config_pb2.EvalConfig())

    def work() -> Any:
        frame = pandas.read_parquet(Path(folder) / "predictions.parquet")
        return tfma_library.analyze_raw_data(frame, eval_config=config)

    def describe(found: Any) -> Result:
        figures = {}
        for key, outputs in found.slicing_metrics:
            name = f"{key[0][0]}={key[0][1]}" if key else "Overall"
            for metric in _COMPARED:
                value = outputs[""][""][metric]
                bounded = value.get("boundedValue", {})
                figures[f"{name} {metric}"] = float(bounded.get("value", value.get("doubleValue")))
        return figures

    return work, describe

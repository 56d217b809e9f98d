"""The step as a whole: files, numbers, verdict, reports."""

import ast
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from slipway.compression.litert import LiteRtModel
from slipway.compression.measuring import predictions
from slipway.contracts.compressions import CompressedFolder
from slipway.contracts.documents import write_document
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ExamplesFolder, Label, Problem
from slipway.metrics.computing import evaluate_predictions
from slipway.steps.compress import core
from slipway.steps.compress.config import CompressConfig
from slipway.training.examples import read_examples, write_examples

SHELL = Path(__file__).parents[3] / "components" / "slipway" / "steps" / "compress" / "component.py"
QUICK = {"latency_runs": 10, "calibration_examples": 50}


def run(trained, root: Path, **values: object):
    inputs = core.Inputs(transformed_examples=trained.examples.root, model=trained.model.root)
    found = core.run(inputs, CompressConfig(**{**QUICK, **values}))
    outputs = core.Outputs(
        compressed_model=root / "compressed", report=root / "report.html", summary=root / "summary.md"
    )
    core.write(found, outputs)
    return found


def files(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "compressed").iterdir())


@pytest.fixture(scope="module")
def whole(trained, tmp_path_factory):
    """A run with every variant, none of which is refused, and where it wrote."""
    root = tmp_path_factory.mktemp("whole")
    return run(trained, root, allowed_loss=1e9), root


@pytest.fixture(scope="module")
def ordinary(binary, tmp_path_factory):
    """A run with the default bounds and one variant, and where it wrote."""
    root = tmp_path_factory.mktemp("ordinary")
    return run(binary, root, variants=("float16",)), root


def test_every_variant_is_written_and_measured(whole):
    found, root = whole
    folder = CompressedFolder(root / "compressed")
    names = ["float", "dynamic_range", "float16", "int8"]
    assert files(root) == sorted(["compression.json", "model.tflite", *(f"{name}.tflite" for name in names)])
    assert folder.compression() == found.compression
    assert [variant.name for variant in found.compression.variants] == names
    assert [variant.bytes for variant in found.compression.variants] == [
        folder.variant_path(name).stat().st_size for name in names
    ]
    smallest = min(found.compression.variants[1:], key=lambda variant: variant.bytes)
    assert found.compression.chosen == smallest.name
    assert folder.chosen_path.read_bytes() == folder.variant_path(smallest.name).read_bytes()


@pytest.mark.parametrize("position", [1, 2, 3])
def test_metrics_are_those_of_the_files_on_all_test_examples(whole, trained, position):
    found, root = whole
    variant, label = found.compression.variants[position], trained.spec.label
    test = read_examples(trained.examples, "test")
    model = LiteRtModel((root / "compressed" / variant.file).read_bytes())
    outputs = model.predict(test.inputs)
    truth = test.labels * np.float64(40.0) + 200.0 if label.problem is Problem.REGRESSION else test.labels
    assert variant.metrics == evaluate_predictions(label, truth, predictions(label, outputs))
    assert variant.metrics["example_count"] == 700


def test_the_network_has_learned_so_that_there_is_something_to_lose(whole):
    before = whole[0].compression.variants[0].metrics
    assert before.get("r2", 0) > 0.8 or before.get("accuracy", 0) > 0.85


def test_half_precision_loses_next_to_nothing(whole):
    before, _, half, _ = whole[0].compression.variants
    metric = whole[0].compression.metric
    assert half.metrics[metric] == pytest.approx(before.metrics[metric], rel=0.01)
    assert half.bytes < before.bytes


def test_a_network_without_id_columns_has_one_input(ordinary):
    variants = ordinary[0].compression.variants
    assert {tuple(tensor.name for tensor in variant.inputs) for variant in variants} == {("dense",)}


def test_the_figures_compare_before_and_after(ordinary):
    before, after = ordinary[0].compression.variants
    assert ordinary[0].passed
    assert ordinary[0].metrics == {
        "passed": True,
        "bytes_float": before.bytes,
        "latency_milliseconds_float": before.latency_milliseconds,
        "accuracy_float": before.metrics["accuracy"],
        "bytes_chosen": after.bytes,
        "latency_milliseconds_chosen": after.latency_milliseconds,
        "accuracy_chosen": after.metrics["accuracy"],
        "compression_ratio": before.bytes / after.bytes,
    }


def test_the_report_shows_every_variant_and_loads_nothing(whole):
    page = (whole[1] / "report.html").read_text()
    assert all(name in page for name in ("dynamic_range", "float16", "int8", "Zero point"))
    assert "<script" not in page
    assert "<svg" in page


def test_a_refused_model_has_no_chosen_file_and_says_why(binary, tmp_path):
    """Nor has it the one that an earlier run left in the same place."""
    (tmp_path / "compressed").mkdir()
    (tmp_path / "compressed" / "model.tflite").write_bytes(b"from an earlier run")
    found = run(binary, tmp_path, max_bytes=100, variants=("int8",))
    size = found.compression.variants[1].bytes
    assert not found.passed
    assert found.compression.verdict.reasons == (f"int8: it has {size} bytes, allowed are 100",)
    assert files(tmp_path) == ["compression.json", "float.tflite", "int8.tflite"]
    assert "it has" in (tmp_path / "report.html").read_text()
    assert "❌" in (tmp_path / "summary.md").read_text()


def test_examples_of_another_form_are_the_callers_fault(binary, tmp_path):
    other = ExamplesFolder(tmp_path)
    spec = binary.spec.__class__(features=binary.spec.features, label=binary.spec.label, dense=("x0",), ids=())
    write_document(spec, other.spec_path)
    with pytest.raises(InputError, match="was trained on examples of another form"):
        run(binary.__class__(other, binary.model, spec), tmp_path)


def with_rows(trained, root: Path, rows: dict[str, int]):
    """The model, and examples of its form with so many rows."""
    other = ExamplesFolder(root)
    write_document(trained.spec, other.spec_path)
    for split, count in rows.items():
        inputs, labels = {"dense": np.zeros((count, 8), np.float32)}, np.arange(count, dtype=np.int32) % 2
        write_examples(other.file(split), trained.spec, inputs, labels)
    return trained.__class__(other, trained.model, trained.spec)


def test_without_test_examples_nothing_can_be_measured(binary, tmp_path):
    with pytest.raises(DataError, match="has no test example with a known label"):
        run(with_rows(binary, tmp_path, {"train": 3, "test": 0}), tmp_path)
    assert not (tmp_path / "compressed").exists()


def test_training_examples_are_needed_by_what_is_calibrated_alone(binary, tmp_path):
    trained = with_rows(binary, tmp_path, {"train": 0, "test": 8})
    with pytest.raises(DataError, match="has no train example to calibrate with; leave out int8"):
        run(trained, tmp_path, variants=("float16", "int8"))
    trained.examples.file("train").unlink()
    found = run(trained, tmp_path, variants=("float16", "dynamic_range", "bfloat16_weights"))
    assert sorted(found.files) == ["bfloat16_weights", "dynamic_range", "float", "float16"]


def test_an_unknown_metric_is_refused_before_the_work(binary, tmp_path):
    with pytest.raises(InputError, match="metric should be one of"):
        run(binary, tmp_path, metric="rmse")
    assert not (tmp_path / "compressed").exists()


def test_outputs_become_what_evaluation_takes():
    binary = Label(name="y", problem=Problem.BINARY, classes=("a", "b"))
    price = Label(name="y", problem=Problem.REGRESSION, mean=200.0, standard_deviation=40.0)
    outputs = np.array([[0.25], [1.0]], np.float32)
    np.testing.assert_array_equal(predictions(binary, outputs), [[0.75, 0.25], [0.0, 1.0]])
    np.testing.assert_array_equal(predictions(price, outputs), [210.0, 240.0])


def test_the_shell_hands_on_files_figures_and_verdict(binary, tmp_path):
    """The function alone, as kfp embeds it; kfp itself is not installed with its compiler in this environment."""
    function = next(node for node in ast.parse(SHELL.read_text()).body if isinstance(node, ast.FunctionDef))
    function.decorator_list, function.returns = [], None
    for argument in function.args.args:
        argument.annotation = None
    namespace: dict[str, object] = {}
    exec(compile(ast.unparse(function), str(SHELL), "exec"), namespace)
    names = ("compressed_model", "metrics", "report", "summary")
    outputs = {name: SimpleNamespace(path=str(tmp_path / name), metadata={}) for name in names}
    passed = namespace["compress"](
        transformed_examples=SimpleNamespace(path=str(binary.examples.root)),
        model=SimpleNamespace(path=str(binary.model.root)),
        config={"latency_runs": 10.0, "variants": ["dynamic_range"]},
        **outputs,
    )
    assert passed is True
    assert outputs["metrics"].metadata["passed"] is True
    assert outputs["compressed_model"].metadata == {"passed": True, "chosen": "dynamic_range"}
    document = json.loads((tmp_path / "compressed_model" / "compression.json").read_text())
    assert document["chosen"] == "dynamic_range"
    assert (tmp_path / "report").read_text().startswith("<!DOCTYPE html>")

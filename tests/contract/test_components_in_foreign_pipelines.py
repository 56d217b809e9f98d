"""Every step is a component that somebody else's pipeline can take alone."""

import pytest
import yaml
from kfp import compiler, dsl

from slipway.runs.catalogue import step_component, step_names
from slipway.runs.signatures import RETURNED, step_signature
from slipway.steps.ingest.component import ingest
from slipway.steps.validate.component import validate


@dsl.component(base_image="python:3.11")
def alert(reasons: dsl.Input[dsl.Markdown]):
    """Somebody's own component."""


@dsl.pipeline(name="nightly-check")
def nightly_check(table: str = "s3://bucket/rows.parquet"):
    """Somebody's own pipeline."""
    data = ingest(data_uri=table, label="income")
    checked = validate(examples=data.outputs["examples"], label="income", config={"min_rows": 1000})
    with dsl.If(checked.outputs["Output"] == False):  # noqa: E712
        alert(reasons=checked.outputs["summary"])


def test_a_foreign_pipeline_compiles_with_one_of_our_components(tmp_path):
    compiler.Compiler().compile(nightly_check, str(tmp_path / "package.yaml"))
    package = yaml.safe_load((tmp_path / "package.yaml").read_text())
    images = {name: item["container"]["image"] for name, item in package["deploymentSpec"]["executors"].items()}
    assert images == {
        "exec-ingest": "slipway/light:0.1.0",
        "exec-validate": "slipway/tfdv:0.1.0",
        "exec-alert": "python:3.11",
    }


@pytest.mark.parametrize("step", step_names())
def test_the_signature_read_from_the_source_is_the_one_that_kubeflow_sees(step):
    spec, signature = step_component(step).component_spec, step_signature(step)
    assert [port.name for port in signature.inputs] == list(spec.inputs)
    assert sorted(port.name for port in signature.outputs) == sorted(spec.outputs)
    assert {p.name: p.required for p in signature.inputs} == {n: not i.optional for n, i in spec.inputs.items()}
    assert {p.name: p.default for p in signature.inputs if not p.artifact} == {
        name: item.default for name, item in spec.inputs.items() if "@" not in str(item.type)
    }
    artifacts = {p.name: f"system.{p.type}@0.0.1" for p in (*signature.inputs, *signature.outputs) if p.artifact}
    seen = {name: str(item.type) for name, item in {**spec.inputs, **spec.outputs}.items() if "@" in str(item.type)}
    assert artifacts == seen
    assert spec.implementation.container.image == f"slipway/{signature.role.value}:0.1.0"


@pytest.mark.parametrize("step", step_names())
def test_a_verdict_is_the_return_value_that_a_pipeline_can_gate_on(step):
    judges = {"validate", "evaluate_slices", "compress"}
    assert step_signature(step).gives_verdict == (step in judges)
    assert RETURNED not in {port.name for port in step_signature(step).inputs}

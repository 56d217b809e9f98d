"""What each target makes of the reference pipelines, compared exactly with what is kept here.

The goldens hold what a target adds, since the pipeline itself has a golden of its own. ``SLIPWAY_WRITE_GOLDENS=1``
writes them anew.
"""

import copy
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format
from kfp import components
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig

from slipway.runs.binding import bind_images
from slipway.runs.catalogue import compiled_pipeline, pipeline_names
from slipway.runs.clusters.submission import SubmitRequest, plan_document, plan_submission
from slipway.runs.clusters.target_package import package_for
from slipway.runs.clusters.targets import TARGETS, Claim, Placement, Toleration

HERE = Path(__file__).parent
CASES = [(pipeline, target) for pipeline in pipeline_names() for target in TARGETS]


def assert_golden(path, value):
    text = yaml.safe_dump(value, sort_keys=True, width=120)
    if os.environ.get("SLIPWAY_WRITE_GOLDENS"):
        path.write_text(text)
    assert text == path.read_text()


def test_there_is_a_golden_for_every_pipeline_and_target_and_no_other():
    assert sorted(file.stem for file in (HERE / "targets").glob("*.yaml")) == sorted(f"{p}.{t}" for p, t in CASES)


@pytest.mark.parametrize(("pipeline", "target"), CASES)
def test_what_a_target_adds_is_the_golden_and_nothing_else_changes(pipeline, target):
    ir = compiled_pipeline(pipeline)
    before = copy.deepcopy(ir)
    package = package_for(ir, TARGETS[target])
    assert ir == before
    assert package == package_for(ir, TARGETS[target])
    after = copy.deepcopy(package.ir)
    executors = {}
    for label, executor in after["deploymentSpec"]["executors"].items():
        container = executor["container"]
        executors[label] = {"image": container["image"], "env": container.pop("env", [])}
        container["image"] = ir["deploymentSpec"]["executors"][label]["container"]["image"]
    assert after == bind_images(ir, {})
    assert_golden(
        HERE / "targets" / f"{pipeline}.{target}.yaml", {"executors": executors, "platforms": package.platforms}
    )


@pytest.mark.parametrize("target", TARGETS)
def test_kfp_reads_the_package_with_its_platform_settings(target):
    """WHY: a field that kfp-kubernetes does not know would be dropped or refused by the service."""
    package = package_for(compiled_pipeline("continuous_training"), TARGETS[target])
    loaded = components.load_component_from_text(package.text)
    executors = json_format.MessageToDict(loaded.platform_spec)["platforms"]["kubernetes"]["deploymentSpec"][
        "executors"
    ]
    assert executors == package.platforms["kubernetes"]["deploymentSpec"]["executors"]
    for settings in executors.values():
        json_format.ParseDict(settings, KubernetesExecutorConfig(), ignore_unknown_fields=False)


@pytest.mark.parametrize("case", ["run", "schedule"])
def test_a_dry_run_shows_the_golden(case):
    target = replace(
        TARGETS["gke"],
        name="prod",
        host="https://pipelines.example",
        auth="token",
        run_namespace="team-a",
        image_registry="registry.example",
        pipeline_root="gs://bucket/artifacts",
        image_pull_secrets=("registry",),
        claims=(Claim(claim="data", path="/data"),),
        placements=(
            Placement(node_selector={"pool": "cpu"}, timeout_seconds=60),
            Placement(steps=("count",), tolerations=(Toleration(key="gpu", operator="Exists"),), retries=5),
        ),
    )
    request = SubmitRequest(
        pipeline=str(HERE / "submissions" / "pipeline.py"),
        target=target,
        settings={"data_uri": "/data/rows.csv", "least": 3, "destination": "gs://bucket/models"},
        experiment="nightly",
        cron="30 6 * * 1-5" if case == "schedule" else "",
    )
    plan = plan_submission(request, now=datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC), token="0" * 32)
    shown = {**plan_document(plan), "package": list(yaml.safe_load_all(plan.package.text))}
    assert_golden(HERE / "submissions" / f"{case}.yaml", shown)

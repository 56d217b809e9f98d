"""Who may talk to whom, by the policies that kustomize renders."""

from collections.abc import Callable
from pathlib import Path

import pytest
from manifest_files import MANIFESTS, Resource
from network_rules import Labels, connects, reaches

RUN = {"pipelines.kubeflow.org/v2_component": "true", "app.kubernetes.io/part-of": "slipway"}
KFP = {"application-crd-id": "kubeflow-pipelines"}
STEPS = (
    "ingest",
    "validate",
    "transform",
    "tune",
    "train-distributed",
    "evaluate-slices",
    "compress",
    "push",
    "predict",
)
PODS: dict[str, Labels] = {
    **{step: {**RUN, "slipway.dev/step": step} for step in STEPS},
    "driver": {"pipelines.kubeflow.org/v2_component": "true"},
    "ml-pipeline": {**KFP, "app": "ml-pipeline"},
    "metadata": {**KFP, "component": "metadata-grpc-server"},
    "kfp-store": {**KFP, "app": "seaweedfs"},
    "kfp-database": {**KFP, "app": "mysql"},
    "store": {"app.kubernetes.io/part-of": "slipway", "app.kubernetes.io/name": "slipway-object-store"},
    "database": {"app.kubernetes.io/part-of": "slipway", "app.kubernetes.io/name": "slipway-postgresql"},
    "serving": {"app.kubernetes.io/part-of": "slipway", "app.kubernetes.io/component": "serving"},
    "worker": {
        "app.kubernetes.io/part-of": "slipway",
        "slipway.dev/step": "train-distributed",
        "slipway.dev/training": "worker",
    },
    "stranger": {},
}
INTERNET, API, METADATA_SERVER = "203.0.113.7", "10.96.0.1", "169.254.169.254"


@pytest.fixture(scope="module")
def kind(render: Callable[[Path], list[Resource]]) -> list[Resource]:
    return policies(render(MANIFESTS / "overlays" / "kind"))


@pytest.fixture(scope="module")
def gke(render: Callable[[Path], list[Resource]]) -> list[Resource]:
    return policies(render(MANIFESTS / "overlays" / "gke"))


def policies(resources: list[Resource]) -> list[Resource]:
    return [item for item in resources if item["kind"] == "NetworkPolicy"]


def test_nothing_is_allowed_that_no_policy_names(overlay: list[Resource]):
    (deny,) = [item for item in policies(overlay) if item["metadata"]["name"] == "default-deny"]
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    # The webhook is called by the API server, which no selector can name.
    for item in policies(overlay):
        for peers, field in (("to", "egress"), ("from", "ingress")):
            for rule in item["spec"].get(field, ()):
                assert rule.get(peers) or item["metadata"]["name"] == "kubeflow-pipelines-webhook"
                assert rule.get("ports") or item["metadata"]["name"] == "kubeflow-pipelines"


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("driver", "metadata", 8080),
        ("driver", "ml-pipeline", 8887),
        ("transform", "kfp-store", 8333),
        ("ml-pipeline", "kfp-database", 3306),
        ("ml-pipeline", "kfp-store", 8333),
        ("ingest", "store", 8333),
        ("validate", "store", 8333),
        ("evaluate-slices", "store", 8333),
        ("push", "store", 8333),
        ("predict", "store", 8333),
        ("serving", "store", 8333),
        ("tune", "database", 5432),
        ("worker", "worker", 2222),
    ],
)
def test_what_is_needed_is_allowed(kind: list[Resource], source: str, target: str, port: int):
    assert connects(kind, PODS[source], PODS[target], port)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("transform", "store", 8333),
        ("compress", "store", 8333),
        ("worker", "store", 8333),
        ("worker", "kfp-store", 8333),
        ("worker", "worker", 22),
        ("push", "database", 5432),
        ("ingest", "kfp-database", 3306),
        ("driver", "kfp-database", 3306),
        ("stranger", "ml-pipeline", 8888),
        ("stranger", "store", 8333),
        ("serving", "ml-pipeline", 8888),
        ("store", "database", 5432),
        ("ingest", "push", 80),
        ("push", "serving", 8080),
    ],
)
def test_what_is_not_needed_is_refused(kind: list[Resource], source: str, target: str, port: int):
    assert not connects(kind, PODS[source], PODS[target], port)


def test_the_internet_is_for_steps_that_take_addresses(kind: list[Resource]):
    assert {name for name in PODS if reaches(kind, PODS[name], INTERNET, 443)} == {
        "ingest", "validate", "evaluate-slices", "predict", "push", "serving",
    }  # fmt: skip
    assert not any(reaches(kind, labels, INTERNET, 80) for labels in PODS.values())


def test_pods_that_ask_the_api_server_reach_it(kind: list[Resource]):
    allowed = {name for name in PODS if reaches(kind, PODS[name], API, 6443)}
    assert allowed == set(PODS) - {"store", "database", "serving", "worker", "stranger"}


def test_on_gke_every_pod_of_a_run_reaches_the_bucket_and_its_identity(gke: list[Resource]):
    allowed = {name for name in PODS if reaches(gke, PODS[name], METADATA_SERVER, 988)}
    assert {"driver", "ingest", "transform", "ml-pipeline", "serving"} <= allowed
    assert allowed.isdisjoint({"worker", "stranger"})
    assert all(reaches(gke, PODS[name], INTERNET, 443) for name in allowed)

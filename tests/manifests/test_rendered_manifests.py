"""What kustomize renders is what clusters accept, and keeps the rules."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes_schemas import VERSIONS, objections, pods
from manifest_files import EXAMPLES, MANIFESTS, PARTS, Resource, read_all

from slipway.contracts.roles import Role, image_name

CLUSTER_SCOPED = {"Namespace", "ClusterTrainingRuntime"}


def of_kind(resources: list[Resource], *kinds: str) -> list[Resource]:
    return [resource for resource in resources if resource["kind"] in kinds]


def containers(resources: list[Resource]) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in resources:
        for name, pod in pods(resource):
            for container in [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]:
                yield f"{name}/{container['name']}", container


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cluster_of_this_version_accepts_every_resource(overlay: list[Resource], version: str, tools: Path):
    assert [text for item in overlay for text in objections(item, version, tools / "definitions")] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_pods_inside_custom_resources_are_pods_of_this_version(overlay: list[Resource], version: str, tools: Path):
    found = [(name, pod) for item in overlay for name, pod in pods(item)]
    assert len(found) >= 2
    for name, pod in found:
        given = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": pod["spec"]}
        assert objections(given, version, tools / "definitions") == [], name


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_accepted(example: Path, tools: Path):
    for resource in read_all(example.read_text(encoding="utf-8")):
        assert objections(resource, VERSIONS[-1], tools / "definitions") == []


def test_an_unknown_field_is_refused(tools: Path, render: Callable[[Path], list[Resource]]):
    (runtime,) = of_kind(render(MANIFESTS / "overlays" / "kind"), "ServingRuntime")
    (account, *_) = of_kind(render(MANIFESTS / "overlays" / "kind"), "ServiceAccount")
    broken = {**runtime, "spec": {**runtime["spec"], "contaners": []}}
    assert "contaners" in objections(broken, "1.35", tools / "definitions")[0]
    assert "automount" in objections({**account, "automount": True}, "1.35", tools / "definitions")[0]


def judged(tools: Path, given: list[dict[str, Any]]) -> list[str]:
    """What the API server's own code objects to under Pod Security ``restricted``."""
    lines = "\n".join(map(json.dumps, given))
    command = [str(tools / "bin" / "pod-security"), *(f"v{version}" for version in VERSIONS)]
    return subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout.splitlines()


def test_pod_security_restricted_admits_every_pod(overlay: list[Resource], tools: Path):
    given = [{"name": name, "spec": pod["spec"]} for item in overlay for name, pod in pods(item)]
    assert judged(tools, given) == []


def test_pod_security_restricted_refuses_a_root_container(tools: Path):
    found = judged(tools, [{"name": "root", "spec": {"containers": [{"name": "root", "image": "root:1"}]}}])
    assert {line.split("\t")[0] for line in found} == {f"v{version}" for version in VERSIONS}
    assert any("runAsNonRoot" in line for line in found)


def test_the_namespace_enforces_pod_security(overlay: list[Resource]):
    (namespace,) = of_kind(overlay, "Namespace")
    modes = {key.partition("/")[2]: value for key, value in namespace["metadata"]["labels"].items() if "pod-sec" in key}
    assert {modes[mode] for mode in ("enforce", "audit", "warn")} == {"restricted"}
    assert {modes[f"{mode}-version"] for mode in ("enforce", "audit", "warn")} == {f"v{VERSIONS[0]}"}


def test_everything_lives_in_that_namespace(overlay: list[Resource]):
    (namespace,) = of_kind(overlay, "Namespace")
    for resource in overlay:
        scoped = None if resource["kind"] in CLUSTER_SCOPED else namespace["metadata"]["name"]
        assert resource["metadata"].get("namespace") == scoped, resource["metadata"]["name"]


def test_every_container_has_requests_and_limits_and_a_read_only_root(overlay: list[Resource]):
    for name, container in containers(overlay):
        for bound in ("requests", "limits"):
            assert {"cpu", "memory"} <= set(container["resources"][bound]), (name, bound)
        assert container["securityContext"]["readOnlyRootFilesystem"] is True, name


def test_every_image_has_a_version(overlay: list[Resource]):
    ours = {image_name(role).rsplit("/", 1)[1] for role in Role}
    for name, container in containers(overlay):
        image = container["image"]
        assert re.search(r"[^/]:(?!latest$)[\w.-]+$|@sha256:[0-9a-f]{64}$", image), name
        if "slipway/" in image:
            assert image.rsplit("/", 1)[1] in ours, name


def test_roles_name_what_they_allow(overlay: list[Resource]):
    allowed = of_kind(overlay, "Role", "ClusterRole")
    for role in allowed:
        for rule in role["rules"]:
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]], role["metadata"]["name"]
            assert not {"escalate", "bind", "impersonate", "deletecollection"} & set(rule["verbs"])
            assert not {"pods/exec", "pods/attach", "serviceaccounts/token"} & set(rule["resources"])
            if "secrets" in rule["resources"]:
                assert rule["resourceNames"]
                assert rule["verbs"] == ["get"]
    assert {role["kind"] for role in allowed} == {"Role"}
    assert of_kind(overlay, "ClusterRoleBinding") == []


def test_only_accounts_of_runs_get_rights_or_a_token(overlay: list[Resource]):
    accounts = of_kind(overlay, "ServiceAccount")
    bound = {subject["name"] for binding in of_kind(overlay, "RoleBinding") for subject in binding["subjects"]}
    tokens = {item["metadata"]["name"] for item in accounts if item.get("automountServiceAccountToken", True)}
    assert bound == tokens == {"slipway-run", "slipway-push", "slipway-train-distributed"}


def names(resources: list[Resource], kind: str) -> set[str]:
    return {item["metadata"]["name"] for item in of_kind(resources, kind)}


def mentions(value: Any, key: str) -> Iterator[Any]:
    """Every value under ``key``, however deep."""
    if isinstance(value, dict):
        yield from (item for name, item in value.items() if name == key)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from mentions(item, key)


def check_references(resources: list[Resource]) -> None:
    """Whatever a resource names is there."""
    accounts, roles, secrets = (names(resources, kind) for kind in ("ServiceAccount", "Role", "Secret"))
    for binding in of_kind(resources, "RoleBinding"):
        assert binding["roleRef"]["name"] in roles
        assert {subject["name"] for subject in binding["subjects"]} <= accounts
    workloads = of_kind(resources, "StatefulSet", "Deployment", "Job")
    assert set(mentions(workloads, "serviceAccountName")) <= accounts
    for key in ("secretKeyRef", "secretRef"):
        assert {item["name"] for item in mentions(workloads, key)} <= secrets
    for account in of_kind(resources, "ServiceAccount"):
        assert {item["name"] for item in account.get("secrets", ())} <= secrets
    for service in of_kind(resources, "Service"):
        labels = [pod["metadata"]["labels"] for item in workloads for _, pod in pods(item)]
        assert any(service["spec"]["selector"].items() <= item.items() for item in labels), service["metadata"]["name"]


def test_whatever_is_named_is_there(overlay: list[Resource]):
    check_references(overlay)


@pytest.mark.parametrize(("name", "component"), PARTS)
def test_a_component_can_be_left_out(
    name: str, component: str, tmp_path: Path, render: Callable[[Path], list[Resource]]
):
    copy = shutil.copytree(MANIFESTS, tmp_path / "manifests") / "overlays" / name
    file = copy / "kustomization.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f"  - ../../components/{component}\n", ""), encoding="utf-8")
    rest = render(copy)
    assert len(rest) < len(render(MANIFESTS / "overlays" / name))
    check_references(rest)


def test_the_quota_names_what_pods_get_by_default(overlay: list[Resource]):
    """A quota on something that containers need not name would refuse every pod that does not name it."""
    (quota,) = of_kind(overlay, "ResourceQuota")
    (limits,) = of_kind(overlay, "LimitRange")
    (defaults,) = [item for item in limits["spec"]["limits"] if item["type"] == "Container"]
    asked = {key for key in quota["spec"]["hard"] if key.startswith(("requests.", "limits."))}
    given = {f"requests.{key}" for key in defaults["defaultRequest"]} | {f"limits.{key}" for key in defaults["default"]}
    assert asked - given <= {"requests.storage", "requests.nvidia.com/gpu"}
    # The pipelines ask for processors without a limit of them; a default limit below what they ask would refuse them.
    assert "cpu" not in defaults["default"]

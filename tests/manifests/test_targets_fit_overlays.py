"""What targets name is what the overlays hold."""

from collections.abc import Callable
from pathlib import Path

import pytest
from manifest_files import MANIFESTS, OVERLAYS, Resource
from network_rules import connects

from slipway.runs.clusters.targets import TARGETS


def named(resources: list[Resource], kind: str) -> dict[str, Resource]:
    return {item["metadata"]["name"]: item for item in resources if item["kind"] == kind}


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_names_an_overlay_its_namespace_and_accounts_that_are_there(
    name: str, render: Callable[[Path], list[Resource]]
):
    target = TARGETS[name]
    assert target.overlay in OVERLAYS
    resources = render(MANIFESTS / "overlays" / target.overlay)
    assert set(named(resources, "Namespace")) == {target.run_namespace or target.namespace}
    assert target.service_account in named(resources, "ServiceAccount")


@pytest.mark.parametrize("name", TARGETS)
def test_a_targets_secrets_have_the_keys_that_it_reads(name: str, render: Callable[[Path], list[Resource]]):
    secrets = named(render(MANIFESTS / "overlays" / TARGETS[name].overlay), "Secret")
    for item in TARGETS[name].secrets:
        assert set(item.variables) <= set(secrets[item.secret]["data"])


def test_policies_know_the_labels_that_targets_put_on_steps(render: Callable[[Path], list[Resource]]):
    target = TARGETS["kind"]
    policies = list(named(render(MANIFESTS / "overlays" / target.overlay), "NetworkPolicy").values())
    store = {"app.kubernetes.io/name": "slipway-object-store"}
    assert connects(policies, target.labels_of("push"), store, 8333)
    assert not connects(policies, target.labels_of("compress"), store, 8333)

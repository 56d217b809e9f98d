"""One compiled pipeline, bound to images or to interpreters."""

import pytest

from slipway.contracts.errors import InputError
from slipway.contracts.roles import LIGHT, TENSORFLOW, Role
from slipway.runs.binding import bind_images, bind_interpreters, parse_images

SCRIPT = "_KFP_RUNTIME=true python3 -m kfp.dsl.executor_main"


def ir(**executors):
    tasks = {
        name: {"componentRef": {"name": f"comp-{name}"}, "retryPolicy": {"maxRetryCount": 2}} for name in executors
    }
    components = {f"comp-{name}": {"executorLabel": name} for name in executors}
    return {"deploymentSpec": {"executors": executors}, "root": {"dag": {"tasks": tasks}}, "components": components}


def lightweight(image, source="import python3_thing"):
    return {"container": {"image": image, "command": ["sh", "-ec", SCRIPT, source], "args": ["--executor_input"]}}


def test_each_roles_image_is_replaced_and_others_stay():
    before = ir(a=lightweight(LIGHT), b=lightweight(TENSORFLOW), c=lightweight("python:3.11"))
    after = bind_images(before, {Role.LIGHT: "registry.example/light@sha256:" + "0" * 64})
    images = {name: item["container"]["image"] for name, item in after["deploymentSpec"]["executors"].items()}
    assert images == {"a": "registry.example/light@sha256:" + "0" * 64, "b": TENSORFLOW, "c": "python:3.11"}
    assert before["deploymentSpec"]["executors"]["a"]["container"]["image"] == LIGHT


def test_what_depends_on_a_task_that_is_never_cached_is_not_cached_on_a_cluster_either():
    before = ir(**{name: lightweight(LIGHT) for name in ("read", "judge", "other")})
    tasks = before["root"]["dag"]["tasks"]
    for name in ("judge", "other"):
        tasks[name]["cachingOptions"] = {"enableCache": True}
    tasks["judge"]["inputs"] = {"artifacts": {"rows": {"taskOutputArtifact": {"producerTask": "read"}}}}
    after = bind_images(before, {})["root"]["dag"]["tasks"]
    assert {name: task["cachingOptions"] for name, task in after.items()} == {
        "read": {},
        "judge": {},
        "other": {"enableCache": True},
    }


@pytest.mark.parametrize("image", ["light", "light:latest", "host:5000/light"])
def test_an_image_that_can_change_under_its_name_is_refused(image):
    with pytest.raises(InputError, match="must carry a version or digest"):
        bind_images(ir(a=lightweight(LIGHT)), {Role.LIGHT: image})


def test_images_on_the_command_line_name_a_role():
    assert parse_images(["light=a:1", "tensorflow=b:2"]) == {Role.LIGHT: "a:1", Role.TENSORFLOW: "b:2"}
    with pytest.raises(InputError, match="should be ROLE=IMAGE with a role of light, tfdv, tensorflow"):
        parse_images(["lite=a:1"])


def test_the_shell_calls_the_shim_and_the_components_source_is_untouched():
    bound = bind_interpreters(ir(a=lightweight(LIGHT)), {"a": {"PATH": "/run/bin"}})
    container = bound["deploymentSpec"]["executors"]["a"]["container"]
    assert container["command"] == [
        "sh",
        "-ec",
        "_KFP_RUNTIME=true slipway-python -m kfp.dsl.executor_main",
        "import python3_thing",
    ]
    assert container["env"] == [{"name": "PATH", "value": "/run/bin"}]


def test_kfp_local_does_not_try_again_what_a_retry_cannot_mend():
    bound = bind_interpreters(ir(a=lightweight(LIGHT)), {"a": {}})
    assert bound["root"]["dag"]["tasks"]["a"] == {"componentRef": {"name": "comp-a"}}


def test_a_container_component_is_refused_without_docker():
    executor = {"container": {"image": "alpine:3", "command": ["echo"]}}
    with pytest.raises(InputError, match="a is a container component; without Docker only lightweight"):
        bind_interpreters(ir(a=executor), {"a": {}})

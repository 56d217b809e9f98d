"""The reference pipeline through KFP's DockerRunner in the built images, beside the same run without containers."""

import json
import os
import random
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.contracts.compressions import CompressedFolder
from slipway.contracts.errors import InputError
from slipway.contracts.published_models import PushFolder
from slipway.contracts.roles import Role
from slipway.contracts.run_summaries import StepOutcome
from slipway.runs.binding import bind_images
from slipway.runs.catalogue import compiled_pipeline
from slipway.runs.containers.container_run import Containers
from slipway.runs.images.docker_command import find_docker_command
from slipway.runs.images.engine import connect_engine
from slipway.runs.local.run import RunPlan, run_pipeline
from slipway.storage.folders import content_digest, file_digest

pytestmark = [pytest.mark.docker, pytest.mark.slow]
GATED = Path(__file__).parents[1] / "local" / "pipelines" / "gated.py"
# As the images themselves say; not the user who runs the tests.
NOBODY = "65532:65532"
# What holds measured seconds or a path of this machine, and so differs between any two runs: compared without these.
TIMES_AND_PLACES = {
    ("train-distributed", "report"),
    ("compress", "compressed_model"),
    ("compress", "metrics"),
    ("compress", "report"),
    ("compress", "summary"),
    ("push", "pushed"),
    ("push", "summary"),
}

SINGLE = '''
from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.LIGHT, install_kfp_package=False)
def nothing(text: str = "a"):
    """Do nothing."""


@dsl.pipeline(name="single")
def single():
    """One task."""
    nothing()
'''


@contextmanager
def open_to_all():
    """What is made here can be written to by the containers' user, too."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture(scope="session")
def run(silent):
    """Run a compiled pipeline here, or in containers."""

    def start(ir, arguments, output, containers=None, caching=False):
        with open_to_all():
            plan = RunPlan(ir=ir, arguments=arguments, output=output, caching=caching, containers=containers)
            return run_pipeline(plan, silent)

    return start


def artifacts(summary):
    """Where every artifact lies, by step and name."""
    return {(step.name, name): Path(path) for step in summary.steps for name, path in step.artifacts.items()}


def without_latencies(folder):
    found = folder.compression()
    return replace(found, variants=tuple(replace(each, latency_milliseconds=0.0) for each in found.variants))


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Three thousand customers; who calls often and came lately leaves."""
    generator = random.Random(7)
    lines = ["customer,plan,calls,months,churned"]
    for number in range(3000):
        plan, calls, months = (
            generator.choice(["basic", "plus", "max"]),
            generator.randrange(9),
            generator.randrange(60),
        )
        leaves = calls - months / 10 + (plan == "basic") + generator.gauss(0, 1) > 2
        lines.append(f"c{number},{plan},{calls if number % 50 else ''},{months},{'yes' if leaves else 'no'}")
    file = tmp_path_factory.mktemp("data") / "customers.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture(scope="module")
def reference(run, table):
    """A run of the reference pipeline, in containers or not."""
    ir = compiled_pipeline("continuous_training")

    def start(output, containers=None):
        with open_to_all():
            (output / "models").mkdir(parents=True)
        arguments = {
            "data_uri": str(table),
            "label": "churned",
            "destination": str(output / "models"),
            "model_name": "customers",
            "trials": 0,
            "epochs": 3,
            "ingest_config": {"exclude_columns": ["customer"]},
        }
        summary, folder = run(ir, arguments, output, containers)
        assert summary.exit_code == 0, summary.exit_reason
        return summary, folder

    return start


@pytest.fixture(scope="module")
def in_containers(reference, images, tmp_path_factory):
    return reference(tmp_path_factory.mktemp("containers") / "out", Containers(images=images, user=NOBODY))


@pytest.fixture(scope="module")
def here(reference, tmp_path_factory):
    return reference(tmp_path_factory.mktemp("environments") / "out")


def test_every_step_succeeds_in_its_image_and_leaves_what_kubeflow_asks_for(in_containers):
    summary, folder = in_containers
    assert {step.outcome for step in summary.steps} == {StepOutcome.SUCCEEDED}
    for step in summary.steps:
        (written,) = folder.glob(f"artifacts/*/{step.name}/executor_output.json")
        assert set(json.loads(written.read_text())["artifacts"]) == set(step.artifacts)
        assert written.stat().st_uid == 65532


def test_every_artifact_without_times_and_places_is_equal_to_the_byte(in_containers, here):
    """The weights too: both runs have the same packages and the same processor."""
    inside, outside = (artifacts(run[0]) for run in (in_containers, here))
    assert set(inside) == set(outside)
    assert set(inside) > TIMES_AND_PLACES
    digests = [
        {key: content_digest(path) for key, path in found.items() if key not in TIMES_AND_PLACES and path.exists()}
        for found in (inside, outside)
    ]
    assert digests[0] == digests[1]
    assert {
        ("ingest", "examples"),
        ("validate", "statistics"),
        ("transform", "transform_graph"),
        ("train-distributed", "model"),
        ("evaluate-slices", "evaluation"),
    } <= set(digests[0])


def test_what_holds_times_is_equal_without_them(in_containers, here):
    inside, outside = (artifacts(run[0])["compress", "compressed_model"] for run in (in_containers, here))
    assert without_latencies(CompressedFolder(inside)) == without_latencies(CompressedFolder(outside))
    files = [{file.name: file_digest(file) for file in folder.glob("*.tflite")} for folder in (inside, outside)]
    assert files[0] == files[1]
    assert set(files[0]) == {f"{name}.tflite" for name in ("float", "dynamic_range", "float16", "int8", "model")}
    inside, outside = (
        {(step.name, name): value for step in run[0].steps for name, value in step.figures.items()}
        for run in (in_containers, here)
    )
    assert set(inside) == set(outside)
    # A version's size counts the digits of the latencies in its documents.
    measured = {key for key in inside if "second" in key[1]}
    measured |= {("push", "bytes"), ("train-distributed", "input_wait_fraction")}
    assert {key: inside[key] for key in set(inside) - measured} == {key: outside[key] for key in set(inside) - measured}


def test_the_version_that_is_pushed_has_the_same_digest(in_containers, here):
    """It is taken over everything that decides a prediction: the model, its compressed form, schema and statistics."""
    inside, outside = (PushFolder(artifacts(run[0])["push", "pushed"]).pushed() for run in (in_containers, here))
    assert inside.digest == outside.digest


def test_a_version_is_pushed_to_the_destination(in_containers):
    summary, _ = in_containers
    assert summary.model_version == 1
    assert Path(summary.model_uri).stat().st_uid == 65532


def test_the_package_as_compiled_runs_by_dockerrunner_alone(images, tmp_path):
    """Without anything of the launcher: what a user of kfp.local does."""
    from kfp import components, local

    root = tmp_path / "artifacts"
    with open_to_all():
        root.mkdir()
        (tmp_path / "workspace").mkdir()
    package = bind_images(compiled_pipeline(str(GATED)), images)
    pipeline = components.load_component_from_text(json.dumps(package))
    # kfp.local follows a container from some moment after its start on and fails when it has ended by then.
    late = ["sh", "-c", 'sleep 2; exec "$0" "$@"']
    closed = {"read_only": True, "cap_drop": ["ALL"], "network_mode": "none", "tmpfs": {"/tmp": ""}}
    runner = local.DockerRunner(user=NOBODY, entrypoint=late, **closed)
    local.init(runner, pipeline_root=str(root), workspace_root=str(tmp_path / "workspace"))
    pipeline(text="a b")
    assert sorted(file.parent.name for file in root.glob("*/*/executor_output.json")) == ["count", "judge", "keep"]
    (kept,) = root.glob("*/keep/kept")
    prefix, _, *words = kept.read_text().splitlines()
    assert (prefix, words) == ("/opt/venv", ["a", "b"])


def test_a_repeated_run_in_containers_takes_what_has_not_changed(run, images, tmp_path):
    ir = compiled_pipeline(str(GATED))
    first, _ = run(ir, {}, tmp_path, Containers(images=images, user=NOBODY), caching=True)
    again, _ = run(ir, {}, tmp_path, Containers(images=images, user=NOBODY), caching=True)
    assert [step.outcome for step in first.steps] == [StepOutcome.SUCCEEDED] * 3
    assert [step.outcome for step in again.steps] == [StepOutcome.CACHED] * 3


def test_an_error_in_a_container_is_told_in_one_sentence_with_its_own_code(run, images, tmp_path):
    summary, _ = run(compiled_pipeline(str(GATED)), {"text": ""}, tmp_path, Containers(images=images, user=NOBODY))
    assert (summary.exit_code, summary.exit_reason) == (3, "count: text is empty; give at least one word")
    assert [step.outcome for step in summary.steps] == [StepOutcome.FAILED, *[StepOutcome.SKIPPED] * 2]


@pytest.mark.parametrize(("program", "code"), [("/bin/false", 1), ("/bin/true", 0)])
def test_a_container_whose_task_never_ran_is_not_taken_for_a_success(run, images, tmp_path, program, code):
    """DockerRunner takes the second for a success, and the first too when the container is gone before it looks."""
    client, name = find_docker_command(), f"slipway-test/{Path(program).name}:1"
    dockerfile = f'FROM {images[Role.LIGHT]}\nENTRYPOINT ["{program}"]\n'
    built = subprocess.run([client.path, "build", "--tag", name, "-"], input=dockerfile, text=True, capture_output=True)
    assert built.returncode == 0, built.stderr
    file = tmp_path / "single.py"
    file.write_text(SINGLE)
    try:
        containers = Containers(images={Role.LIGHT: name}, user=NOBODY)
        summary, folder = run(compiled_pipeline(str(file)), {}, tmp_path, containers)
    finally:
        subprocess.run([client.path, "image", "rm", name], capture_output=True, check=False)
    assert (summary.outcome, summary.exit_code) == ("failed", 1)
    told = f"1 containers started, with the exit codes [{code}], and 0 tasks said how; see {folder / 'kfp.log'}"
    assert summary.exit_reason == told


def test_an_image_that_is_not_there_is_named_with_the_command_that_makes_it(run, images, tmp_path):
    assert connect_engine().image_facts("slipway-test/absent:1") is None
    ir = compiled_pipeline(str(GATED))
    for container in [item["container"] for item in ir["deploymentSpec"]["executors"].values()]:
        container["image"] = "somebody/else:1"
    with pytest.raises(InputError, match="count has the image somebody/else:1, which is none of a role"):
        run(ir, {}, tmp_path, Containers())
    with pytest.raises(InputError, match="there is no image slipway-test/absent:1; make it with 'slipway images build"):
        run(compiled_pipeline(str(GATED)), {}, tmp_path, Containers(images={Role.LIGHT: "slipway-test/absent:1"}))

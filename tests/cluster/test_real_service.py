"""Against a real Kubeflow Pipelines service, named by ``--endpoint`` or SLIPWAY_KFP_ENDPOINT.

The nodes need the images (``slipway cluster up``, or an ``image_registry`` in a target file). To compare artifacts, say
where the service keeps them, in SLIPWAY_KFP_ARTIFACTS (such as ``s3://mlpipeline/v2/artifacts``), with the variables
that reach that store from here (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY). The reference pipeline
runs when SLIPWAY_KFP_DATA and SLIPWAY_KFP_LABEL name a table that both pods and this machine can read. Where the table
lies in another store than the artifacts, as in a kind cluster, variables of the artifacts' store get a prefix:
SLIPWAY_KFP_ARTIFACTS_AWS_ENDPOINT_URL.
"""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from slipway.contracts.roles import Role
from slipway.runs.local.environments import ensure_environment
from slipway.storage.folders import content_digest

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
GATED = str(ROOT / "tests" / "local" / "pipelines" / "gated.py")
DOWNLOAD = """
import sys
from pathlib import Path
from slipway.storage.object_store import open_store
open_store(sys.argv[1]).download("", Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def endpoint(pytestconfig):
    return pytestconfig.getoption("--endpoint")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cluster")


def slipway(folder, *arguments):
    command = [sys.executable, "-P", "-m", "slipway.cli.main", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def submitted(folder, endpoint, name, *options):
    summary = folder / f"{name}.json"
    done = slipway(
        folder, "submit", GATED, "--target", endpoint, "--experiment", "slipway-tests", "--wait",
        "--timeout", "1200", "--json", str(summary), *options,
    )  # fmt: skip
    return done, json.loads(summary.read_text()) if summary.exists() else {}


@pytest.fixture(scope="module")
def text():
    """New words: what comes from the service's cache lies in the folder of the run that made it."""
    return f"a b c {uuid.uuid4().hex}"


@pytest.fixture(scope="module")
def good_run(folder, endpoint, text):
    return submitted(folder, endpoint, "good", "--param", f"text={text}")


def outcomes(summary):
    return {step["name"]: step["outcome"] for step in summary["steps"]}


def test_a_run_ends_well_with_every_step(good_run):
    done, summary = good_run
    assert done.returncode == 0, done.stderr
    assert outcomes(summary) == {"count": "succeeded", "judge": "succeeded", "keep": "succeeded"}


def test_the_same_again_is_neither_uploaded_nor_computed(good_run, folder, endpoint, text):
    done, summary = submitted(folder, endpoint, "again", "--param", f"text={text}")
    assert done.returncode == 0, done.stderr
    assert "(there already)" in done.stdout
    assert outcomes(summary) == {"count": "cached", "judge": "cached", "keep": "cached"}


def test_a_gate_that_refuses_ends_with_4(folder, endpoint):
    done, summary = submitted(folder, endpoint, "refused", "--param", "text=a", "--param", "least=9")
    assert (done.returncode, summary.get("outcome")) == (4, "refused"), done.stderr
    assert {name: outcome for name, outcome in outcomes(summary).items() if name != "count"} == {
        "judge": "refused",
        "keep": "skipped",
    }


def test_a_step_that_fails_ends_with_1(folder, endpoint):
    done, summary = submitted(folder, endpoint, "failed", "--param", "text=crash")
    assert (done.returncode, summary.get("outcome")) == (1, "failed"), done.stdout


def test_doctor_finds_the_service(folder, endpoint):
    done = slipway(folder, "doctor", "--target", endpoint)
    assert done.returncode == 0, done.stdout


def fetched(summary, folder):
    """Everything a run wrote, on this disk."""
    root = os.environ.get("SLIPWAY_KFP_ARTIFACTS")
    if not root:
        pytest.skip("SLIPWAY_KFP_ARTIFACTS does not say where the service keeps artifacts")
    address = f"{root.rstrip('/')}/{summary['pipeline']}/{summary['run_id']}"
    python = ensure_environment(Role.LIGHT) / "bin" / "python"
    prefix = "SLIPWAY_KFP_ARTIFACTS_"
    of_its_store = {name.removeprefix(prefix): value for name, value in os.environ.items() if name.startswith(prefix)}
    environment = {**os.environ, **of_its_store, "PYTHONPATH": str(ROOT / "components")}
    target = folder / f"artifacts-{summary['run_id']}"
    command = [str(python), "-P", "-c", DOWNLOAD, address, str(target)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def digests(folder, artifacts, steps):
    """For each named artifact of a run its digest; the service puts one more folder between step and artifact."""
    found = {}
    for step, name in artifacts:
        (path,) = (folder / step).glob(f"*/{name}") if steps is None else [Path(steps[step]["artifacts"][name])]
        found[step, name] = content_digest(path)
    return found


def local_steps(folder, name, *arguments):
    local = slipway(folder, "run", *arguments, "--json", f"{name}.json", "--output", name)
    assert local.returncode in (0, 4), local.stderr
    return {step["name"]: step for step in json.loads((folder / f"{name}.json").read_text())["steps"]}


def test_artifacts_have_the_digests_of_a_local_run(good_run, folder, text):
    artifacts = fetched(good_run[1], folder)
    steps = local_steps(folder, "local", GATED, "--set", f"text={text}", "--cold")
    words = [("count", "words")]
    assert digests(artifacts, words, None) == digests(None, words, steps)


def test_the_reference_pipeline_writes_what_a_local_run_writes(folder, endpoint):
    """What is trained may differ in the last bits between machines; tables, schema and statistics may not."""
    data, label = os.environ.get("SLIPWAY_KFP_DATA"), os.environ.get("SLIPWAY_KFP_LABEL")
    if not data or not label:
        pytest.skip("SLIPWAY_KFP_DATA and SLIPWAY_KFP_LABEL do not name a table")
    settings = ["--data", data, "--label", label, "--set", "trials=0", "--set", "epochs=2"]
    summary = folder / "reference.json"
    done = slipway(
        folder, "submit", "--target", endpoint, *settings, "--wait", "--timeout", "7200", "--json", str(summary)
    )  # fmt: skip
    assert done.returncode in (0, 4), done.stderr
    artifacts = fetched(json.loads(summary.read_text()), folder)
    steps = local_steps(folder, "reference-local", *settings)
    same = [
        ("ingest", "examples"),
        ("validate", "schema"),
        ("validate", "statistics"),
        ("validate", "anomalies"),
        ("transform", "transformed_examples"),
    ]
    assert digests(artifacts, same, None) == digests(None, same, steps)
    pages = [page.read_text(encoding="utf-8") for page in artifacts.glob("*/*/report")]
    assert len(pages) >= 3
    assert [
        page[:15].lower() for page in pages if "<script src" in page or not page.lower().startswith("<!doctype")
    ] == []

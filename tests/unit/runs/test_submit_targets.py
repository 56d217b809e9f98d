"""Targets, and what a submission refuses before anything is sent."""

from pathlib import Path

import pytest

from slipway.contracts.errors import InputError
from slipway.contracts.roles import Role
from slipway.runs.clusters.submission import SubmitRequest, plan_submission
from slipway.runs.clusters.target_package import images_of, package_for
from slipway.runs.clusters.targets import (
    TARGETS,
    Claim,
    Placement,
    SecretVariables,
    Target,
    Toleration,
    find_target,
)

PACKAGE = Path(__file__).parents[2] / "golden" / "packages" / "continuous_training.yaml"
PIPELINE = str(PACKAGE)


def plan(target=TARGETS["kind"], cron="", **settings):
    given = {"data_uri": "s3://bucket/rows.csv", "label": "y", **settings}
    wanted = {name: value for name, value in given.items() if value is not None}
    return plan_submission(SubmitRequest(pipeline=PIPELINE, target=target, settings=wanted, cron=cron))


def test_a_file_extends_a_target_and_says_what_differs(tmp_path):
    file = tmp_path / "prod.yaml"
    file.write_text(
        "extends: gke\nhost: https://kfp.example\nauth: iap\niap_client_id: id\nimage_registry: r.example/p/\n"
        "placements:\n- steps: [tune]\n  node_selector: {pool: big}\n  retries: 4\n"
        "secrets:\n- {secret: s, variables: {k: V}, steps: [push]}\n"
    )
    target = find_target(str(file))
    assert (target.name, target.auth, target.overlay, target.timeout_seconds) == ("prod", "iap", "gke", 3 * 3600)
    assert target.placements == (Placement(steps=("tune",), node_selector={"pool": "big"}, retries=4),)
    assert target.secrets == (SecretVariables(secret="s", variables={"k": "V"}, steps=("push",)),)
    assert images_of(target)[Role.LIGHT] == "r.example/p/slipway/light:0.1.0"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hots: https://x", "did you mean 'host'"),
        ("host: kfp.example", "host should start with http"),
        ("extends: gek", "extends should be one of kind, minikube, gke"),
        ("auth: iap", "needs iap_client_id"),
        ("auth: password", "should be one of cookie, dex, iap, in_cluster, none, token"),
        ("namespace: Team_A", "Kubernetes name"),
        ("timeout_seconds: 0", "at least 1"),
        ("placements: [{retries: -1}]", "at least 0"),
        ("placements: [{tolerations: [{key: a, operator: Exists, value: b}]}]", "takes no value"),
        ("claims: [{claim: c, path: data}]", "must be absolute"),
        ("- kind", "should hold a mapping"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_file_that_describes_no_target_is_refused_by_name(tmp_path, text, words):
    file = tmp_path / "t.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=words):
        find_target(str(file))


def test_a_target_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'minikube'"):
        find_target("minicube")
    with pytest.raises(InputError, match="cannot read target none.yaml"):
        find_target("none.yaml")


def test_an_address_is_a_target():
    assert find_target("http://127.0.0.1:8888/").host == "http://127.0.0.1:8888"


def test_equal_packages_have_equal_versions_and_others_do_not():
    first, second = plan(), plan(label="z")
    assert first.version == second.version
    assert first.description != second.description
    assert plan(target=Target(name="x", destination="s3://b")).version != first.version


@pytest.mark.parametrize("uri", ["rows.csv", "/tmp/rows.csv", "file:///tmp/rows.csv"])
def test_a_path_of_this_machine_is_refused(uri):
    with pytest.raises(InputError, match=f"data_uri is '{uri}', which pods of target kind cannot see"):
        plan(data_uri=uri)


def test_a_path_on_a_mounted_volume_is_taken():
    target = Target(name="nfs", claims=(Claim(claim="c", path="/data"),), destination="/data/models")
    assert plan(target, data_uri="/data/rows.csv").parameters["destination"] == "/data/models"
    with pytest.raises(InputError, match="or a path below /data"):
        plan(target, data_uri="/database/rows.csv")


def predicted(**settings):
    package = str(PACKAGE.with_name("batch_prediction.yaml"))
    given = {"data_uri": "s3://bucket/rows.csv", **settings}
    return plan_submission(SubmitRequest(pipeline=package, target=TARGETS["kind"], settings=given))


def test_a_batch_prediction_needs_a_model_that_pods_can_see():
    newest = "s3://slipway/models/customers/latest"
    plan = predicted(model_uri=newest, ingest={"delimiter": ";"})
    assert plan.parameters == {
        "data_uri": "s3://bucket/rows.csv",
        "model_uri": newest,
        "ingest_config": {"only_split": "test", "delimiter": ";"},
    }
    with pytest.raises(InputError, match="--model is missing: pipeline batch-prediction needs it"):
        predicted()
    with pytest.raises(InputError, match="model_uri is '/models/m/1', which pods of target kind cannot see"):
        predicted(model_uri="/models/m/1")


def test_what_is_missing_or_unknown_is_refused():
    with pytest.raises(InputError, match="--label is missing"):
        plan(label=None)
    with pytest.raises(InputError, match="--destination is missing: target x has no default"):
        plan(target=Target(name="x"))
    with pytest.raises(InputError, match="no input 'trails'; did you mean 'trials'"):
        plan(trails=3)
    with pytest.raises(InputError, match="'max_missing_fractoin'"):
        plan(validate={"max_missing_fractoin": 0.1})


@pytest.mark.parametrize(
    ("cron", "sent"), [("0 6 * * 1-5", "0 0 6 * * 1-5"), ("15 0 6 * * MON-FRI", "15 0 6 * * MON-FRI")]
)
def test_a_schedule_has_seconds(cron, sent):
    assert plan(cron=cron).cron == sent


@pytest.mark.parametrize("cron", ["daily", "0 6 * *", "0 6 * * * * *", "0 6 * * $"])
def test_a_wrong_schedule_is_refused(cron):
    with pytest.raises(InputError, match="--recurring should be five fields"):
        plan(cron=cron)


def test_a_target_names_steps_and_roles_that_exist():
    from slipway.runs.catalogue import compiled_pipeline

    ir = compiled_pipeline(PIPELINE)
    with pytest.raises(InputError, match="no step 'trian'"):
        package_for(ir, Target(name="x", placements=(Placement(steps=("trian",)),)))
    with pytest.raises(InputError, match="images has no role 'lite'"):
        package_for(ir, Target(name="x", images={"lite": "a:1"}))
    with pytest.raises(InputError, match="must carry a version or digest"):
        package_for(ir, Target(name="x", images={"light": "a:latest"}))


def test_what_the_pipeline_sets_itself_stays(tmp_path):
    """WHY: a pipeline may know of a GPU or a Secret of its own; the target adds to that."""
    from slipway.runs.catalogue import compiled_package, write_package

    file = tmp_path / "own.py"
    file.write_text(
        "from kfp import dsl, kubernetes\n"
        "@dsl.component(base_image='python:3.11')\n"
        "def work():\n    pass\n"
        "@dsl.pipeline(name='own')\n"
        "def own():\n"
        "    task = work().set_env_variable('A', 'own')\n"
        "    kubernetes.add_toleration(task, 'mine', 'Exists')\n"
        "    kubernetes.add_pod_label(task, 'team', 'x')\n"
    )
    ir, platforms = compiled_package(str(file))
    target = Target(
        name="x",
        environment={"A": "target", "B": "target"},
        placements=(Placement(tolerations=(Toleration(key="theirs", operator="Exists"),)),),
    )
    package = package_for(ir, target, platforms=platforms)
    executors = package.platforms["kubernetes"]["deploymentSpec"]["executors"]
    assert [item["key"] for item in executors["exec-work"]["tolerations"]] == ["mine", "theirs"]
    assert executors["exec-work"]["podMetadata"]["labels"] == {
        "team": "x",
        "app.kubernetes.io/part-of": "slipway",
        "slipway.dev/step": "work",
    }
    assert package.ir["deploymentSpec"]["executors"]["exec-work"]["container"]["env"] == [
        {"name": "A", "value": "own"},
        {"name": "B", "value": "target"},
    ]
    write_package(package.ir, tmp_path / "own.yaml", package.platforms)
    assert compiled_package(str(tmp_path / "own.yaml")) == (package.ir, package.platforms)


def test_retries_of_a_placement_reach_its_step_alone():
    from slipway.runs.catalogue import compiled_pipeline

    target = Target(name="x", placements=(Placement(retries=1), Placement(steps=("push",), retries=0)))
    ir = package_for(compiled_pipeline(PIPELINE), target).ir
    dags = [ir["root"]["dag"], *(item["dag"] for item in ir["components"].values() if "dag" in item)]
    retries = {n: t.get("retryPolicy", {}).get("maxRetryCount") for dag in dags for n, t in dag["tasks"].items()}
    assert retries.pop("push") == 0
    assert {name: count for name, count in retries.items() if not name.startswith("condition")} == {
        name: 1 for name in retries if not name.startswith("condition")
    }
    assert retries["condition-1"] is None


def test_the_way_to_sign_in_from_a_pod_may_be_written_with_a_hyphen(tmp_path):
    (tmp_path / "t.yaml").write_text("auth: in-cluster\n")
    assert find_target(str(tmp_path / "t.yaml")).sign_in == "in_cluster"

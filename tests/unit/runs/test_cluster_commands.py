"""``slipway cluster`` and ``slipway doctor``, with programs on PATH that write down what they are asked."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from kfp_server import serving

from slipway.cli.main import main
from slipway.runs.clusters.forwarding import end_forwarding
from slipway.runs.clusters.quotas import GkePlace, gke_place, quantity
from slipway.runs.clusters.targets import Target, find_target

IMAGES = ["slipway/light:0.1.0", "slipway/tensorflow:0.1.0", "slipway/tfdv:0.1.0"]
# Answers by the first rule whose words all occur among the arguments: (words, exit code, stdout, stderr).
PROGRAM = """#!{python}
import json, os, sys, time
name = os.path.basename(sys.argv[0])
with open({log!r}, "a") as log:
    log.write(json.dumps([name, *sys.argv[1:]]) + "\\n")
rules = json.load(open({rules!r}))
for words, code, out, err in rules:
    if all(word in [name, *sys.argv[1:]] for word in words):
        break
else:
    code, out, err = 0, "", ""
sys.stdout.write(out)
sys.stdout.flush()
sys.stderr.write(err)
if "port-forward" in sys.argv and code == 0:
    print("Forwarding from 127.0.0.1", flush=True)
    time.sleep(60)
sys.exit(code)
"""


class Programs:
    """A folder of programs, the only one on PATH."""

    def __init__(self, folder):
        self.folder, self._log, self._rules = folder / "bin", folder / "calls.jsonl", folder / "rules.json"
        self.folder.mkdir()
        self.rules()

    def install(self, *names):
        for name in names:
            file = self.folder / name
            file.write_text(PROGRAM.format(python=sys.executable, log=str(self._log), rules=str(self._rules)))
            file.chmod(0o755)

    def rules(self, *rules):
        self._rules.write_text(json.dumps(rules))

    @property
    def calls(self):
        return [json.loads(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []


@pytest.fixture
def programs(tmp_path, monkeypatch):
    made = Programs(tmp_path)
    monkeypatch.setenv("PATH", str(made.folder))
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    return made


@pytest.fixture
def manifests(tmp_path):
    for part in ("overlays/kind", "overlays/minikube", "kubeflow-pipelines"):
        (tmp_path / "manifests" / part).mkdir(parents=True)
    return str(tmp_path / "manifests")


@pytest.fixture
def slipway(tmp_path, monkeypatch, capfd):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["slipway", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return SimpleNamespace(returncode=ended.value.code, stdout=out, stderr=err)

    return call


@pytest.fixture
def forwarded(tmp_path):
    """A service where kubectl would forward one, and a target that says so."""

    def make(extends):
        (tmp_path / "here.yaml").write_text(json.dumps({"extends": extends, "port": server.port}))
        return str(tmp_path / "here.yaml")

    with serving() as server:
        yield make
    end_forwarding(Target(name="here"))


def kubectl_apply(manifests, part):
    apply = ["kubectl", "--context", "kind-slipway", "apply", "--server-side", "--force-conflicts", "-k"]
    return [*apply, f"{manifests}/{part}"]


def test_up_on_kind_calls_this_and_nothing_else(programs, manifests, slipway, forwarded):
    programs.install("kind", "kubectl", "docker")
    done = slipway("cluster", "up", "--target", forwarded("kind"), "--manifests", manifests)
    assert done.returncode == 0, done.stderr
    context = ["kubectl", "--context", "kind-slipway"]
    assert programs.calls == [
        *(["docker", "image", "inspect", image] for image in IMAGES),
        ["kind", "get", "clusters"],
        ["kind", "create", "cluster", "--name", "slipway", "--wait", "180s"],
        kubectl_apply(manifests, "kubeflow-pipelines/cluster-scoped"),
        [*context, "wait", "--for=condition=Established", "crd", "--all", "--timeout=120s"],
        kubectl_apply(manifests, "kubeflow-pipelines/standalone"),
        ["kind", "load", "docker-image", *IMAGES, "--name", "slipway"],
        kubectl_apply(manifests, "overlays/kind"),
        [*context, "-n", "kubeflow", "wait", "--for=condition=Available", "deployment", "--all", "--timeout=900s"],
        [
            *context, "-n", "kubeflow", "wait", "--for=jsonpath={.status.readyReplicas}=1", "statefulset", "--all",
            "--timeout=600s",
        ],
        [*context, "-n", "kubeflow", "port-forward", "svc/ml-pipeline-ui", programs.calls[-1][-1]],
    ]  # fmt: skip
    assert "UI          http://127.0.0.1:" in done.stdout


def test_up_on_minikube_loads_each_image_and_keeps_a_cluster_that_is_there(programs, manifests, slipway, forwarded):
    programs.install("minikube", "kubectl", "docker")
    done = slipway("cluster", "up", "--target", forwarded("minikube"), "--manifests", manifests)
    assert done.returncode == 0, done.stderr
    assert [call for call in programs.calls if call[0] == "minikube"] == [
        ["minikube", "status", "--profile", "slipway"],
        *(["minikube", "--profile", "slipway", "image", "load", image] for image in IMAGES),
    ]


def test_a_dry_run_prints_every_command_and_needs_no_program(programs, manifests, slipway):
    done = slipway("cluster", "up", "--target", "kind", "--manifests", manifests, "--dry-run")
    assert done.returncode == 0, done.stderr
    commands = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert [command.split()[0] for command in commands] == [
        "kind", "kubectl", "kubectl", "kubectl", "kind", "kubectl", "kubectl", "kubectl", "kubectl"
    ]  # fmt: skip
    assert commands[-1] == "kubectl --context kind-slipway -n kubeflow port-forward svc/ml-pipeline-ui 8080:80"


@pytest.mark.parametrize(("there", "missing"), [((), "kind"), (("kind",), "kubectl"), (("kind", "kubectl"), "docker")])
def test_a_program_that_is_missing_is_named_before_anything_is_done(programs, manifests, slipway, there, missing):
    programs.install(*there)
    done = slipway("cluster", "up", "--target", "kind", "--manifests", manifests)
    assert done.returncode == 2
    assert f"{missing} is not on PATH; install it: https://" in done.stderr
    assert programs.calls == []


def test_images_that_were_not_built_are_named(programs, manifests, slipway):
    programs.install("kind", "kubectl", "docker")
    programs.rules((["docker", "slipway/tfdv:0.1.0"], 1, "", "Error: No such image"))
    done = slipway("cluster", "up", "--target", "kind", "--manifests", manifests)
    assert done.returncode == 2
    assert "no image slipway/tfdv:0.1.0 in Docker; build them: slipway images build" in done.stderr


def test_resources_of_an_add_on_that_is_not_installed_do_not_end_it(programs, manifests, slipway, forwarded):
    """WHY: the overlay holds resources of Trainer and KServe, which a user may leave out."""
    programs.install("kind", "kubectl", "docker")
    message = 'error: resource mapping not found: no matches for kind "ClusterTrainingRuntime" in version "v1"\n'
    programs.rules((["kubectl", f"{manifests}/overlays/kind"], 1, "", message))
    assert slipway("cluster", "up", "--target", forwarded("kind"), "--manifests", manifests).returncode == 0


def test_a_command_that_goes_on_failing_ends_it_with_what_it_said(programs, manifests, slipway):
    programs.install("kind", "kubectl", "docker")
    programs.rules((["kubectl", f"{manifests}/overlays/kind"], 1, "", "error: the quota is wrong\n"))
    done = slipway("cluster", "up", "--target", "kind", "--manifests", manifests)
    assert done.returncode == 5
    assert "Slipway: overlay kind" in done.stderr
    assert "error: the quota is wrong" in done.stderr
    assert len([call for call in programs.calls if call[-1] == f"{manifests}/overlays/kind"]) == 3


def test_down_deletes_what_is_there_and_says_when_nothing_is(programs, slipway):
    programs.install("kind")
    assert "there is no kind cluster slipway" in slipway("cluster", "down", "--target", "kind").stdout
    programs.rules((["get", "clusters"], 0, "other\nslipway\n", ""))
    assert slipway("cluster", "down", "--target", "kind").returncode == 0
    assert programs.calls[-1] == ["kind", "delete", "cluster", "--name", "slipway"]


def test_a_target_that_is_not_local_is_refused(programs, slipway):
    done = slipway("cluster", "up", "--target", "gke")
    assert done.returncode == 2
    assert "--target should be kind or minikube" in done.stderr


def test_the_port_is_forwarded_until_down(programs, slipway, tmp_path):
    """The background process is real; only what it forwards is not there, so kubectl's words end up in the message."""
    from slipway.contracts.errors import TransientError
    from slipway.runs.clusters.forwarding import begin_forwarding, end_forwarding
    from slipway.runs.clusters.targets import Target

    programs.install("kubectl")
    programs.rules((["port-forward"], 1, "error: unable to forward\n", ""))
    target = Target(name="t", port=1, context="c")
    with pytest.raises(TransientError, match="error: unable to forward"):
        begin_forwarding(target)
    assert programs.calls == [
        ["kubectl", "--context", "c", "-n", "kubeflow", "port-forward", "svc/ml-pipeline-ui", "1:80"]
    ]
    assert end_forwarding(target) is False


def test_what_up_forwards_is_used_again_and_ended_by_down(programs, manifests, slipway, forwarded):
    programs.install("kind", "kubectl", "docker")
    target = forwarded("kind")
    for _ in range(2):
        assert slipway("cluster", "up", "--target", target, "--manifests", manifests).returncode == 0
    assert len([call for call in programs.calls if "port-forward" in call]) == 1
    assert slipway("cluster", "down", "--target", target).returncode == 0
    assert end_forwarding(find_target(target)) is False


def test_a_target_that_has_changed_is_forwarded_anew(programs, manifests, slipway, forwarded):
    """WHY: its file now names another cluster, and what runs in the background still leads to the old one."""
    programs.install("kind", "minikube", "kubectl", "docker")
    for extends in ("kind", "minikube"):
        done = slipway("cluster", "up", "--target", forwarded(extends), "--manifests", manifests)
        assert done.returncode == 0, done.stderr
    contexts = [call[2] for call in programs.calls if "port-forward" in call]
    assert contexts == ["kind-slipway", "slipway"]


def test_another_service_at_the_port_is_not_taken_for_the_cluster(programs, slipway, forwarded, monkeypatch):
    """WHY: it may be forwarded from another cluster, and the run would start there."""
    monkeypatch.setenv("COLUMNS", "400")
    programs.install("kubectl")
    programs.rules(VERSION, YES, NO_QUOTAS, (["port-forward"], 1, "", "unable to listen on port\n"))
    done = slipway("doctor", "--target", forwarded("kind"))
    assert rows_of(done)["Kubeflow Pipelines"][0] == "failed"
    assert "unable to listen on port" in rows_of(done)["Kubeflow Pipelines"][1]


def test_status_shows_what_is_ready(programs, slipway, forwarded):
    programs.install("kind", "kubectl")
    items = [
        {"metadata": {"name": "ml-pipeline"}, "spec": {"replicas": 1}, "status": {"readyReplicas": 1}},
        {"metadata": {"name": "mysql"}, "spec": {"replicas": 1}, "status": {}},
    ]
    programs.rules(
        (["get", "clusters"], 0, "slipway\n", ""),
        (["deployments,statefulsets"], 0, json.dumps({"items": items}), ""),
    )
    done = slipway("cluster", "status", "--target", forwarded("kind"))
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["ml-pipeline", "ok", "1", "of", "1", "ready"] in rows
    assert ["mysql", "failed", "0", "of", "1", "ready"] in rows
    assert done.returncode == 2


VERSION = (["version"], 0, json.dumps({"serverVersion": {"gitVersion": "v1.34.1"}}), "")
YES = (["can-i"], 0, "yes\n", "")
NO_QUOTAS = (["resourcequota"], 0, json.dumps({"items": []}), "")


def rows_of(done):
    """Check, state and reason of each line of the table, unless the line continues the one above."""
    found = {}
    for line in done.stdout.splitlines()[1:]:
        for state in ("ok", "failed", "skip"):
            name, mark, reason = line.partition(f"  {state} ")
            if mark:
                found[name.strip()] = (state, reason.strip())
                break
    return found


@pytest.fixture
def doctor(programs, slipway, forwarded, monkeypatch):
    programs.install("kubectl", "docker")
    monkeypatch.setenv("COLUMNS", "400")
    return lambda: slipway("doctor", "--target", forwarded("kind"))


def test_a_target_that_is_well_has_nothing_failed(programs, doctor):
    programs.rules(VERSION, YES, NO_QUOTAS)
    done = doctor()
    rows = rows_of(done)
    assert {name: row for name, row in rows.items() if row[0] == "failed"} == {}
    assert done.returncode == 0
    assert rows["kubectl"] == ("ok", "kind-slipway, Kubernetes v1.34.1")
    assert rows["may create pods/portforward"][0] == rows["secret slipway-object-store"][0] == "ok"
    assert rows["quotas"] == ("ok", "none set")
    assert rows["bucket s3://slipway"][0] == "skip"
    assert rows["Kubeflow Pipelines"][1].endswith("one user, auth none")


def test_what_is_wrong_is_said_and_ends_with_2(programs, doctor):
    quota = {"items": [{"status": {"hard": {"requests.cpu": "16", "pods": "150"}, "used": {"requests.cpu": "15500m"}}}]}
    programs.rules(
        VERSION,
        (["can-i", "pods/log"], 1, "no\n", ""),
        YES,
        (["serviceaccount"], 1, "", 'Error from server (NotFound): serviceaccounts "slipway-run" not found\n'),
        (["secret"], 1, "", "Error from server (Forbidden): secrets is forbidden\n"),
        (["resourcequota"], 0, json.dumps(quota), ""),
    )
    done = doctor()
    rows = rows_of(done)
    assert done.returncode == 2
    assert rows["may get pods/log"] == ("failed", "RBAC says no")
    assert rows["serviceaccount slipway-run"][0] == "failed"
    assert rows["secret slipway-object-store"][0] == "skip"
    assert rows["quotas"] == ("failed", "nearly used up: requests.cpu: 15500m of 16")


@pytest.fixture
def doctor_on_gke(programs, slipway, forwarded, tmp_path, monkeypatch):
    programs.install("kubectl", "docker", "gcloud")
    monkeypatch.setenv("COLUMNS", "400")
    file = Path(forwarded("gke"))
    file.write_text(json.dumps(json.loads(file.read_text()) | {"context": "gke_my-project_europe-west4-a_slipway"}))
    return lambda: slipway("doctor", "--target", str(file))


def region(**used):
    quotas = [{"metric": metric, "usage": usage, "limit": limit} for metric, (usage, limit) in used.items()]
    return (["gcloud", "regions"], 0, json.dumps({"name": "europe-west4", "quotas": quotas}), "")


def test_on_gke_the_quotas_of_the_region_are_looked_at(programs, doctor_on_gke):
    programs.rules(
        VERSION, YES, NO_QUOTAS, region(N2_CPUS=(16.0, 24.0), NVIDIA_L4_GPUS=(0.0, 0.0), SNAPSHOTS=(9.0, 9.0))
    )
    done = doctor_on_gke()
    assert done.returncode == 0, done.stdout
    assert rows_of(done)["compute quotas of europe-west4"] == ("ok", "2 limits, none nearly used up")
    (asked,) = [call for call in programs.calls if call[0] == "gcloud"]
    assert asked == [
        "gcloud",
        *["compute", "regions", "describe", "europe-west4", "--project", "my-project", "--format", "json"],
    ]


def test_a_region_without_room_for_new_nodes_is_a_failure(programs, doctor_on_gke):
    programs.rules(VERSION, YES, NO_QUOTAS, region(N2_CPUS=(24.0, 24.0), IN_USE_ADDRESSES=(1.0, 8.0)))
    done = doctor_on_gke()
    assert done.returncode == 2
    row = rows_of(done)["compute quotas of europe-west4"]
    assert row == ("failed", "nearly used up: N2_CPUS: 24 of 24")


def test_quotas_that_may_not_be_seen_are_skipped_with_what_was_said(programs, doctor_on_gke):
    programs.rules(VERSION, YES, NO_QUOTAS, (["gcloud", "regions"], 1, "", "ERROR: permission compute.regions.get\n"))
    row = rows_of(doctor_on_gke())["compute quotas of europe-west4"]
    assert row == ("skip", "ERROR: permission compute.regions.get")


@pytest.mark.parametrize(
    ("context", "place"),
    [
        ("gke_my-project_europe-west4_slipway", GkePlace("my-project", "europe-west4")),
        ("gke_my-project_us-east1-b_a_b", GkePlace("my-project", "us-east1")),
        ("kind-slipway", None),
        ("", None),
    ],
)
def test_a_context_of_gke_says_where_its_cluster_is(context, place):
    assert gke_place(context) == place


def test_without_access_nothing_else_is_asked(programs, doctor):
    programs.rules((["version"], 1, "", "Unable to connect to the server: dial tcp: connection refused\n"))
    rows = rows_of(doctor())
    assert rows["kubectl"][0] == "failed"
    assert rows["rights, names, quotas"] == ("skip", "kubectl does not reach the cluster")
    assert [call for call in programs.calls if "can-i" in call] == []


def test_without_a_target_only_this_machine_is_looked_at(programs, slipway, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    rows = rows_of(slipway("doctor"))
    assert rows["Docker"] == ("skip", "not on PATH; local runs do not need it")
    assert rows["environment light"] == ("skip", "made by the first run, or now: slipway environments light")
    assert "kubectl" not in rows


@pytest.mark.parametrize(
    ("text", "number"), [("500m", 0.5), ("16", 16), ("2Gi", 2 * 1024**3), ("1k", 1000), ("1500M", 1.5e9), ("0", 0)]
)
def test_quantities_are_numbers(text, number):
    assert quantity(text) == number

"""What may be asked of a training, and where it then runs."""

import json

import pytest

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.steps.train_distributed.config import TrainDistributedConfig
from slipway.training.jobs import Placement
from slipway.training.launcher import JOB_LAUNCHERS, choose_launcher
from slipway.training.strategy import choose_placement, place_in_cluster

CLUSTER = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"workers": 0}, r"workers must lie in \[1, 64\], got 0"),
        ({"epochs": 0}, r"epochs must lie in \[1, 10000\], got 0"),
        ({"patience": 0}, "patience must be at least 1, got 0"),
        ({"min_delta": -0.1}, "min_delta must be at least 0"),
        ({"max_seconds": 0}, "max_seconds must be above 0"),
        ({"seed": -1}, "seed must lie in"),
        ({"replicas": 17}, "replicas must lie in"),
        ({"max_restarts": -1}, "max_restarts must lie in"),
        ({"stall_seconds": 0}, "stall_seconds must be above 0"),
        (
            {"strategy": "parameter_server"},
            "strategy should be one of auto, mirrored, multi_worker_mirrored, one_device, got 'parameter_server'",
        ),
        ({"strategy": "mirrored", "workers": 2}, "strategy 'mirrored' has one worker, got workers=2"),
        ({"launcher": "moon"}, "launcher should be one of auto, cluster, in_process, processes, got 'moon'"),
        ({"loop": "slow"}, "loop should be one of 'auto', 'fast', 'fit'"),
        ({"mixed_precision": "int8"}, "mixed_precision should be one of"),
        ({"schedule_settings": {"alpha": 0.1}}, "belong to a schedule, and none is set"),
        ({"optimizer_settings": {"learning_rate": 0.1}}, "the learning_rate is a hyperparameter"),
        ({"patients": 3}, "no 'patients'"),
    ],
)
def test_what_cannot_be_trained_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        parse(TrainDistributedConfig, values)


@pytest.mark.parametrize(
    ("values", "gpus", "expected"),
    [
        ({}, 0, Placement(strategy="one_device")),
        ({}, 1, Placement(strategy="one_device")),
        ({}, 4, Placement(strategy="mirrored")),
        ({"workers": 3}, 4, Placement(strategy="multi_worker_mirrored", workers=3)),
        ({"strategy": "mirrored"}, 0, Placement(strategy="mirrored", cpu_devices=2)),
        ({"strategy": "mirrored", "replicas": 4}, 2, Placement(strategy="mirrored")),
        ({"strategy": "one_device"}, 4, Placement(strategy="one_device")),
        ({"strategy": "multi_worker_mirrored"}, 0, Placement(strategy="multi_worker_mirrored")),
    ],
)
def test_the_placement_follows_from_settings_and_gpus(values, gpus, expected):
    config = TrainDistributedConfig(**values)
    placed = choose_placement(config.strategy, workers=config.workers, replicas=config.replicas, gpus=gpus)
    assert placed == expected


def test_several_workers_are_refused_by_a_strategy_of_one():
    message = "strategy 'mirrored' has one worker, got workers=2; several workers need 'multi_worker_mirrored'"
    with pytest.raises(InputError, match=message):
        choose_placement("mirrored", workers=2, replicas=2, gpus=0)


IN_PROCESS, PROCESSES, CLUSTER_WORKER = (JOB_LAUNCHERS.get(name) for name in ("in_process", "processes", "cluster"))


@pytest.mark.parametrize(
    ("name", "placement", "expected"),
    [
        ("auto", Placement(strategy="one_device"), IN_PROCESS),
        ("auto", Placement(strategy="mirrored"), IN_PROCESS),
        ("auto", Placement(strategy="mirrored", cpu_devices=2), PROCESSES),
        ("auto", Placement(strategy="multi_worker_mirrored", workers=2), PROCESSES),
        ("auto", Placement(strategy="multi_worker_mirrored", workers=2, in_cluster=True), CLUSTER_WORKER),
        ("processes", Placement(strategy="one_device"), PROCESSES),
    ],
)
def test_the_launcher_follows_from_the_placement_unless_it_is_named(name, placement, expected):
    assert choose_launcher(name, placement) is expected


@pytest.mark.parametrize(
    ("name", "placement"),
    [
        ("in_process", Placement(strategy="multi_worker_mirrored", workers=2)),
        ("cluster", Placement(strategy="one_device")),
        ("processes", Placement(strategy="multi_worker_mirrored", workers=2, in_cluster=True)),
    ],
)
def test_a_launcher_that_cannot_run_a_placement_is_refused_with_those_that_can(name, placement):
    with pytest.raises(InputError, match=f"launcher '{name}' cannot run {placement.strategy} with .* here; can: "):
        choose_launcher(name, placement)


@pytest.mark.parametrize(("task", "chief"), [(("chief", 0), True), (("worker", 0), False), (("worker", 1), False)])
def test_in_a_cluster_only_the_first_task_is_chief(task, chief):
    tf_config = json.dumps({"cluster": CLUSTER, "task": {"type": task[0], "index": task[1]}})
    expected = Placement(strategy="multi_worker_mirrored", workers=3, chief=chief, in_cluster=True)
    assert place_in_cluster("auto", tf_config) == expected


def test_without_a_chief_the_first_worker_is_chief():
    tf_config = json.dumps({"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}})
    assert place_in_cluster("auto", tf_config).chief


@pytest.mark.parametrize(
    ("tf_config", "message"),
    [
        ("{", "should hold a cluster and a task"),
        ("[]", "should hold a cluster and a task"),
        (json.dumps({"cluster": CLUSTER}), "should hold a cluster and a task"),
        (json.dumps({"cluster": CLUSTER, "task": {"type": "ps", "index": 0}}), "only .* can train"),
        (json.dumps({"cluster": CLUSTER, "task": {"type": "worker", "index": 2}}), "only .* can train"),
    ],
)
def test_a_cluster_that_says_nothing_of_this_process_is_refused(tf_config, message):
    with pytest.raises(InputError, match=message):
        place_in_cluster("auto", tf_config)


def test_a_strategy_of_one_machine_is_refused_in_a_cluster():
    tf_config = json.dumps({"cluster": CLUSTER, "task": {"type": "worker", "index": 0}})
    with pytest.raises(InputError, match="'one_device' trains on one machine"):
        place_in_cluster("one_device", tf_config)

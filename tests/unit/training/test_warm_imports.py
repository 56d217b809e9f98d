"""What a warm TensorFlow process imports before it forks."""

import os
import subprocess
import sys

from slipway.contracts.roles import Role
from slipway.runs.local.warm_workers import preloaded_modules

PROBE = """
import importlib, sys
for module in sys.argv[1:]:
    importlib.import_module(module)
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(2)  # refused once TensorFlow has run an operation
"""


def test_importing_the_steps_runs_no_operation():
    """A child of a process in which TensorFlow runs already would wait for threads that it does not have."""
    modules = preloaded_modules()[Role.TENSORFLOW]
    assert "slipway.steps.compress.core" in modules
    environment = {**os.environ, "_KFP_RUNTIME": "true"}
    subprocess.run([sys.executable, "-P", "-c", PROBE, *modules], check=True, env=environment)


def test_an_operation_before_would_be_noticed(tmp_path):
    (tmp_path / "hasty.py").write_text("import tensorflow as tf\ntf.constant(1) + 1\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{PROBE}"
    done = subprocess.run([sys.executable, "-P", "-c", code, "hasty"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cannot be modified after initialization" in done.stderr


def test_every_role_has_a_warm_process():
    assert set(preloaded_modules()) == set(Role)


def test_training_leaves_a_core_to_the_thread_that_makes_the_batches():
    code = (
        "import os, tensorflow as tf; from slipway.training.processes import reserve_input_core; reserve_input_core(); "
        "print(len(os.sched_getaffinity(0)), tf.config.threading.get_intra_op_parallelism_threads())"
    )

    def threads(**variables: str) -> list[int]:
        environment = {**os.environ, **variables}
        done = subprocess.run([sys.executable, "-P", "-c", code], check=True, env=environment, capture_output=True)
        return [int(word) for word in done.stdout.split()]

    cores, used = threads()
    assert used == max(1, cores - 1)
    assert threads(TF_NUM_INTRAOP_THREADS="3")[1] in (0, 3)  # TensorFlow reads the variable itself when it starts

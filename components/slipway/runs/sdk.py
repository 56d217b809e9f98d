"""Kubeflow's SDK without its client for clusters, which more than half of the time of importing it goes into."""

import importlib
import os
import sys

_IN_A_TASK = "_KFP_RUNTIME"
"""Where this variable is ``true``, kfp imports nothing but its own package."""


def import_without_client() -> None:
    """Import kfp; its modules, ``kfp.client`` too, can be imported as always afterwards.

    What is missing is ``kfp.Client``, the name, so this is not for a process that runs code of the user's that may
    want it.
    """
    if "kfp" in sys.modules:
        return
    before = os.environ.get(_IN_A_TASK)
    os.environ[_IN_A_TASK] = "true"
    try:
        importlib.import_module("kfp")
    finally:
        if before is None:
            del os.environ[_IN_A_TASK]
        else:
            os.environ[_IN_A_TASK] = before

"""Checks of a finished run: what its steps say can be looked at, some of it measured now."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from slipway.contracts.documents import read_document
from slipway.contracts.errors import InputError
from slipway.contracts.roles import Role
from slipway.contracts.run_summaries import RunSummary
from slipway.contracts.steps import Inspection, Measurement, resolve, steps_in_order
from slipway.runs.catalogue import PACKAGE
from slipway.runs.clusters.doctor import Check, State, run_check
from slipway.runs.local.environments import environment_path, is_ready
from slipway.runs.local.task import python_variables
from slipway.runs.programs import run_program

_MEASURING_SECONDS = 300


def run_checks(folder: Path) -> list[Check]:
    """Return what can be said about the run in ``folder``.

    Raises:
        InputError: there is no run in ``folder``.
    """
    path = folder / "summary.json"
    if not path.is_file():
        raise InputError(f"{folder} holds no run; it should be a folder such as slipway-output/runs/NAME-TIME")
    return list(_checks(read_document(RunSummary, path)))


def _checks(run: RunSummary) -> Iterator[Check]:
    for _, step in steps_in_order():
        for inspection in resolve(step.inspections)(run.steps) if step.inspections else ():
            yield run_check(inspection.name, partial(_check, inspection, step.role))


def _check(inspection: Inspection, role: Role) -> Check:
    measurement = inspection.measurement
    if measurement is None:
        state = State.SKIP if inspection.skipped else State.OK
        return Check(name=inspection.name, state=state, reason=inspection.skipped or inspection.finding)
    if not is_ready(role):
        reason = f"needs its environment: slipway environments {role.value}"
        return Check(name=inspection.name, state=State.SKIP, reason=reason)
    return Check(name=inspection.name, state=State.OK, reason=measurement.describe(_measure(measurement, role)))


def _measure(measurement: Measurement, role: Role) -> dict[str, Any]:
    python = environment_path(role) / "bin" / "python"
    command = ["env", *(f"{name}={value}" for name, value in python_variables(PACKAGE.parent).items()), str(python)]
    done = run_program([*command, "-m", measurement.module, *measurement.arguments], _MEASURING_SECONDS)
    if done.returncode:
        raise InputError(f"{measurement.subject} cannot be measured: {done.stderr.strip().splitlines()[-1]}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured

"""What runs, the command line and clusters must know of a step, as the step itself says it."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from slipway.contracts.plug_points import PLUG_POINTS
from slipway.contracts.registry import Registry
from slipway.contracts.roles import Role
from slipway.contracts.verdicts import Verdict


class Purpose(StrEnum):
    """What a pipeline's parameter is for, where a run does more with it than passing it on.

    ADDRESS: where something is read; a local path is made absolute and must exist. MODEL: likewise, of a published
    model; a local ``MODEL/latest`` becomes the newest version's folder. DESTINATION: where models are published; a
    local run has a default. MODEL_NAME: the model's folder there; by default named after the data. PREDECESSOR: the
    newest version published before this run, unless the user names another. PREDECESSOR_STATISTICS: its statistics.
    """

    ADDRESS = "address"
    MODEL = "model"
    DESTINATION = "destination"
    MODEL_NAME = "model_name"
    PREDECESSOR = "predecessor"
    PREDECESSOR_STATISTICS = "predecessor_statistics"

    @property
    def is_read(self) -> bool:
        """Whether the parameter is an address that a step reads."""
        return self not in (Purpose.DESTINATION, Purpose.MODEL_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option of the commands that run pipelines.

    Attributes:
        flag: such as ``--data``.
        help: a line.
        parameter: the pipeline's parameter that it sets; empty for a setting of the step.
        setting: the field of the step's config that it sets; empty for a parameter.
        metavar: what stands for the value in help texts.
        choices: the values accepted; empty for any.
        least: smallest whole number accepted; None for a text.
        repeatable: whether it may be given several times, and makes a list.
        required: whether a pipeline with this parameter and no default for it needs it.
        submitted: whether ``slipway submit`` has it too.
    """

    flag: str
    help: str
    parameter: str = ""
    setting: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    least: int | None = None
    repeatable: bool = False
    required: bool = False
    submitted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a step left behind, as the summary of a run tells it.

    Attributes:
        verdict: what a judging step said; None for the others.
        summary: fields of RunSummary that it decides, such as ``float_metrics`` or ``model_uri``.
        inferred: lines for the terminal about what the step worked out by itself.
        results: what a person looks for at the end of a run: a word and a path or an address.
    """

    verdict: Verdict | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    inferred: tuple[str, ...] = ()
    results: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """Something that ``slipway doctor --run`` looks at in a finished run; one of the last three is given.

    Attributes:
        name: what is looked at, such as ``training input``.
        finding: what is known already.
        skipped: why it cannot be looked at.
        measurement: how it is measured now.
    """

    name: str
    finding: str = ""
    skipped: str = ""
    measurement: "Measurement | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A program that measures something in the environment of the step's role.

    Attributes:
        subject: what is measured, for the message when it cannot be.
        module: run as ``python -m``; its last line of output is a JSON object.
        arguments: of the program.
        describe: turns that object into the finding.
    """

    subject: str
    module: str
    arguments: tuple[str, ...]
    describe: Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step's account of itself. References have the form ``package.module:function`` and are imported when used.

    Attributes:
        role: the image role it runs in.
        position: its place in a report, beside the positions of the other steps.
        preload: modules that a warm process of the role imports before a task comes; nothing that they run may use
            TensorFlow's runtime.
        options: options of the command line that set its parameters and settings.
        purposes: parameters of pipelines that a run fills in or makes absolute.
        opens_addresses: whether it opens addresses that a user gives, and so needs a store's credentials and network.
        restartable: whether it loses little when its node goes away, so that it may run on a machine that can.
        account: of artifacts by output name, gives an Account, or None where they are not this step's.
        sections: of a run's documents, gives the sections that it adds to the report of the run.
        figures: of a run's documents, gives figures for the report's head.
        inspections: of the summaries of a run's steps, gives what the doctor looks at.
    """

    role: Role
    position: int
    preload: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    purposes: Mapping[str, Purpose] = field(default_factory=dict)
    opens_addresses: bool = False
    restartable: bool = False
    account: str = ""
    sections: str = ""
    figures: str = ""
    inspections: str = ""


STEPS: Registry[Step] = Registry("steps", PLUG_POINTS["steps"].folder, module=PLUG_POINTS["steps"].module)
"""Every step, by the name of its folder."""


def steps_in_order() -> tuple[tuple[str, Step], ...]:
    """Return every step with its name, in the order of reports."""
    return tuple(sorted(STEPS.items(), key=lambda item: (item[1].position, item[0])))


def task_name(step: str) -> str:
    """Return what Kubeflow Pipelines calls the task of a step."""
    return step.replace("_", "-")


def purposes() -> dict[str, Purpose]:
    """Return what parameters of pipelines are for, by name; a parameter that no step speaks of is absent."""
    return {name: purpose for _, step in steps_in_order() for name, purpose in step.purposes.items()}


def resolve(reference: str) -> Callable[..., Any]:
    """Import what ``package.module:function`` names."""
    module, _, name = reference.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def account_of(artifacts: Mapping[str, Path]) -> Account:
    """Return what the step that wrote these artifacts says of them; an empty account for another's component."""
    for _, step in steps_in_order():
        found = resolve(step.account)(artifacts) if step.account else None
        if found is not None:
            return found
    return Account()

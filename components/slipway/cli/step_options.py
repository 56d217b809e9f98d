"""Options of the commands that run pipelines, as the steps describe them; nothing is read before they are needed."""

from collections.abc import Mapping
from typing import Any

import click

_PREFIX = "of_step_"


class PipelineCommand(click.Command):
    """A command that takes, beside its own options, those that the steps describe."""

    submitted_only = False

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters and those of the steps, before the help option."""
        *own, last = super().get_params(ctx)
        return [*own, *(option for option, _ in _step_options(self.submitted_only)), last]


class SubmittedPipelineCommand(PipelineCommand):
    """The same for pipelines that run on a cluster."""

    submitted_only = True


def take_settings(options: dict[str, Any]) -> dict[str, Any]:
    """Remove from ``options`` what belongs to the steps, and return it as settings of a run.

    Returns:
        Parameters by name, and for each step a mapping of its settings; what was not given is absent.
    """
    settings: dict[str, Any] = {}
    for click_option, (step, option) in _step_options(submitted_only=False):
        value = options.pop(click_option.name or "", None)
        if value in (None, ()):
            continue
        value = list(value) if isinstance(value, tuple) else value
        if option.parameter:
            settings[option.parameter] = value
        else:
            settings.setdefault(step, {})[option.setting] = value
    return settings


def _step_options(submitted_only: bool) -> list[tuple[click.Option, tuple[str, Any]]]:
    from slipway.contracts.steps import steps_in_order

    return [
        (_click_option(number, option), (name, option))
        for name, step in steps_in_order()
        for number, option in ((f"{name}_{option.parameter or option.setting}", option) for option in step.options)
        if option.submitted or not submitted_only
    ]


def _click_option(name: str, option: Any) -> click.Option:
    kind: Mapping[str, Any] = {"metavar": option.metavar} if option.metavar else {}
    if option.choices:
        kind = {"type": click.Choice(list(option.choices))}
    elif option.least is not None:
        kind = {"type": click.IntRange(option.least)}
    declarations = [option.flag, f"{_PREFIX}{name}"]
    return click.Option(declarations, help=option.help, multiple=option.repeatable, **kind)

"""The settings of the step as those of the checks."""

import dataclasses

from slipway.checks.check import Check, make_checks
from slipway.steps.validate.config import ValidateConfig


def checks_of(config: ValidateConfig) -> dict[str, Check]:
    """Return every check with its settings, by name: fields of the config with the same name, then ``checks``.

    Raises:
        InputError: ``checks`` names a check or a setting that there is not, or a value of another type.
    """
    settings = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    return make_checks(settings, config.checks)

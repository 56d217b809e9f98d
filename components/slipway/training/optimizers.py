"""Optimizers and learning-rate schedules of tf_keras, by name."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

import tf_keras

from slipway.contracts.errors import InputError
from slipway.contracts.hints import closest_hint
from slipway.training.jobs import LoopOptions

_WHOLE_TRAINING = ("decay_steps", "first_decay_steps")


def create_optimizer(options: LoopOptions, learning_rate: float, total_steps: int) -> tf_keras.optimizers.Optimizer:
    """Return the optimizer that ``options`` name.

    Args:
        options: optimizer, schedule and the settings of both.
        learning_rate: of the optimizer, or where its schedule begins; above 0.
        total_steps: how long a schedule's decay lasts when its settings do not say.

    Raises:
        InputError: tf_keras has no such optimizer or schedule, or refuses a setting.
    """
    rate = create_schedule(options, learning_rate, total_steps) if options.schedule else learning_rate
    found = {name.lower(): kind for name, kind in _classes(tf_keras.optimizers, tf_keras.optimizers.Optimizer).items()}
    return _call(found, options.optimizer.lower(), "optimizer", {"learning_rate": rate, **options.optimizer_settings})


def create_schedule(
    options: LoopOptions, learning_rate: float, total_steps: int
) -> tf_keras.optimizers.schedules.LearningRateSchedule:
    """Return the schedule that ``options`` name; see ``create_optimizer``."""
    schedules = tf_keras.optimizers.schedules
    found = {_snake(name): kind for name, kind in _classes(schedules, schedules.LearningRateSchedule).items()}
    known = {"initial_learning_rate": learning_rate, **dict.fromkeys(_WHOLE_TRAINING, total_steps)}
    parameters = inspect.signature(found[options.schedule]).parameters if options.schedule in found else {}
    given = {name: value for name, value in known.items() if name in parameters}
    return _call(found, options.schedule, "schedule", given | dict(options.schedule_settings))


def _classes(module: Any, parent: type) -> dict[str, type]:
    """Return the subclasses of ``parent`` that a module of tf_keras shows, by name."""
    members = inspect.getmembers(module, inspect.isclass)
    return {name: kind for name, kind in members if issubclass(kind, parent) and kind is not parent}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _call(found: Mapping[str, type], name: str, what: str, settings: Mapping[str, Any]) -> Any:
    if name not in found:
        raise InputError(f"tf_keras has no {what} {name!r}{closest_hint(name, found)}")
    try:
        return found[name](**settings)
    except (TypeError, ValueError) as error:
        raise InputError(f"the {what} {name!r} refuses {dict(settings)}: {error}") from error

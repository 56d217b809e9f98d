"""Unknown names and values out of bounds are refused before anything runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest

from slipway.cli.main import app
from slipway.contracts.errors import InputError
from slipway.contracts.registry import step_names
from slipway.runs.arguments import pipeline_arguments
from slipway.runs.catalogue import compiled_pipeline, pipeline_names
from slipway.runs.settings import Setting, settings_of
from slipway.runs.signatures import step_signature

GIVEN = {"data_uri": "customers.csv", "label": "churned", "destination": "models", "model_uri": "models/customers/1"}
FLAT = [(step, item) for step in step_names() for item in settings_of(step) if item.bounds]


def _pipelines() -> Mapping[str, Any]:
    return {name: compiled_pipeline(name) for name in pipeline_names()}


@pytest.fixture(scope="module")
def pipelines() -> Mapping[str, Any]:
    """The reference pipelines, compiled."""
    return _pipelines()


@pytest.mark.parametrize(("of_step", "setting"), [pytest.param(s, i, id=f"{s}.{i.name}") for s, i in FLAT])
def test_a_value_out_of_bounds_is_refused_by_the_arguments_of_a_run(
    of_step: str, setting: Setting, pipelines: Mapping[str, Any]
):
    assert setting.bounds is not None
    value: Any = setting.bounds.low - 1
    value = [int(value)] if setting.type.startswith("list") else int(value)
    value = {"column": value} if setting.type.startswith("mapping") else value
    *path, last = [part.replace("*", "column") for part in setting.name.split(".")]
    nested: dict[str, Any] = {last: value}
    if last in ("low", "high"):
        nested = {"low": value, "high": value}
    for part in reversed(path):
        nested = {part: nested}
    tried = 0
    for ir in pipelines.values():
        known = ir["root"]["inputDefinitions"]["parameters"]
        given = {name: item for name, item in GIVEN.items() if name in known}
        if _is_argument(of_step, setting.name) and setting.name in known:
            settings = {**given, **nested}
        elif f"{of_step}_config" in known:
            settings = {**given, of_step: nested}
        else:
            continue
        with pytest.raises(InputError, match=rf"^{of_step}: .*{last if '.' not in setting.name else ''}"):
            pipeline_arguments(ir, settings)
        tried += 1
    if not tried:
        pytest.skip(f"no reference pipeline has {of_step}; the tests of its config refuse the value")


def test_what_does_not_fit_together_is_refused_before_a_run(pipelines: Mapping[str, Any]):
    with pytest.raises(InputError, match=r"^ingest: the label 'churned' is in exclude_columns"):
        pipeline_arguments(
            pipelines["continuous_training"], {**_training(), "ingest": {"exclude_columns": ["churned"]}}
        )
    with pytest.raises(InputError, match=r"^train_distributed: strategy 'mirrored' has one worker"):
        pipeline_arguments(pipelines["continuous_training"], {**_training(), "strategy": "mirrored", "workers": 2})


def test_an_argument_among_the_settings_is_refused_before_a_run(pipelines: Mapping[str, Any]):
    with pytest.raises(InputError, match="tune.trials is an argument of the step"):
        pipeline_arguments(pipelines["continuous_training"], {**_training(), "tune": {"trials": 3}})


def test_what_every_reference_pipeline_sets_itself_is_accepted(pipelines: Mapping[str, Any]):
    for ir in pipelines.values():
        known = ir["root"]["inputDefinitions"]["parameters"]
        given = {name: item for name, item in GIVEN.items() if name in known}
        assert pipeline_arguments(ir, given) == given


def test_a_constant_of_a_users_pipeline_is_checked_too(tmp_path: Path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from kfp import dsl\n\nfrom slipway.components import ingest\n\n\n"
        '@dsl.pipeline(name="mine")\ndef mine(data_uri: str):\n'
        '    """Read."""\n    ingest(data_uri=data_uri, config={"max_rows": 0})\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="^ingest: max_rows must be at least 1, got 0"):
        pipeline_arguments(compiled_pipeline(str(file)), {"data_uri": "rows.csv"})


def test_the_help_of_a_step_names_every_setting_that_is_no_argument(step: str):
    group = app.get_command(click.Context(app), "step")
    assert isinstance(group, click.Group)
    command = group.get_command(click.Context(group), step.replace("_", "-"))
    assert command is not None
    assert command.help is not None
    missing = [
        item.name
        for item in settings_of(step)
        if not _is_argument(step, item.name) and f"\n  {item.name} ({item.type}" not in command.help
    ]
    assert missing == []


def _is_argument(step: str, name: str) -> bool:
    return name in {port.name for port in step_signature(step).inputs}


def _training() -> dict[str, Any]:
    return {name: GIVEN[name] for name in ("data_uri", "label", "destination")}

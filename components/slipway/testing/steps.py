"""What every step keeps: see ``slipway.contracts.steps``. Runs in the launcher's environment, which has no library."""

from pathlib import Path

from slipway.contracts.steps import Purpose, Step, resolve
from slipway.runs.settings import config_class, settings_of
from slipway.runs.signatures import step_signature


def check_every_setting_is_explained(name: str, step: Step) -> None:
    """Look at the config's docstring."""
    assert all(setting.meaning for setting in settings_of(name))


def check_every_input_and_output_is_explained(name: str, step: Step) -> None:
    """Look at the shell's docstring."""
    signature = step_signature(name)
    assert signature.purpose.endswith("."), name
    assert signature.role is step.role


def check_what_it_names_can_be_imported(name: str, step: Step) -> None:
    """Look at the references of the descriptor."""
    for reference in filter(None, (step.account, step.sections, step.figures, step.inspections)):
        assert callable(resolve(reference)), reference


def check_says_nothing_of_anothers_artifacts(name: str, step: Step) -> None:
    """Look at the account of artifacts that no step has."""
    assert not step.account or resolve(step.account)({"another_artifact": Path("nowhere")}) is None


def check_options_set_what_there_is(name: str, step: Step) -> None:
    """Look at the options of the command line."""
    parameters = {port.name for port in step_signature(name).inputs if not port.artifact}
    settings = {setting.name for setting in settings_of(name)}
    for option in step.options:
        assert bool(option.parameter) != bool(option.setting), option.flag
        assert {option.parameter} - {""} <= parameters, option.flag
        assert {option.setting} - {""} <= settings, option.flag


def check_opens_addresses_when_it_has_some(name: str, step: Step) -> None:
    """Look at what decides whether it gets a store's credentials on a cluster."""
    addresses = [purpose for purpose in step.purposes.values() if purpose is not Purpose.MODEL_NAME]
    assert step.opens_addresses == bool(addresses)


def check_the_config_is_frozen(name: str, step: Step) -> None:
    """Look whether a config can be changed after it was checked."""
    parameters = getattr(config_class(name), "__dataclass_params__", None)
    assert parameters is not None, name
    assert parameters.frozen, name

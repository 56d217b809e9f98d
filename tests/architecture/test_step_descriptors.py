"""What a step says of itself in step.py is true of its shell, its config and its modules; nothing is run for it."""

import ast
import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.contracts.roles import image_name
from slipway.contracts.steps import STEPS, Purpose, Step, resolve, steps_in_order
from slipway.runs.signatures import Signature, step_signature


@pytest.fixture
def entry(step: str) -> Step:
    return STEPS.get(step)


@pytest.fixture
def signature(step: str) -> Signature:
    return step_signature(step)


def test_every_step_describes_itself(step: str):
    assert step in STEPS.names()


def test_the_role_is_that_of_the_shells_image(package: Path, step: str, entry: Step):
    """WHY: kfp reads the image in the shell, where it must be written; everything else reads the descriptor."""
    tree = ast.parse((package / "steps" / step / "component.py").read_text(encoding="utf-8"))
    images = [
        ast.unparse(keyword.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "base_image"
    ]
    assert images == [f"roles.{entry.role.name}"]
    assert image_name(entry.role).startswith(f"slipway/{entry.role.value}:")


def test_an_option_sets_a_parameter_of_the_shell_or_a_field_of_the_config(step: str, entry: Step, signature: Signature):
    config = importlib.import_module(f"slipway.steps.{step}.config")
    (fields,) = [vars(config)[name].__dataclass_fields__ for name in vars(config) if _is_config(name, step)]
    parameters = {port.name for port in signature.inputs if not port.artifact}
    for option in entry.options:
        assert bool(option.parameter) != bool(option.setting), option.flag
        assert not option.parameter or option.parameter in parameters
        assert not option.setting or option.setting in fields
        assert option.flag.startswith("--")
        assert option.help.endswith(".")


def test_a_purpose_is_that_of_a_text_parameter_of_the_shell(entry: Step, signature: Signature):
    texts = {port.name for port in signature.inputs if port.type == "str"}
    assert set(entry.purposes) <= texts


def test_a_step_with_an_address_to_read_or_to_write_opens_addresses(entry: Step):
    """WHY: on a cluster only such a step is given the store's credentials and a way to it."""
    addresses = [purpose for purpose in entry.purposes.values() if purpose is not Purpose.MODEL_NAME]
    assert entry.opens_addresses == bool(addresses)


def test_what_it_names_is_there(entry: Step):
    for reference in filter(None, (entry.account, entry.sections, entry.figures, entry.inspections)):
        assert callable(resolve(reference))
    for module in entry.preload:
        if module.startswith("slipway."):
            assert importlib.util.find_spec(module) is not None, module


def test_a_step_that_judges_reads_its_verdict_back(entry: Step, signature: Signature):
    assert not signature.gives_verdict or entry.account


def test_a_warm_process_prepares_the_core_of_every_step(step: str, entry: Step):
    assert f"slipway.steps.{step}.core" in entry.preload


def test_every_step_has_a_place_of_its_own_in_reports():
    positions = [step.position for _, step in steps_in_order()]
    assert len(positions) == len(set(positions))


def test_reading_every_descriptor_imports_nothing_but_descriptors_and_the_standard_library():
    """WHY: the command line reads them before it prints a help text."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "from slipway.contracts.steps import STEPS; list(STEPS.items())\n"
        "names = {name for name in set(sys.modules) - before if name.split('.')[0] not in sys.stdlib_module_names}\n"
        "print(sorted(n for n in names if not n.startswith(('slipway.contracts.', 'slipway.steps.'))\n"
        "             or n.rpartition('.')[2] in ('core', 'component')))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['slipway', 'slipway.contracts', 'slipway.steps']"


def _is_config(name: str, step: str) -> bool:
    return name == "".join(part.capitalize() for part in step.split("_")) + "Config"

"""The launcher reads signatures from source, since importing kfp is slow; kfp must see the same component."""

from slipway.launcher.catalogue import step_component
from slipway.launcher.signatures import step_signature

KFP_TYPES = {"str": "String", "int": "Integer", "float": "Float", "bool": "Boolean", "dict": "Dict", "list": "List"}


def test_what_the_launcher_reads_is_what_kfp_compiles(step: str):
    spec, signature = step_component(step).component_spec, step_signature(step)
    inputs = {name: (_plain(item.type), item.optional, item.default) for name, item in spec.inputs.items()}
    outputs = {name: _plain(item.type) for name, item in spec.outputs.items()}
    assert {p.name: (_kfp(p.type), not p.required, p.default) for p in signature.inputs} == inputs
    assert {p.name: _kfp(p.type) for p in signature.outputs} == outputs


def _plain(kfp_type: str) -> str:
    return kfp_type.removeprefix("system.").split("@")[0]


def _kfp(python_type: str) -> str:
    return KFP_TYPES.get(python_type, python_type)

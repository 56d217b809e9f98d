"""What a step takes and gives, read from the source of its shell: the SDK imports too slowly for a help text."""

import ast
from dataclasses import dataclass
from typing import Any

from slipway.contracts.errors import InputError
from slipway.contracts.registry import step_names
from slipway.contracts.roles import Role
from slipway.contracts.steps import STEPS
from slipway.runs.catalogue import PACKAGE, pipeline_names, pipelines_folder

RETURNED = "Output"
"""The name that Kubeflow Pipelines gives to a component's return value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One input or output.

    Attributes:
        type: the artifact's class, such as ``Dataset``, or the parameter's Python type, such as ``str``.
        artifact: whether it is a file or folder; otherwise it is a value.
        required: whether the caller must give it; False for every output.
    """

    name: str
    type: str
    artifact: bool
    required: bool
    default: Any
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A step as its caller sees it; ``purpose`` is the first line of ``description``."""

    step: str
    role: Role
    description: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    @property
    def purpose(self) -> str:
        """Return what the step does, in a line."""
        return self.description.split("\n\n")[0].replace("\n", " ")

    @property
    def gives_verdict(self) -> bool:
        """Whether a pipeline can gate on its return value."""
        return any(port.name == RETURNED and port.type == "bool" for port in self.outputs)


def step_signature(step: str) -> Signature:
    """Return the signature of a step.

    Raises:
        InputError: no such step, or its docstring leaves something unexplained.
    """
    import docstring_parser

    if step not in step_names():
        raise InputError(f"no step {step!r}; there are {', '.join(step_names())}")
    function = _function(step)
    parsed = docstring_parser.parse(ast.get_docstring(function) or "", docstring_parser.DocstringStyle.GOOGLE)
    meanings = {item.arg_name: " ".join((item.description or "").split()) for item in parsed.params}
    arguments = function.args.args
    padding: list[ast.expr | None] = [None] * (len(arguments) - len(function.args.defaults))
    ports = [
        _port(argument, default, meanings.get(argument.arg, ""))
        for argument, default in zip(arguments, padding + list(function.args.defaults), strict=True)
    ]
    outputs = [port for wrapper, port in ports if wrapper == "Output"]
    if function.returns is not None:
        meaning = " ".join((parsed.returns.description or "").split()) if parsed.returns else ""
        kind = ast.unparse(function.returns)
        outputs.append(
            Port(name=RETURNED, type=kind, artifact=False, required=False, default=None, description=meaning)
        )
    signature = Signature(
        step=step,
        role=STEPS.get(step).role,
        description="\n\n".join(text for text in (parsed.short_description, parsed.long_description) if text),
        inputs=tuple(port for wrapper, port in ports if wrapper != "Output"),
        outputs=tuple(outputs),
    )
    unexplained = [port.name for port in (*signature.inputs, *signature.outputs) if not port.description]
    if unexplained:
        raise InputError(f"the docstring of {step} should explain {', '.join(unexplained)}")
    return signature


def roles_of_reference(pipeline: str) -> tuple[Role, ...]:
    """Return the roles of a reference pipeline's steps, known before it is compiled; none for another pipeline."""
    name = pipeline.replace("-", "_")
    if name not in pipeline_names():
        return ()
    tree = ast.parse((pipelines_folder() / f"{name}.py").read_text(encoding="utf-8"))
    facades = (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "slipway.components")
    return tuple(sorted({STEPS.get(alias.name).role for node in facades for alias in node.names}))


def _function(step: str) -> ast.FunctionDef:
    tree = ast.parse((PACKAGE / "steps" / step / "component.py").read_text(encoding="utf-8"))
    return next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == step)


def _port(argument: ast.arg, default: ast.expr | None, description: str) -> tuple[str, Port]:
    """Return ``Input``, ``Output`` or, for a parameter, an empty text; and the port."""
    annotation = argument.annotation
    wrapper, kind = "", ast.unparse(annotation) if annotation else ""
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) in {"dsl.Input", "dsl.Output"}:
        wrapper, kind = ast.unparse(annotation.value).removeprefix("dsl."), ast.unparse(annotation.slice)
    port = Port(
        name=argument.arg,
        type=kind.removeprefix("dsl."),
        artifact=bool(wrapper),
        required=default is None and wrapper != "Output",
        default=None if default is None else ast.literal_eval(default),
        description=description,
    )
    return wrapper, port

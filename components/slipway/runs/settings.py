"""What can be set for a step, read from its config: the dataclass's fields, their types, and its docstring."""

import dataclasses
import importlib
import json
import math
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from slipway.contracts.documents import to_plain
from slipway.contracts.errors import InputError

_NUMBER = r"-?\d[\d_]*(?:\.\d+)?(?:e-?\d+)?|inf"
_PHRASES = re.compile(
    rf"\bin (?P<open>[\[(])(?P<low>{_NUMBER}), (?P<high>{_NUMBER})(?P<close>[\])])"
    rf"|\bat least (?P<least>{_NUMBER})|\babove (?P<above>{_NUMBER})"
)
_SIMPLE = (bool, int, float, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The numbers a setting may be.

    Attributes:
        low: the smallest, or the one that all are above.
        high: the largest, or the one that all are below; infinite for no such bound.
        with_low: whether ``low`` itself is accepted.
        with_high: whether ``high`` itself is accepted.
    """

    low: float
    high: float = math.inf
    with_low: bool = True
    with_high: bool = False

    def __str__(self) -> str:
        """Return the bounds in the words of the docstrings."""
        if math.isinf(self.high):
            return f"{'at least' if self.with_low else 'above'} {self.low:.15g}"
        return f"in {'[' if self.with_low else '('}{self.low:.15g}, {self.high:.15g}{']' if self.with_high else ')'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting of a step.

    Attributes:
        name: the field; of a nested one with dots, such as ``space.layers.low``, where ``*`` stands for any key.
        type: in the words of a README, such as ``list of str``.
        required: whether it has no default.
        default: what it is when it is not given, as JSON has it.
        bounds: of its number, or of every number in it; None where there are none.
        meaning: the docstring's text.
    """

    name: str
    type: str
    required: bool
    default: Any
    bounds: Bounds | None
    meaning: str

    @property
    def default_text(self) -> str:
        """The default as a README shows it; empty for a mapping of settings that are listed by themselves."""
        if self.required:
            return "required"
        return "" if self.type == "mapping" else f"`{json.dumps(self.default, ensure_ascii=False)}`"


def stand_in(setting: Setting) -> Any:
    """Return a value that a setting accepts, for one that is not known yet: a text that names it, or a number."""
    if "int" not in setting.type and "float" not in setting.type:
        return False if setting.type == "bool" else f"<{setting.name}>"
    bounds = setting.bounds or Bounds(low=0)
    if math.isinf(bounds.high):
        return bounds.low if bounds.with_low else bounds.low + 1
    return bounds.high if bounds.with_high else (bounds.low + bounds.high) / 2


def config_class(step: str) -> type[Any]:
    """Return the dataclass of a step's settings: ``<Step>Config`` in its ``config`` module."""
    module = importlib.import_module(f"slipway.steps.{step}.config")
    kind: type[Any] = getattr(module, "".join(part.capitalize() for part in step.split("_")) + "Config")
    return kind


def settings_of(step: str) -> tuple[Setting, ...]:
    """Return every setting of a step, in the order of its config; nested ones follow what holds them.

    Raises:
        InputError: a field that the docstring does not explain.
    """
    return tuple(_settings(config_class(step)))


def parse_bounds(text: str) -> Bounds | None:
    """Return what the first phrase of the form ``in [0, 1)``, ``at least 1`` or ``above 0`` says; None without one."""
    found = _PHRASES.search(text)
    if found is None:
        return None
    if found["least"]:
        return Bounds(low=float(found["least"]))
    if found["above"]:
        return Bounds(low=float(found["above"]), with_low=False)
    high = float(found["high"])
    closed = found["close"] == "]" and not math.isinf(high)
    return Bounds(low=float(found["low"]), high=high, with_low=found["open"] == "[", with_high=closed)


def _settings(
    kind: type[Any], prefix: str = "", inherited: Bounds | None = None, held: Any = None
) -> Iterator[Setting]:
    """The fields of a config; ``held`` is the instance that what holds it has by default."""
    hints, meanings = typing.get_type_hints(kind), _meanings(kind)
    for field in dataclasses.fields(kind):
        hint, meaning = hints[field.name], meanings.get(field.name, "")
        if not meaning:
            raise InputError(f"the docstring of {kind.__name__} should explain {field.name}")
        nested, key = _nested(hint)
        bounds = (parse_bounds(meaning) or inherited) if _has_number(hint) or nested else None
        default = getattr(held, field.name, _default(field))
        yield Setting(
            name=f"{prefix}{field.name}",
            type="mapping" if nested and not key and typing.get_origin(hint) is not tuple else describe_type(hint),
            required=default is dataclasses.MISSING,
            default=None if default is dataclasses.MISSING else to_plain(default),
            bounds=None if nested else bounds,
            meaning=meaning,
        )
        if nested:
            yield from _settings(nested, f"{prefix}{field.name}.{key}", bounds, None if key else default)


def describe_type(hint: Any) -> str:
    """Return a type in the words of a README."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        words = [describe_type(argument) for argument in arguments if argument is not type(None)]
        return " or ".join(words + ["null"] * (type(None) in arguments))
    if origin is Literal:
        return " or ".join(f'"{argument}"' for argument in arguments)
    if origin is tuple:
        return f"list of {_grouped(arguments[0])}"
    if origin is dict:
        return f"mapping of {describe_type(arguments[0])} to {_grouped(arguments[1])}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return " or ".join(f'"{member.value}"' for member in hint)
    if dataclasses.is_dataclass(hint):
        return "mapping"
    return hint.__name__ if hint in _SIMPLE else "anything"


def _grouped(hint: Any) -> str:
    words = describe_type(hint)
    return f"({words})" if " or " in words else words


def _meanings(kind: type[Any]) -> dict[str, str]:
    import docstring_parser

    parsed = docstring_parser.parse(kind.__doc__ or "", docstring_parser.DocstringStyle.GOOGLE)
    texts = {item.arg_name: " ".join((item.description or "").split()) for item in parsed.params}
    return {name: re.sub(r"\bNone\b", "null", text.replace("``", "`")) for name, text in texts.items()}


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _nested(hint: Any) -> tuple[type[Any] | None, str]:
    """The dataclass that a field holds, and ``*.`` where it holds one for each key."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return hint, ""
    for argument in typing.get_args(hint):
        found, key = _nested(argument)
        if found:
            return found, "*." if typing.get_origin(hint) is dict else key
    return None, ""


def _has_number(hint: Any) -> bool:
    arguments = typing.get_args(hint)
    return hint in (int, float) or any(_has_number(argument) for argument in arguments if argument is not Ellipsis)

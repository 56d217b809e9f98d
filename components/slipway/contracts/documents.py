"""Frozen dataclasses to JSON documents and back, strictly.

One parser serves user configuration and files between steps: an unknown key, a wrong type or a missing value is an
``InputError`` that names the key, the value and what would be right.
"""

import dataclasses
import functools
import json
import os
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, Union, cast

from slipway.contracts.errors import InputError
from slipway.contracts.hints import closest_hint

T = TypeVar("T")
_hints = cast(Callable[[type[Any]], dict[str, Any]], functools.cache(typing.get_type_hints))


def parse(kind: type[T], values: Mapping[str, Any], **overrides: Any) -> T:
    """An instance of the dataclass ``kind`` made from ``values``.

    Args:
        kind: a dataclass whose fields are bool, int, float, str, Enum, Literal, Optional, tuple, dict or dataclasses.
        values: as JSON gives them; an integral float is accepted for an int (Kubeflow Pipelines sends numbers inside
            a dict as floats).
        overrides: typed arguments that are not part of ``values``; naming one there too is an error.

    Raises:
        InputError: an unknown or doubled key, a value of another type, or one that ``kind`` itself refuses.
    """
    doubled = sorted(set(values) & set(overrides))
    if doubled:
        raise InputError(f"{', '.join(doubled)}: an argument of its own, not a key of {kind.__name__}")
    return cast(T, _dataclass(kind, {**values, **overrides}, kind.__name__))


def check(kind: type[Any], values: Mapping[str, Any], where: str) -> None:
    """Refuse a key that ``kind`` does not have or a value of another type; fields may be left out.

    Raises:
        InputError: what is wrong, named after ``where``.
    """
    _known(kind, values, where or kind.__name__)
    hints = _hints(kind)
    for name, value in values.items():
        _value(hints[name], value, f"{where}.{name}" if where else name)


def read_document(kind: type[T], path: Path) -> T:
    """The ``kind`` stored at ``path``.

    Raises:
        InputError: the file is missing, is no JSON, or does not hold a ``kind``.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} is missing; it should hold a {kind.__name__}") from None
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    return parse(kind, values)


def write_document(value: Any, path: Path) -> None:
    """Store a dataclass as indented JSON with a stable key order; the file appears whole or not at all."""
    text = json.dumps(to_plain(value), indent=2, ensure_ascii=False, allow_nan=False)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)


def to_plain(value: Any) -> Any:
    """``value`` as dicts, lists, strings and numbers; a NaN or infinity becomes None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def _dataclass(kind: type[Any], values: Any, where: str) -> Any:
    if not isinstance(values, Mapping):
        raise InputError(f"{where} should be a mapping, got {values!r}")
    fields = _known(kind, values, where)
    hints = _hints(kind)
    required = [
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    missing = [name for name in required if name not in values]
    if missing:
        raise InputError(f"{where} needs {', '.join(missing)}")
    return kind(**{name: _value(hints[name], item, f"{where}.{name}") for name, item in values.items()})


def _known(kind: type[Any], values: Mapping[str, Any], where: str) -> "dict[str, dataclasses.Field[Any]]":
    """The fields of ``kind`` by name, once every key of ``values`` is known to be one."""
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}
    for name in values:
        if name not in fields:
            raise InputError(f"{where} has no {name!r}{closest_hint(str(name), fields)}")
    return fields


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        return _union(arguments, value, where)
    if origin is typing.Literal:
        if value not in arguments:
            raise InputError(f"{where} should be one of {', '.join(map(repr, arguments))}, got {value!r}")
        return value
    if origin is tuple:
        return _tuple(arguments, value, where)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise InputError(f"{where} should be a mapping, got {value!r}")
        return {_value(arguments[0], k, where): _value(arguments[1], v, f"{where}.{k}") for k, v in value.items()}
    if dataclasses.is_dataclass(hint):
        return value if isinstance(value, cast(type, hint)) else _dataclass(cast(type, hint), value, where)
    return _scalar(hint, value, where)


def _union(arguments: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in arguments:
        return None
    choices = [argument for argument in arguments if argument is not type(None)]
    failures = []
    for choice in choices:
        try:
            return _value(choice, value, where)
        except InputError as error:
            failures.append(str(error))
    raise InputError(failures[0] if len(failures) == 1 else f"{where}: {'; or '.join(failures)}")


def _tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise InputError(f"{where} should be a list, got {value!r}")
    if arguments[1:] == (Ellipsis,):
        return tuple(_value(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if len(arguments) != len(value):
        raise InputError(f"{where} should have {len(arguments)} items, got {value!r}")
    return tuple(
        _value(kind, item, f"{where}[{i}]") for i, (kind, item) in enumerate(zip(arguments, value, strict=True))
    )


def _scalar(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            choices = ", ".join(str(member.value) for member in hint)
            raise InputError(f"{where} should be one of {choices}, got {value!r}") from None
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, hint) and not (hint in (int, float) and isinstance(value, bool)):
        return value
    raise InputError(f"{where} should be {hint.__name__}, got {value!r}")

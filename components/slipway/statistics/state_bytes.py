"""States of accumulators as bytes: one layout for all of them, read without running anything that the bytes say.

Four bytes give the length of a JSON header, which holds the accumulator's name and the fields that are numbers; arrays
and byte strings follow it in the order of their names. Equal states have equal bytes.
"""

import dataclasses
import json
import struct
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from slipway.contracts.errors import InputError

State = TypeVar("State")
_LENGTH = struct.Struct("<I")
_BYTES = "bytes"


def pack_state(accumulator: object, state: Any) -> bytes:
    """Return a dataclass of numbers, tuples of numbers, byte strings and one-dimensional arrays as bytes.

    Args:
        accumulator: whose state it is; its ``repr`` names it and its parameters.
        state: fields that are None are kept as None.
    """
    fields = {field.name: getattr(state, field.name) for field in dataclasses.fields(state)}
    return pack_fields(accumulator, fields)


def unpack_state(accumulator: object, kind: type[State], content: bytes) -> State:
    """Return the state that ``pack_state`` wrote.

    Raises:
        InputError: the bytes are no state of this accumulator.
    """
    return kind(**unpack_fields(accumulator, content))


def pack_fields(accumulator: object, fields: Mapping[str, Any]) -> bytes:
    """Return fields by name as bytes."""
    plain: dict[str, Any] = {}
    blobs: dict[str, tuple[str, int]] = {}
    content = b""
    for name in sorted(fields):
        value = fields[name]
        if isinstance(value, np.ndarray):
            blobs[name] = (value.dtype.str, value.nbytes)
            content += value.tobytes()
        elif isinstance(value, bytes):
            blobs[name] = (_BYTES, len(value))
            content += value
        else:
            plain[name] = value
    header = json.dumps({"of": repr(accumulator), "plain": plain, "blobs": blobs}, sort_keys=True).encode()
    return _LENGTH.pack(len(header)) + header + content


def unpack_fields(accumulator: object, content: bytes) -> dict[str, Any]:
    """Return the fields that ``pack_fields`` wrote.

    Raises:
        InputError: the bytes are no state of this accumulator.
    """
    try:
        (length,) = _LENGTH.unpack_from(content)
        start = _LENGTH.size + length
        header = json.loads(content[_LENGTH.size : start])
        of, fields, blobs = header["of"], dict(header["plain"]), dict(header["blobs"])
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{len(content)} bytes are no state of {accumulator!r}: {error}") from error
    if of != repr(accumulator):
        raise InputError(f"the state is one of {of}; it should be one of {accumulator!r}")
    if len(content) != start + sum(size for _, size in blobs.values()):
        raise InputError(f"the state of {accumulator!r} is cut off: {len(content)} bytes")
    for name, (kind, size) in blobs.items():
        part = content[start : start + size]
        fields[name] = part if kind == _BYTES else np.frombuffer(part, np.dtype(kind)).copy()
        start += size
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}

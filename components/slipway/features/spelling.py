"""How a raw value is written as the name of a category.

One value has one name, whatever type it is stored as: 1, 1.0 and the decimal 1.00 are all ``1``.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slipway.features.arrow_buffers import (
    array_of,
    doubles_of_halves,
    flags_of,
    missing_in,
    offsets_of,
    strings_of,
    values_of,
    without,
)

_EXACT_INTEGERS = 2.0**53
_DIGITS_OF_A_UNIT = {"s": 0, "ms": 3, "us": 6, "ns": 9}


def spell(values: pa.Array) -> pa.Array:
    """Return values as strings, null when missing: null, NaN, and the empty string.

    Integers, and floating-point numbers without a fraction and below 2**53, are written as whole numbers; other
    floating-point numbers as the shortest text that reads back as the same double, infinities as ``inf`` and ``-inf``;
    decimals exactly and without trailing zeros; booleans as ``true`` and ``false``; dates, times and timestamps as ISO
    8601 without trailing zeros of a fraction, those with a zone in UTC with ``Z``; durations as seconds. Text is kept.

    Raises:
        pa.ArrowInvalid: bytes are not UTF-8.
        pa.ArrowNotImplementedError: the values are lists, structs or maps.
    """
    kind = values.type
    if pa.types.is_float16(kind):
        return _spell_doubles(doubles_of_halves(values))
    if pa.types.is_floating(kind):
        return _spell_doubles(pc.cast(values, pa.float64()))
    if pa.types.is_decimal(kind):
        return _spell_scaled(values, kind.bit_width // 8, kind.scale)
    if pa.types.is_duration(kind):
        return _spell_scaled(values, 8, _DIGITS_OF_A_UNIT[kind.unit])
    if pa.types.is_timestamp(kind):
        # Without its zone it is written in UTC, and no database of zones is needed.
        text = _without_trailing_zeros(pc.cast(values.view(pa.timestamp(kind.unit)), pa.string()))
        return text if kind.tz is None else pc.replace_substring_regex(text, "$", "Z")
    if pa.types.is_time(kind):
        return _without_trailing_zeros(pc.cast(values, pa.string()))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        # A file may hold any bytes as text; only the cast from bytes looks at them.
        values = pc.cast(values, pa.binary() if pa.types.is_string(kind) else pa.large_binary())
    text = pc.cast(values, pa.string())
    empty = np.diff(offsets_of(text)) == 0
    return without(text, flags_of(empty)) if empty.any() else text


def _spell_doubles(values: pa.Array) -> pa.Array:
    # In NumPy: a Python number as an argument of a function of pyarrow 10 imports pandas.
    doubles = values_of(values)
    with np.errstate(invalid="ignore"):
        whole = (np.floor(doubles) == doubles) & (np.abs(doubles) < _EXACT_INTEGERS)
    integers = array_of(np.where(whole, doubles, 0).astype(np.int64))
    text = pc.if_else(flags_of(whole), pc.cast(integers, pa.string()), pc.cast(values, pa.string()))
    return without(text, pc.or_kleene(pc.is_null(values), flags_of(np.isnan(doubles))))


def _spell_scaled(values: pa.Array, width: int, scale: int) -> pa.Array:
    """Write integers of ``width`` bytes, each ``10**scale`` times its value; Arrow 10 cannot write decimals."""
    start = values.offset * width
    content = values.buffers()[1].to_pybytes()[start : start + len(values) * width] if len(values) else b""
    missing = missing_in(values) if len(values) else np.zeros(0, np.bool_)
    return strings_of(
        [
            None if gone else _spell_decimal(int.from_bytes(content[at : at + width], "little", signed=True), scale)
            for at, gone in zip(range(0, len(content), width), missing, strict=True)
        ]
    )


def _spell_decimal(units: int, scale: int) -> str:
    text = format(Decimal((int(units < 0), tuple(map(int, str(abs(units)))), -scale)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _without_trailing_zeros(text: pa.Array) -> pa.Array:
    text = pc.replace_substring_regex(text, r"\.0+$", "")
    return pc.replace_substring_regex(text, r"(\.\d*[1-9])0+$", r"\1")

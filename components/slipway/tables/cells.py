"""Text to typed columns: what a missing value is, which types a text fits, and the conversion."""

from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from slipway.contracts.tables import ColumnType

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "bool": pa.bool_(),
    "int64": pa.int64(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us"),
    "string": pa.string(),
}
"""What each type is stored as. None of them is younger than the oldest Arrow that reads the tables."""

NARROWEST_FIRST: tuple[ColumnType, ...] = ("bool", "int64", "double", "timestamp", "string")
ALL_TYPES = frozenset(NARROWEST_FIRST)
_FIRST_VALUES = 256
_BOOLEANS = pa.array(["true", "false"])
_TIMESTAMPS = (
    pa.timestamp("us"),
    pa.timestamp("us", "UTC"),  # cast to UTC and stored without its zone
    pa.timestamp("ns"),
    pa.timestamp("ns", "UTC"),
)


def clean(text: pa.Array, null_values: pa.Array) -> pa.Array:
    """Return ``text`` without white space around it, and null where what remains stands for a missing value."""
    trimmed = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.is_in(trimmed, value_set=null_values), pa.scalar(None, trimmed.type), trimmed)


def cleaned(column: pa.Array, null_values: pa.Array) -> pa.Array:
    """Clean a column of text or a dictionary of text; a dictionary holds each value once and no null afterwards."""
    if not pa.types.is_dictionary(column.type):
        return clean(column, null_values)
    values = clean(column.dictionary, null_values)
    if not values.null_count and values.equals(column.dictionary):
        return column
    merged = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(merged.indices.take(column.indices), merged.dictionary)


def fitting_types(text: pa.Array, types: frozenset[ColumnType], formats: Sequence[str]) -> frozenset[ColumnType]:
    """Return those of ``types`` that every value of the cleaned ``text`` fits; ``string`` always does.

    Args:
        text: cleaned, so that nulls are nulls; they fit any type.
        types: what earlier parts of the column fit.
        formats: strptime patterns that are tried after ISO 8601.
    """
    if types == {"string"} or text.null_count == len(text):
        return types
    found: set[ColumnType] = {"string"}
    if "int64" in types and _succeeds(_quickly_refused_cast, text, pa.int64()):
        found |= {"int64", "double"}
    elif "double" in types and _succeeds(_quickly_refused_cast, text, pa.float64()):
        found.add("double")
    elif "bool" in types and pc.all(pc.is_in(pc.utf8_lower(text), value_set=_BOOLEANS).filter(text.is_valid())).as_py():
        found.add("bool")
    elif "timestamp" in types and _succeeds(parse_timestamps, text, formats):
        found.add("timestamp")
    return types & found


def narrowest(types: frozenset[ColumnType]) -> ColumnType:
    """Return the type to store; ``string`` for a column without any value, which fits them all."""
    return "string" if types == ALL_TYPES else next(kind for kind in NARROWEST_FIRST if kind in types)


def convert(text: pa.Array, kind: ColumnType, formats: Sequence[str]) -> pa.Array:
    """Convert cleaned ``text`` to ``kind``.

    Raises:
        pa.ArrowInvalid: a value does not fit; the message quotes it.
    """
    if kind == "string":
        return text
    if pa.types.is_dictionary(text.type):
        return convert(text.dictionary, kind, formats).take(text.indices)
    if kind == "timestamp":
        return parse_timestamps(text, formats)
    if kind == "bool":
        lower = pc.utf8_lower(text)
        wrong = text.filter(pc.fill_null(pc.invert(pc.is_in(lower, value_set=_BOOLEANS)), False)).drop_null()
        if len(wrong):
            raise pa.ArrowInvalid(f"'{wrong[0]}' is neither true nor false")
        return pc.equal(lower, "true")
    return without_nan(pc.cast(text, ARROW_TYPES[kind]))


def without_nan(column: pa.Array) -> pa.Array:
    """Return ``column`` with null for NaN: one way to say that a number is missing."""
    if not pa.types.is_floating(column.type):
        return column
    missing = pc.is_nan(column)
    if not pc.any(missing).as_py():
        return column
    return pc.if_else(missing, pa.scalar(None, column.type), column)


def parse_timestamps(text: pa.Array, formats: Sequence[str]) -> pa.Array:
    """Parse ``text`` as timestamp[us]; what has a zone is moved to UTC, digits below the microsecond are cut.

    Raises:
        pa.ArrowInvalid: a value is neither ISO 8601 nor of one of the ``formats``.
    """
    first: pa.ArrowInvalid | None = None
    for kind in _TIMESTAMPS:
        try:
            return to_microseconds(_quickly_refused_cast(text, kind))
        except pa.ArrowInvalid as error:
            first = first or error
    for pattern in formats:
        parsed = pc.strptime(text, format=pattern, unit="us", error_is_null=True)
        if parsed.null_count == text.null_count:
            return to_microseconds(parsed)
    assert first is not None  # the loop over _TIMESTAMPS either returned or failed
    raise first


def to_microseconds(moments: pa.Array) -> pa.Array:
    """Convert dates or timestamps to timestamp[us]: what has a zone to UTC, digits below the microsecond are cut."""
    if not pa.types.is_timestamp(moments.type):
        return pc.cast(moments, pa.timestamp("us"))
    if moments.type.tz is not None:
        moments = pc.cast(moments, pa.timestamp(moments.type.unit, "UTC"))
    return pc.cast(pc.cast(moments, pa.timestamp("us", moments.type.tz), safe=False), pa.timestamp("us"))


def _quickly_refused_cast(text: pa.Array, kind: pa.DataType) -> pa.Array:
    # A cast composes a message for every value that fails, so that failing costs a hundred times what succeeding does.
    first = text[:_FIRST_VALUES]
    pc.cast(first.drop_null()[:1], kind)
    pc.cast(first, kind)
    return pc.cast(text, kind)


def _succeeds(convert: Callable[..., pa.Array], *arguments: object) -> bool:
    try:
        convert(*arguments)
    except pa.ArrowInvalid:
        return False
    return True


def infer_types(
    batches: Iterable[pa.RecordBatch],
    start: dict[str, frozenset[ColumnType]],
    null_values: pa.Array,
    formats: Sequence[str],
) -> dict[str, frozenset[ColumnType]]:
    """Find the types that every value of each column fits.

    Args:
        batches: columns of text or dictionaries of text, not cleaned yet.
        start: what each column may be; others are not looked at.
        null_values: texts that stand for a missing value.
        formats: strptime patterns that are tried after ISO 8601.
    """
    types = dict(start)
    for batch in batches:
        for name, kinds in types.items():
            if kinds != {"string"}:
                column = batch[name]
                text = column.dictionary if pa.types.is_dictionary(column.type) else column
                types[name] = fitting_types(clean(text, null_values), kinds, formats)
    return types

"""What a source of rows is: a kind of files, known by the ends of their names, and how their rows are read.

A source is one module of ``slipway.tables.sources`` with an ``ENTRY``; nothing else lists it. Its module is imported
where a configuration is checked, which may be an environment without Arrow: what needs it is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from slipway.contracts.errors import InputError
from slipway.contracts.plug_points import registry
from slipway.contracts.registry import Registry
from slipway.contracts.tables import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

    from slipway.tables.source_files import SourceFile

Batches: TypeAlias = "Iterator[tuple[SourceFile, pa.RecordBatch]]"
"""Rows, each batch with the file that they come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """How cells become values, whatever the kind of files.

    Attributes:
        null_values: texts that stand for a missing value, after white space around them is gone.
        timestamp_formats: strptime patterns that are tried after ISO 8601.
        column_types: type by column, where the one found in the data is not wanted.
        unused: columns that nobody will read, so that their type does not matter.
    """

    null_values: tuple[str, ...]
    timestamp_formats: tuple[str, ...] = ()
    column_types: Mapping[str, ColumnType]
    unused: frozenset[str] = frozenset()


class WrongGuessError(Exception):
    """A value does not fit the type that a sample of its column had; read again with types found in all rows."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows of known types.

    Attributes:
        types: type by column, in the order of the columns.
        batches: reads the named columns of every file, in order and as ``cells.ARROW_TYPES`` stores them, text also as
            a dictionary of int32; may raise WrongGuessError. It can be called again and again.
    """

    types: dict[str, ColumnType]
    batches: Callable[[Sequence[str]], Batches]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSettings:
    """For a source that cannot be set otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A kind of files.

    Attributes:
        suffixes: ends of the names of its files, in lower case, such as ``.csv``; one belongs to one source.
        read: of files, at least one, ReadingOptions and ``Settings``, yields ways to read them, the fastest first. The
            next is for when rows of the one before raise WrongGuessError, which the last never does. It raises
            DataError for files that cannot be read, or of which not all have the same columns.
        Settings: frozen dataclass of what can be set of this kind alone, with defaults.
    """

    suffixes: tuple[str, ...]
    read: Callable[[Sequence[SourceFile], ReadingOptions, Any], Iterator[Reading]]
    Settings: type[Any] = NoSettings


SOURCES: Registry[Source] = registry("sources")


def source_name(files: Sequence[SourceFile], chosen: str | None) -> str:
    """Return the name of the one source that all files are of.

    Args:
        files: at least one.
        chosen: what the user says; None takes it from the names of the files.

    Raises:
        InputError: a name does not tell it, or the names tell different ones.
    """
    if chosen is not None:
        return chosen
    by_suffix = {suffix: name for name, source in SOURCES.items() for suffix in source.suffixes}
    found: dict[str, str] = {}
    for file in files:
        name = by_suffix.get(file.suffix)
        if name is None:
            raise InputError(
                f"the format of {file.name} cannot be told from its name; end it in one of {', '.join(by_suffix)} "
                "(also .gz or .zst), or set format in the config"
            )
        found.setdefault(name, file.name)
    if len(found) > 1:
        listed = " and ".join(f"{name} ({file})" for name, file in found.items())
        raise InputError(f"the files have different formats, {listed}; one format is read at a time")
    return next(iter(found))

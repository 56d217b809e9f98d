"""What every format offers: rows of stored types in bounded memory, read as often as needed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from slipway.contracts.errors import DataError, InputError
from slipway.contracts.hints import closest_hint
from slipway.steps.ingest.config import ColumnType
from slipway.steps.ingest.sources import SourceFile

Batches = Iterator[tuple[SourceFile, pa.RecordBatch]]


_MOST_ROWS, _FEWEST_ROWS = 65_536, 1_024
_BATCH_BYTES = 32 << 20
_CELL_BYTES = 8


def batch_rows(columns: int) -> int:
    """How many rows of so many columns to read together: what takes about 32 MiB, from 1,024 to 65,536 rows."""
    return max(_FEWEST_ROWS, min(_MOST_ROWS, _BATCH_BYTES // (_CELL_BYTES * max(1, columns))))


class WrongGuessError(Exception):
    """A value does not fit the type that a sample of its column had; read again with types found in all rows."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows of known types.

    Attributes:
        types: type by column, in the order of the columns.
        batches: reads the named columns of every file, in order; may raise WrongGuessError.
    """

    types: dict[str, ColumnType]
    batches: Callable[[Sequence[str]], Batches]


def check_names(names: Sequence[str], source: SourceFile) -> None:
    """Refuse columns that cannot be told apart.

    Raises:
        DataError: a name is doubled or empty.
    """
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise DataError(f"{source.name} has more than one column called {doubled[0]!r}; give each a name of its own")
    if "" in names:
        raise DataError(f"column {names.index('') + 1} of {source.name} has no name; give it one")


def check_same_names(first: Sequence[str], names: Sequence[str], first_source: SourceFile, source: SourceFile) -> None:
    """Refuse files whose columns differ; their order may.

    Raises:
        DataError: naming what one file has and the other lacks.
    """
    if set(first) == set(names):
        return
    more, less = sorted(set(names) - set(first)), sorted(set(first) - set(names))
    difference = " and ".join(
        f"{verb} {', '.join(columns)}" for verb, columns in (("also has", more), ("lacks", less)) if columns
    )
    raise DataError(f"the files have different columns: compared with {first_source.name}, {source.name} {difference}")


def require_column(name: str, names: Iterable[str], role: str) -> None:
    """Refuse a column that is not there.

    Raises:
        InputError: naming the columns, and the closest to ``name`` when one is close.
    """
    known = list(names)
    if name in known:
        return
    raise InputError(f"{role} {name!r} is not a column{closest_hint(name, known)}")

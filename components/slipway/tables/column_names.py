"""The names of columns: what files may call them, and which ones there are."""

from collections.abc import Iterable, Sequence

from slipway.contracts.errors import DataError, InputError
from slipway.contracts.hints import closest_hint
from slipway.tables.source_files import SourceFile


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
        InputError: naming ``role``, such as ``label``, and the column that was probably meant.
    """
    known = list(names)
    if name not in known:
        raise InputError(f"{role} {name!r} is not a column{closest_hint(name, known)}")

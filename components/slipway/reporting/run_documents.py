"""What the steps of a run wrote down for people, read back for the report of the run."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from slipway.contracts.errors import InputError
from slipway.contracts.run_summaries import RunSummary

T = TypeVar("T")

logger = logging.getLogger(__name__)


class RunDocuments:
    """The documents of a run; a step is known by the files it wrote, whatever its task is called.

    Attributes:
        run: names the artifacts of each step.
        unreadable: why a document that is there could not be used.
    """

    def __init__(self, run: RunSummary) -> None:
        self.run = run
        self.unreadable: list[str] = []

    def read(self, file: str, reader: Callable[[Path], T], beside: str = "") -> dict[str, T]:
        """Return a kind of document by the name of the task that wrote it, in the order of the tasks.

        Args:
            file: what every artifact folder of the kind holds.
            reader: of the folder, gives the document; an InputError, OSError or ValueError leaves it out and is noted.
            beside: another file that tells the kind from others that hold a ``file`` too.
        """
        return dict(self._documents(file, reader, beside))

    def read_json(self, file: str) -> dict[str, Any]:
        """Return what a JSON file of each task holds: a mapping or a list."""
        return self.read(file, lambda root: _json(root / file))

    def _documents(self, file: str, reader: Callable[[Path], T], beside: str) -> Iterator[tuple[str, T]]:
        for step in self.run.steps:
            for output, path in step.artifacts.items():
                root = Path(path)
                if not (root / file).is_file() or (beside and not (root / beside).is_file()):
                    continue
                try:
                    yield step.name, reader(root)
                except (InputError, OSError, ValueError) as error:
                    logger.debug("cannot read %s of %s", file, step.name, exc_info=True)
                    problem = f"{step.name}, {output}: {error}"
                    if problem not in self.unreadable:
                        self.unreadable.append(problem)


def titled(title: str, step: str, how_many: int) -> str:
    """Return ``title``, with the task's name where several tasks write such a section."""
    return f"{title} ({step})" if how_many > 1 else title


def _json(path: Path) -> Any:
    value: Any = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, Mapping | list):
        raise InputError(f"{path} should hold a mapping or a list")
    return value

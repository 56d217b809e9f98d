"""What kfp.local prints: kept in a file, in which a task in a container sees that it is followed."""

import io
from pathlib import Path
from typing import TextIO

from slipway.runs.local.task import FAILED


class TaskFailedError(RuntimeError):
    """A container's last line says that its task failed."""


class KfpOutput(io.TextIOBase):
    """Standard output for kfp.local, which prints each line of a container there as it comes.

    DockerRunner lets the engine remove a container that has ended and takes one that is gone for a success. So a task
    begins its work only when its first line has come out here, and a line that says it failed ends the pipeline here,
    before kfp asks how the container ended.
    """

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("w", encoding="utf-8")

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Keep it where everybody can read it at once.

        Raises:
            TaskFailedError: it is the last line of a task that failed.
        """
        self._file.write(text)
        self._file.flush()
        if text.startswith(FAILED):
            raise TaskFailedError(text.strip())
        return len(text)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

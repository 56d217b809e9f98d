"""The process that is measured: ``python -m benchmarks.contender MODULE:FUNCTION REQUEST FOLDER``.

Runs in the contender's own environment; standard library only, until the function imports what it needs.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Result = Mapping[str, float | str]
"""What was computed, by name, small enough to compare."""

Contest = tuple[Callable[[], Any], Callable[[Any], Result]]
"""The work that is timed, and what tells its result afterwards, untimed."""


def main(arguments: list[str]) -> None:
    """Import, work, work again as often as asked, and write what was found to ``answer.json`` in FOLDER.

    REQUEST is a JSON object: ``arguments`` of the function and ``repeats``, how often the warm work is timed. The
    function imports what it needs and returns a Contest; its first argument is a folder for what it writes.
    """
    started = time.monotonic()
    target, text, folder = arguments
    request = json.loads(text)
    module, _, name = target.partition(":")
    scratch = Path(folder) / "scratch"
    scratch.mkdir()
    work, describe = getattr(importlib.import_module(module), name)(scratch, **request["arguments"])
    start_seconds = time.monotonic() - started
    seconds, found = [], None
    for _ in range(1 + request["repeats"]):
        clock = time.monotonic()
        found = work()
        seconds.append(time.monotonic() - clock)
    report = {"start_seconds": start_seconds, "work_seconds": seconds, "result": dict(describe(found))}
    (Path(folder) / "answer.json").write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

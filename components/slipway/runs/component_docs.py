"""The tables of inputs and outputs in the components' READMEs, made from the shells' signatures and docstrings.

``python -m slipway.runs.component_docs`` writes them, with ``--check`` it says which are out of date.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from slipway.contracts.errors import ExitCode, InputError
from slipway.contracts.registry import step_names
from slipway.runs.catalogue import PACKAGE
from slipway.runs.signatures import Port, step_signature

_BEGIN, _END = "<!-- inputs-outputs:begin -->", "<!-- inputs-outputs:end -->"
_BETWEEN = re.compile(f"(?<={re.escape(_BEGIN)}\n).*?(?={re.escape(_END)})", re.DOTALL)


def readme_path(step: str) -> Path:
    """Return where the step's README lies."""
    return PACKAGE / "steps" / step / "README.md"


def io_table(step: str) -> str:
    """Return the step's inputs and outputs as two Markdown tables, ending with a newline.

    Raises:
        InputError: the docstring leaves an argument or the result unexplained.
    """
    signature = step_signature(step)
    inputs = ((f"`{p.name}`", p.type, _default(p), p.description) for p in signature.inputs)
    outputs = ((f"`{p.name}`", p.type, p.description) for p in signature.outputs)
    lines = [
        *_rows(("Input", "Type", "Default", "Meaning"), inputs),
        "",
        *_rows(("Output", "Type", "Meaning"), outputs),
    ]
    return "\n".join(lines) + "\n"


def updated_readme(step: str) -> str:
    """Return the step's README with the table as it should be.

    Raises:
        InputError: the README is missing, or does not say where the table belongs.
    """
    path = readme_path(step)
    if not path.is_file():
        raise InputError(f"{path} is missing")
    text = path.read_text(encoding="utf-8")
    table = io_table(step)
    replaced, places = _BETWEEN.subn(lambda _: table, text)
    if places != 1:
        raise InputError(f"{path} should hold the lines {_BEGIN} and {_END} once, found {places} such pairs")
    return replaced


def update_readmes(*, check: bool = False) -> list[Path]:
    """Bring every step's README up to date.

    Args:
        check: change nothing.

    Returns:
        The READMEs that were out of date.
    """
    stale = []
    for step in step_names():
        path, text = readme_path(step), updated_readme(step)
        if path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if not check:
                path.write_text(text, encoding="utf-8")
    return stale


def main(arguments: Sequence[str]) -> ExitCode:
    """Write the tables, or with ``--check`` say which READMEs are out of date."""
    if list(arguments) not in ([], ["--check"]):
        raise InputError(f"--check is the only argument, got {' '.join(arguments)}")
    check = bool(arguments)
    stale = update_readmes(check=check)
    for path in stale:
        sys.stdout.write(f"{path.relative_to(PACKAGE)}: {'out of date, run make docs' if check else 'written'}\n")
    return ExitCode.INTERNAL if stale and check else ExitCode.OK


def _default(port: Port) -> str:
    return "required" if port.required else f"`{json.dumps(port.default)}`"


def _rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

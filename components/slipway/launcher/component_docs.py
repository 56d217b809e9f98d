"""The tables of inputs and outputs in the components' READMEs, made from the shells' signatures and docstrings.

``python -m slipway.launcher.component_docs`` writes them, with ``--check`` it says which are out of date.
"""

import importlib
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import docstring_parser

from slipway.contracts.errors import ExitCode, InputError

_PACKAGE = Path(__file__).resolve().parents[1]
_BEGIN, _END = "<!-- inputs-outputs:begin -->", "<!-- inputs-outputs:end -->"
_BETWEEN = re.compile(f"(?<={re.escape(_BEGIN)}\n).*?(?={re.escape(_END)})", re.DOTALL)
_RETURNED = "Output"


def steps() -> tuple[str, ...]:
    """The names of all steps, in alphabetical order: every folder with a shell."""
    return tuple(sorted(shell.parent.name for shell in _PACKAGE.glob("*/component.py")))


def readme_path(step: str) -> Path:
    """Where the step's README lies."""
    return _PACKAGE / step / "README.md"


def io_table(step: str) -> str:
    """The step's inputs and outputs as two Markdown tables, ending with a newline.

    Raises:
        InputError: the docstring leaves an argument or the result unexplained.
    """
    component = getattr(importlib.import_module(f"slipway.{step}.component"), step)
    spec = component.component_spec
    meanings = _meanings(component.python_func.__doc__ or "")
    unexplained = sorted({*(spec.inputs or {}), *(spec.outputs or {})} - set(meanings))
    if unexplained:
        raise InputError(f"the docstring of {step} should explain {', '.join(unexplained)}")
    inputs = (
        (f"`{name}`", _type(item.type), _default(item), meanings[name]) for name, item in (spec.inputs or {}).items()
    )
    outputs = ((f"`{name}`", _type(item.type), meanings[name]) for name, item in (spec.outputs or {}).items())
    return "\n".join(
        [
            *_rows(("Input", "Type", "Default", "Meaning"), inputs),
            "",
            *_rows(("Output", "Type", "Meaning"), outputs),
            "",
        ]
    )


def updated_readme(step: str) -> str:
    """The step's README with the table as it should be.

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
    for step in steps():
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
        sys.stdout.write(f"{path.relative_to(_PACKAGE)}: {'out of date, run make docs' if check else 'written'}\n")
    return ExitCode.INTERNAL if stale and check else ExitCode.OK


def _meanings(docstring: str) -> dict[str, str]:
    parsed = docstring_parser.parse(docstring, docstring_parser.DocstringStyle.GOOGLE)
    meanings = {parameter.arg_name: parameter.description or "" for parameter in parsed.params}
    if parsed.returns:
        meanings[_RETURNED] = parsed.returns.description or ""
    return {name: " ".join(text.split()) for name, text in meanings.items() if text.strip()}


def _type(name: str) -> str:
    return name.removeprefix("system.").split("@")[0]


def _default(item: Any) -> str:
    if not item.optional:
        return "required"
    return '`""`' if item.default == "" else f"`{item.default}`"


def _rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The tables in the components' READMEs: inputs and outputs from the shells, settings from the configs.

``python -m slipway.runs.component_docs`` writes them, with ``--check`` it says which are out of date.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from slipway.contracts.errors import ExitCode, InputError
from slipway.contracts.registry import step_names
from slipway.runs.catalogue import PACKAGE
from slipway.runs.settings import settings_of
from slipway.runs.signatures import Port, step_signature


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


def settings_table(step: str) -> str:
    """Return the step's settings as a Markdown table, ending with a newline.

    Raises:
        InputError: the config's docstring leaves a field unexplained.
    """
    arguments = {port.name for port in step_signature(step).inputs}
    rows = (
        (
            f"`{item.name}`" + (" (argument)" if item.name in arguments else ""),
            item.type,
            item.default_text,
            str(item.bounds or ""),
            item.meaning,
        )
        for item in settings_of(step)
    )
    return "\n".join(_rows(("Setting", "Type", "Default", "Bounds", "Meaning"), rows)) + "\n"


TABLES: Mapping[str, Callable[[str], str]] = MappingProxyType({"inputs-outputs": io_table, "settings": settings_table})
"""What is written between ``<!-- name:begin -->`` and ``<!-- name:end -->``, by name."""


def updated_readme(step: str) -> str:
    """Return the step's README with the tables as they should be.

    Raises:
        InputError: the README is missing, or does not say where a table belongs.
    """
    path = readme_path(step)
    if not path.is_file():
        raise InputError(f"{path} is missing")
    text = path.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        text = _replaced(text, name, table(step), path)
    return text


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


def _replaced(text: str, name: str, table: str, path: Path) -> str:
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    between = re.compile(f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})", re.DOTALL)
    replaced, places = between.subn(lambda _: table, text)
    if places != 1:
        raise InputError(f"{path} should hold the lines {begin} and {end} once, found {places} such pairs")
    return replaced


def _default(port: Port) -> str:
    return "required" if port.required else f"`{json.dumps(port.default)}`"


def _rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

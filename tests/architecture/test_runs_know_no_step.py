"""What runs pipelines finds steps by what they say of themselves."""

import ast
import re
from pathlib import Path

# Words of other trades that are spelled like a step: Docker pushes images, and SVG transforms a group.
OTHER_MEANINGS = {
    "push": {Path("runs/images"), Path("cli/images.py")},
    "transform": {Path("runs/report/drawing.py")},
}


def test_no_steps_name_stands_in_runs_or_in_the_command_line(package: Path, step: str):
    """WHY: a step that runs know by name would make every further step an edit of runs."""
    spelled = re.compile(
        rf"(?<![\w-]){re.escape(step)}(?![\w-])|(?<![\w-]){re.escape(step.replace('_', '-'))}(?![\w-])"
    )
    found = []
    for room in ("runs", "cli"):
        for file in sorted((package / room).rglob("*.py")):
            relative = file.relative_to(package)
            if any(relative.is_relative_to(place) for place in OTHER_MEANINGS.get(step, ())):
                continue
            lines = enumerate(_code(file).splitlines(), start=1)
            found += [f"{relative}:{number}: {line.strip()}" for number, line in lines if spelled.search(line)]
    assert found == []


def _code(file: Path) -> str:
    """The source without comments and docstrings, which may use the words of the language."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            body[0] = ast.Pass()
    return ast.unparse(tree)

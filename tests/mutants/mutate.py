"""Small mutations of the code that decides: directions, bounds, verdicts, choices. ``make mutants`` says which survive.

A mutant is a copy of the package with one operator or constant changed; it is killed when the tests of its module fail.
mutmut and cosmic-ray were looked at: both run one test command in one environment, and the modules here need three.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path("components/slipway")
_TIMEOUT_SECONDS = 300
_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
}  # fmt: skip
_NAMES = {"min": "max", "max": "min", "HIGHER_IS_BETTER": "LOWER_IS_BETTER", "LOWER_IS_BETTER": "HIGHER_IS_BETTER"}


@dataclass(frozen=True, slots=True)
class Target:
    """A module that decides, the environment of its tests, and those tests."""

    module: str
    role: str
    tests: tuple[str, ...]


_METRICS = ("tests/unit/metrics",)
TARGETS = (
    Target("metrics/metric.py", "tensorflow", _METRICS),
    Target("metrics/intervals.py", "tensorflow", _METRICS),
    Target("metrics/curve_areas.py", "tensorflow", _METRICS),
    Target("metrics/entries/brier.py", "tensorflow", _METRICS),
    Target("metrics/entries/f1.py", "tensorflow", _METRICS),
    Target("metrics/entries/balanced_accuracy.py", "tensorflow", _METRICS),
    Target("steps/evaluate_slices/verdict.py", "tensorflow", ("tests/unit/evaluate_slices/test_slice_verdict.py",)),
    Target("compression/choice.py", "tensorflow", ("tests/unit/compression",)),
    Target("search/pruners/median.py", "tensorflow", ("tests/unit/search",)),
    Target("publishing/versions.py", "light", ("tests/unit/publishing", "tests/unit/push")),
    Target("steps/ingest/splits.py", "light", ("tests/unit/ingest/test_ingest_splits.py",)),
    Target("checks/entries/label_shift.py", "tfdv", ("tests/unit/checks",)),
    Target("checks/entries/missing.py", "tfdv", ("tests/unit/checks", "tests/unit/validate/test_validate_core.py")),
    Target("checks/entries/rows.py", "tfdv", ("tests/unit/checks", "tests/unit/validate/test_validate_core.py")),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a module: where, what, and the whole changed source."""

    target: Target
    line: int
    change: str
    source: str


def mutants_of(target: Target) -> Iterator[Mutant]:
    """Yield every mutant of a module; what stands in annotations and docstrings stays."""
    source = (ROOT / PACKAGE / target.module).read_text(encoding="utf-8")
    for index, node in enumerate(ast.walk(ast.parse(source))):
        for change, before, after in _changes(node):
            tree = ast.parse(source)
            place = list(ast.walk(tree))[index]
            setattr(place, before, after)
            yield Mutant(target, getattr(node, "lineno", 0), change, ast.unparse(ast.fix_missing_locations(tree)))


def _changes(node: ast.AST) -> Iterator[tuple[str, str, object]]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPS:
        swapped = _SWAPS[type(node.ops[0])]
        yield f"{type(node.ops[0]).__name__} -> {swapped.__name__}", "ops", [swapped(), *node.ops[1:]]
    if isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in _SWAPS:
        swapped = _SWAPS[type(node.op)]
        yield f"{type(node.op).__name__} -> {swapped.__name__}", "op", swapped()
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield f"{node.value} -> {node.value + 1}", "value", node.value + 1
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} -> {not node.value}", "value", not node.value
    if isinstance(node, ast.Name) and node.id in _NAMES:
        yield f"{node.id} -> {_NAMES[node.id]}", "id", _NAMES[node.id]
    if isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield f"{node.attr} -> {_NAMES[node.attr]}", "attr", _NAMES[node.attr]


def is_killed(mutant: Mutant, pythons: dict[str, str]) -> bool:
    """Return whether the tests of the module fail with the mutant in its place."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        package = Path(folder) / "slipway"
        shutil.copytree(ROOT / PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
        (package / mutant.target.module).write_text(mutant.source, encoding="utf-8")
        code = f"import sys; sys.path.append({str(ROOT / '.venv/test')!r}); import pytest; sys.exit(pytest.main())"
        command = [pythons[mutant.target.role], "-P", "-c", code, "-q", "-x", "-p", "no:cacheprovider"]
        environment = {**os.environ, "PYTHONPATH": folder, "SLIPWAY_TEST_ROLE": mutant.target.role}
        environment |= {"SLIPWAY_MOTO_SERVER": str(ROOT / ".venv/moto/bin/moto_server"), "TF_CPP_MIN_LOG_LEVEL": "3"}
        # The option of the project's own settings that puts components/ on the path would hide the mutant.
        command += ["-o", "pythonpath=", *mutant.target.tests]
        try:
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0


def main() -> int:
    """Run some mutants of every target, and say which survived; 0 whatever the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=8, help="mutants of each module at most, drawn by the seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--python", action="append", default=[], metavar="ROLE=PATH", required=True)
    options = parser.parse_args()
    pythons = dict(item.split("=", 1) for item in options.python)
    drawn: list[Mutant] = []
    for target in TARGETS:
        every = list(mutants_of(target))
        drawn += random.Random(options.seed).sample(every, min(options.each, len(every)))
    with ThreadPoolExecutor(options.parallel) as pool:
        killed = list(pool.map(lambda mutant: is_killed(mutant, pythons), drawn))
    for mutant, dead in zip(drawn, killed, strict=True):
        if not dead:
            sys.stdout.write(f"survived: {mutant.target.module}:{mutant.line}: {mutant.change}\n")
    sys.stdout.write(f"{sum(killed)} of {len(drawn)} mutants were killed ({sum(killed) / len(drawn):.0%})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

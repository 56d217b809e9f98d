"""Entries are found by the name of their file, and in packages that users install; a name costs no import."""

import subprocess
import sys
from pathlib import Path

import pytest

from slipway.contracts.errors import InputError
from slipway.contracts.plug_points import PLUG_POINTS, registry, require_entry
from slipway.contracts.registry import Registry

METRIC = '''"""Share of the negatives that are predicted so."""
from slipway.metrics.metric import BINARY, Direction, Metric

ENTRY = Metric(
    name="{name}", problems=(BINARY,), direction=Direction.HIGHER_IS_BETTER, needs=("count",), derive=lambda sums: sums
)
'''


def install(root: Path, name: str) -> None:
    """A package as pip leaves it, with an entry point for a metric of this name."""
    (root / "mine").mkdir()
    (root / "mine" / "__init__.py").write_text("")
    (root / "mine" / "own.py").write_text(METRIC.format(name=name))
    facts = root / "mine-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[slipway.metrics]\n{name} = mine.own:ENTRY\n")


def ask(root: Path, code: str) -> str:
    """What a process with the package on its path prints."""
    lines = f"import sys; sys.path.append({str(root)!r})\n{code}"
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_a_users_package_adds_an_entry(tmp_path):
    install(tmp_path, "specificity")
    code = """
from slipway.contracts.plug_points import registry
found = registry("metrics")
print("specificity" in found.names(), "mine.own" in sys.modules, found.get("specificity").name)
print([item.origin for item in found.listed() if item.name == "specificity"])
"""
    assert ask(tmp_path, code).splitlines() == ["True False specificity", "['mine.own:ENTRY']"]


def test_a_users_metric_is_one_like_every_other(tmp_path):
    install(tmp_path, "specificity")
    code = """
from slipway.contracts.examples import Problem
from slipway.metrics.metric import metrics_of
print("specificity" in metrics_of(Problem.BINARY), "specificity" in metrics_of(Problem.REGRESSION))
"""
    assert ask(tmp_path, code) == "True False"


def test_a_name_that_is_taken_is_refused(tmp_path):
    install(tmp_path, "accuracy")
    told = ask(tmp_path, "from slipway.contracts.plug_points import registry; registry('metrics').names()")
    assert told.endswith("'accuracy' of metrics is there already; mine.own:ENTRY must take another name")


@pytest.mark.parametrize("kind", PLUG_POINTS)
def test_every_kind_has_entries_and_each_says_what_it_is(kind):
    listed = registry(kind).listed()
    assert listed
    assert [item.name for item in listed if not item.description] == []


def test_listing_imports_no_entry():
    code = (
        "import sys\nfrom slipway.contracts.plug_points import PLUG_POINTS, registry\n"
        "for kind in PLUG_POINTS: registry(kind).listed()\n"
        "print(sorted(name for name in sys.modules if '.entries.' in name or '.recipes.' in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="'acuracy' in metrics; did you mean 'accuracy'"):
        registry("metrics").get("acuracy")
    with pytest.raises(InputError, match="sampler should be one of grid, quasi_random, random, tpe, got 'gird'"):
        require_entry("samplers", "gird", "sampler")


def test_an_entry_whose_library_is_missing_is_listed_and_says_what_it_needs(tmp_path, monkeypatch):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text('"""Entries."""')
    (tmp_path / "shop" / "thing.py").write_text('"""A thing."""\nimport no_such_library\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    things: Registry[object] = Registry("things", "shop")
    assert things.names() == ("thing",)
    with pytest.raises(InputError, match="'thing' of things needs the package 'no_such_library'"):
        things.get("thing")

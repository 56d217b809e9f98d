"""The project's own files, as the architecture tests look at them."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "components" / "slipway"
PLAIN = ("config.py", "step.py")
STEPS = sorted(init.parent.name for init in PACKAGE.glob("steps/*/__init__.py"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def package() -> Path:
    """The import package."""
    return PACKAGE


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each step or module that it is about, so that a failure names it."""
    modules = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "pipelines").rglob("*.py")])
    subjects = {
        "step": STEPS,
        "module": modules,
        "work_module": [path for path in modules if path.is_relative_to(PACKAGE) and path.name != "component.py"],
        "plain_module": [p for p in modules if (p.name in PLAIN and "steps" in p.parts) or "contracts" in p.parts],
        "outside_storage": [path for path in modules if "storage" not in path.parts and "service" not in path.parts],
    }
    for name, values in subjects.items():
        if name in metafunc.fixturenames:
            ids = [str(value.relative_to(ROOT)) if isinstance(value, Path) else value for value in values]
            metafunc.parametrize(name, values, ids=ids)

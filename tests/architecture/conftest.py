"""The project's own files, as the architecture tests look at them."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "components" / "slipway"
SHARED = {"adapters", "contracts", "demo", "launcher", "modeling", "reporting"}
STEPS = sorted({init.parent.name for init in PACKAGE.glob("*/__init__.py")} - SHARED)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def package() -> Path:
    """The import package."""
    return PACKAGE


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes ``step`` or ``module`` once for each of them, so that a failure names it."""
    if "step" in metafunc.fixturenames:
        metafunc.parametrize("step", STEPS)
    if "module" in metafunc.fixturenames:
        modules = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "pipelines").rglob("*.py")])
        metafunc.parametrize("module", modules, ids=[str(path.relative_to(ROOT)) for path in modules])

"""The pages that the steps of a run wrote, beside the report of the run, and links to them."""

import os
import shutil
from pathlib import Path
from urllib.parse import quote

from slipway.contracts.run_summaries import RunSummary, StepSummary

_REPORTS = "reports"


def publish_pages(run: RunSummary, folder: Path) -> None:
    """Copy each step's HTML artifacts to ``folder/reports/<step>.html``.

    Kubeflow gives an artifact a path without extension, which browsers show as source text.
    """
    for step in run.steps:
        for output, path in step.artifacts.items():
            if _is_page(Path(path)):
                target = _page(folder, step, output)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


def links_of(step: StepSummary, folder: Path) -> dict[str, str]:
    """Return what each link of a step says, with its address relative to the folder of the report."""
    pages = [_page(folder, step, output) for output in step.artifacts]
    found = {page.stem.removeprefix(f"{step.name}-"): page for page in pages if page.is_file()}
    links = {"report" if len(found) == 1 else name: _relative(page, folder) for name, page in found.items()}
    if step.log and Path(step.log).is_file():
        links["log"] = _relative(Path(step.log), folder)
    return links


def _page(folder: Path, step: StepSummary, output: str) -> Path:
    return folder / _REPORTS / (f"{step.name}.html" if output == "report" else f"{step.name}-{output}.html")


def _relative(path: Path, folder: Path) -> str:
    return quote(Path(os.path.relpath(path, folder)).as_posix())


def _is_page(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(256).lstrip().lower().startswith((b"<!doctype html", b"<html"))

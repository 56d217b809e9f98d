"""What the steps of a run wrote down for people, read back for the run's report."""

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from slipway.contracts.compressions import CompressedFolder, Compression
from slipway.contracts.errors import InputError
from slipway.contracts.evaluations import Evaluation, EvaluationFolder
from slipway.contracts.examples import ExampleSpec, TransformFolder
from slipway.contracts.models import ModelCard, ModelFolder, TuningFolder, TuningResult
from slipway.contracts.published_models import PushedVersion, PushFolder
from slipway.contracts.tables import Manifest, TableFolder
from slipway.contracts.validations import AnomaliesFolder, Validation
from slipway.runs.local.summary import RunSummary, StepSummary

T = TypeVar("T")

logger = logging.getLogger(__name__)
_REPORTS = "reports"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunArtifacts:
    """The documents of a run, each kind by the name of the step that wrote it, in the order of the steps.

    Attributes:
        plans: what transform's plan.json holds, as JSON gives it.
        links: by step: what a link says, and its address relative to the report's folder.
        unreadable: why a document that is there could not be used.
    """

    tables: dict[str, Manifest] = field(default_factory=dict)
    validations: dict[str, Validation] = field(default_factory=dict)
    specs: dict[str, ExampleSpec] = field(default_factory=dict)
    plans: dict[str, Any] = field(default_factory=dict)
    tunings: dict[str, TuningResult] = field(default_factory=dict)
    models: dict[str, ModelCard] = field(default_factory=dict)
    evaluations: dict[str, Evaluation] = field(default_factory=dict)
    compressions: dict[str, Compression] = field(default_factory=dict)
    pushes: dict[str, PushedVersion] = field(default_factory=dict)
    links: dict[str, dict[str, str]] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()


def read_artifacts(run: RunSummary, folder: Path) -> RunArtifacts:
    """Read what the steps left behind; a step is known by the files it wrote, whatever its name is.

    Args:
        run: names the artifacts of each step.
        folder: where the report will lie; what ``publish_pages`` put there is linked.
    """
    problems: list[str] = []

    def read(file: str, reader: Callable[[Path], T], beside: str = "") -> dict[str, T]:
        return dict(_documents(run, file, reader, beside, problems))

    return RunArtifacts(
        tables=read("manifest.json", lambda root: TableFolder(root).manifest()),
        validations=read("validation.json", lambda root: AnomaliesFolder(root).validation()),
        specs=read("spec.json", lambda root: TransformFolder(root).spec(), beside="plan.json"),
        plans=read("plan.json", lambda root: _json(TransformFolder(root).plan_path)),
        tunings=read("tuning.json", lambda root: TuningFolder(root).result()),
        models=read("model.json", lambda root: ModelFolder(root).card()),
        evaluations=read("evaluation.json", lambda root: EvaluationFolder(root).evaluation()),
        compressions=read("compression.json", lambda root: CompressedFolder(root).compression()),
        pushes=read("pushed.json", lambda root: PushFolder(root).pushed()),
        links={step.name: _links(step, folder) for step in run.steps},
        unreadable=tuple(problems),
    )


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


def _documents(
    run: RunSummary, file: str, reader: Callable[[Path], T], beside: str, problems: list[str]
) -> Iterator[tuple[str, T]]:
    for step in run.steps:
        for output, path in step.artifacts.items():
            root = Path(path)
            if not (root / file).is_file() or (beside and not (root / beside).is_file()):
                continue
            try:
                yield step.name, reader(root)
            except (InputError, OSError, ValueError) as error:
                logger.debug("cannot read %s of %s", file, step.name, exc_info=True)
                problems.append(f"{step.name}, {output}: {error}")


def _links(step: StepSummary, folder: Path) -> dict[str, str]:
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


def _json(path: Path) -> Any:
    value: Any = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, Mapping | list):
        raise InputError(f"{path} should hold a mapping or a list")
    return value

"""The steps and pipelines there are, and how a name on the command line becomes one of them."""

import importlib
import importlib.util
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from slipway.contracts.errors import InputError
from slipway.contracts.hints import closest_hint
from slipway.contracts.registry import step_names
from slipway.runs.sdk import import_without_client

PACKAGE = Path(__file__).resolve().parents[1]


def step_component(step: str) -> Any:
    """Return the KFP component of a step; InputError names the steps there are."""
    name = step.replace("-", "_")
    if name not in step_names():
        raise InputError(f"no step {step!r}{closest_hint(name, step_names())}")
    import_without_client()
    return getattr(importlib.import_module(f"slipway.steps.{name}.component"), name)


def pipelines_folder() -> Path:
    """Return where the reference pipelines lie, in a checkout or in an installed wheel."""
    checkout = PACKAGE.parents[1] / "pipelines"
    return checkout if checkout.is_dir() else PACKAGE / "pipelines"


def pipeline_names() -> list[str]:
    """Return the name of every reference pipeline, in alphabetical order."""
    return sorted(file.stem for file in pipelines_folder().glob("*.py") if file.stem != "__init__")


def compiled_pipeline(reference: str) -> dict[str, Any]:
    """Return a pipeline as the intermediate representation that Kubeflow runs; see ``compiled_package``."""
    return compiled_package(reference)[0]


def compiled_package(reference: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a pipeline's intermediate representation, and what it sets by kfp-kubernetes (empty for nothing).

    Args:
        reference: name of a reference pipeline; ``FILE.py`` or ``FILE.py:FUNCTION`` for one of your own; or a
            compiled package, ``FILE.yaml``.

    Raises:
        InputError: there is no such pipeline, or the file holds none or several.
    """
    if reference.endswith((".yaml", ".yml")):
        return _read_package(Path(reference))
    file, _, function = reference.partition(":")
    if not file.endswith(".py"):
        name = file.replace("-", "_")
        if name not in pipeline_names():
            raise InputError(
                f"no pipeline {reference!r}{closest_hint(name, pipeline_names())}; or give a FILE.py or FILE.yaml"
            )
        file, function = str(pipelines_folder() / f"{name}.py"), name
        import_without_client()
    return _compile(_pipeline_function(_load(Path(file)), Path(file), function))


def package_text(ir: Mapping[str, Any], platforms: Mapping[str, Any]) -> str:
    """Return a pipeline as YAML, two documents when it has platform settings; equal content gives equal bytes."""
    import yaml

    documents = [ir, {"platforms": platforms}] if platforms else [ir]
    return yaml.safe_dump_all(documents, sort_keys=True, width=120, allow_unicode=True)


def write_package(ir: Mapping[str, Any], path: Path, platforms: Mapping[str, Any] | None = None) -> None:
    """Write a compiled pipeline as YAML; the file appears whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(package_text(ir, platforms or {}), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def _compile(pipeline: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    from kfp import compiler

    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(pipeline, str(package))
        return _read_package(package)


def _read_package(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    import yaml

    try:
        # The C loader where libyaml is there: ten times faster on a package of this size.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        documents = list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=loader))
    except FileNotFoundError:
        raise InputError(f"no file {path}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: {error}") from error
    if not all(isinstance(item, dict) for item in documents) or not 1 <= len(documents) <= 2:
        raise InputError(f"{path} is not a compiled pipeline of one or two documents")
    ir, platforms = documents[0], documents[1].get("platforms") if len(documents) == 2 else {}
    if "pipelineInfo" not in ir or not isinstance(platforms, dict):
        raise InputError(f"{path} is not a compiled pipeline: it has no pipelineInfo, or its second part no platforms")
    return ir, platforms


def _load(file: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(file.stem, file)
    if not file.is_file() or specification is None or specification.loader is None:
        raise InputError(f"no file {file}")
    module = importlib.util.module_from_spec(specification)
    sys.modules[file.stem] = module
    specification.loader.exec_module(module)
    return module


def _pipeline_function(module: ModuleType, file: Path, function: str) -> Any:
    from kfp.dsl.graph_component import GraphComponent

    found = {name: value for name, value in vars(module).items() if isinstance(value, GraphComponent)}
    if function:
        if function not in found:
            raise InputError(f"{file} has no pipeline {function!r}{closest_hint(function, found)}")
        return found[function]
    if len(found) != 1:
        raise InputError(f"{file} has {len(found)} pipelines ({', '.join(found)}); name one as {file}:FUNCTION")
    return next(iter(found.values()))

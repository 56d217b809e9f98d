"""Publish an accepted model as a new version, and wherever else it should lie."""

from dataclasses import dataclass, replace
from pathlib import Path

from slipway.contracts.compressions import CompressedFolder
from slipway.contracts.documents import write_document
from slipway.contracts.errors import InputError
from slipway.contracts.evaluations import EvaluationFolder
from slipway.contracts.models import ModelFolder
from slipway.contracts.published_models import PublishRecord, PushedVersion, PushFolder
from slipway.contracts.validations import SchemaFolder, StatisticsFolder
from slipway.publishing.contents import ModelParts, gather
from slipway.publishing.target import TARGETS, Release
from slipway.steps.push.config import PushConfig
from slipway.steps.push.summary import markdown_summary
from slipway.storage.folders import atomic_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What push reads.

    Attributes:
        model: the output of a training.
        compressed_model: its LiteRT form, and whether compress accepted it.
        schema: of the training data.
        statistics: of the training data.
        evaluation: metrics, and whether evaluate-slices accepted the model.
    """

    model: Path
    compressed_model: Path
    schema: Path
    statistics: Path
    evaluation: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where push writes: a PushFolder, and Markdown for people."""

    pushed: Path
    summary: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was published.

    Attributes:
        pushed: the version at the first target, and the addresses of the others.
        model_name: the model's folder.
        record: the versions at the first target; None where it keeps no record.
        files: files of the version, without its manifest.
        bytes: of those files.
    """

    pushed: PushedVersion
    model_name: str
    record: PublishRecord | None
    files: int
    bytes: int

    @property
    def metrics(self) -> dict[str, float]:
        """Scalars for the metrics artifact; ``pushed`` is 1 when something was written."""
        return {"version": self.pushed.version, "pushed": float(self.pushed.pushed), "bytes": self.bytes}

    @property
    def facts(self) -> dict[str, object]:
        """What the artifact of the push says of itself."""
        return self.pushed.facts()


def run(inputs: Inputs, config: PushConfig) -> Result:
    """Publish a model at its first target, unless the newest version there has the same content, then at the others.

    A push that failed behind the first target can be repeated: what is published already is left as it is.

    Raises:
        InputError: a verdict refused the model, a file is missing, or a target cannot be written.
        TransientError: a target did not answer, or too many others are publishing at the same time.
    """
    parts = ModelParts(
        model=ModelFolder(inputs.model),
        compressed=CompressedFolder(inputs.compressed_model),
        schema=SchemaFolder(inputs.schema),
        statistics=StatisticsFolder(inputs.statistics),
        evaluation=EvaluationFolder(inputs.evaluation),
    )
    _refuse_unless_accepted(parts)
    release = Release(model_name=config.model_name, contents=gather(parts))
    published = TARGETS.get(config.target).publish(release, config.settings_of_target())
    release = replace(release, first=published.pushed)
    others = [TARGETS.get(item.target).publish(release, item.parsed_settings()) for item in config.also]
    return Result(
        pushed=replace(published.pushed, also=tuple(other.pushed.uri for other in others)),
        model_name=config.model_name,
        record=published.record,
        files=len(release.contents.files),
        bytes=sum(file.bytes for file in release.contents.files),
    )


def write(result: Result, outputs: Outputs) -> None:
    """Write which version has the model's content, for later steps and for people."""
    with atomic_folder(outputs.pushed) as folder:
        write_document(result.pushed, PushFolder(folder).pushed_path)
    outputs.summary.parent.mkdir(parents=True, exist_ok=True)
    text = markdown_summary(result.pushed, result.model_name, result.record, result.files, result.bytes)
    outputs.summary.write_text(text, encoding="utf-8")


def _refuse_unless_accepted(parts: ModelParts) -> None:
    """Raise InputError with every reason when evaluation or compression refused the model."""
    verdicts = {
        "evaluation": parts.evaluation.evaluation().verdict,
        "compression": parts.compressed.compression().verdict,
    }
    refusals = [f"{name} refused: {'; '.join(it.reasons)}" for name, it in verdicts.items() if not it.passed]
    if refusals:
        raise InputError(f"nothing was pushed: {' | '.join(refusals)}")

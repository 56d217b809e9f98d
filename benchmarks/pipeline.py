"""The reference pipeline from a CSV file to a pushed model, beside what TFX's local runner takes for the same job."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.command import slipway_run
from benchmarks.comparisons import Comparison, Contender, Goal, Reference
from benchmarks.contender import Contest, Result
from benchmarks.environments import tfx_reason
from benchmarks.tables import LABEL
from benchmarks.workplace import Workplace

_TFX = "TFX 1.21 LocalDagRunner"
_REFERENCE = Reference(
    name=_TFX,
    process_seconds=114.0,
    work_seconds=80.0,
    peak_bytes=1.4e9,
    source=(
        "another machine with two cores, idle, Debian 13: 100,000 rows of 18 mixed columns, 500 training steps of 256; "
        "CsvExampleGen 12.9 s, StatisticsGen 6.7 s, Transform 26.5 s, Trainer 8.9 s, Evaluator 24.2 s"
    ),
)
_NOTE = (
    "`slipway run` as a user calls it, environments installed, nothing cached, no search, two epochs (626 steps of "
    "256), with the compression, the intervals, the report and the checks that the reference does not have. The work "
    "of the reference leaves out its imports. That of Slipway is the sum of the steps' own seconds: each from the "
    "moment its task asks for a process until its outputs are written, less the time in which the process that all "
    "tasks of a role are forked from was still importing; that waiting is given apart, and is in the whole process. "
    "The work of the steps that the reference has too leaves out tune, which without trials only writes the defaults, "
    "and compress. A cold run starts a process for every step and has its imports in the steps' own seconds. Compared "
    "between warm and cold: every artifact by content, but those that hold a measured time or a place and differ "
    "between any two runs: the report of training, what compress writes, with its latencies, and the receipt of push."
)
_STEPS_OF_THE_REFERENCE = ("ingest", "validate", "transform", "train-distributed", "evaluate-slices", "push")
_TIMES_AND_PLACES = ("train-distributed/report", "compress/", "push/")


def comparisons(place: Workplace) -> list[Comparison]:
    """Warm, and cold."""
    csv = str(place.table(place.rows) / "table.csv")
    reference = place.rows == 100_000
    return [
        Comparison(
            name="pipeline",
            title="Whole pipeline, CSV to pushed model",
            rows=place.rows,
            contenders=(
                Contender(
                    name="Slipway",
                    environment="launcher",
                    function="benchmarks.pipeline:slipway",
                    arguments={"csv": csv, "options": []},
                ),
                Contender(
                    name="Slipway, cold",
                    environment="launcher",
                    function="benchmarks.pipeline:slipway",
                    arguments={"csv": csv, "options": ["--cold"]},
                    once=place.hurried,
                ),
            ),
            rounds=place.rounds(2),
            goals=(
                Goal(against=_TFX, measure="process", at_least=5.0),
                Goal(against=_TFX, measure="work", at_least=10.0),
            )
            if reference
            else (),
            references=(_REFERENCE,) if reference else (),
            note=f"{_NOTE} {tfx_reason()}, so the reference was measured elsewhere.",
        )
    ]


def slipway(scratch: Path, csv: str, options: list[str]) -> Contest:
    """``slipway run``."""
    command = ["run", "--data", csv, "--label", LABEL, "--trials", "0", "--epochs", "2", *options]
    return lambda: slipway_run(command, scratch), _describe


def _describe(path: Path) -> Result:
    """Metrics, the seconds of every step, and the digest of every artifact that holds no time and no place."""
    from slipway.contracts.documents import read_document
    from slipway.contracts.run_summaries import RunSummary
    from slipway.storage.folders import content_digest

    summary = read_document(RunSummary, path)
    own = {step.name: step.work_seconds for step in summary.steps}
    figures: dict[str, float | str] = {
        "work seconds": sum(own.values()),
        "work seconds of the steps that the reference has": sum(own[name] for name in _STEPS_OF_THE_REFERENCE),
        "seconds of waiting for imports": sum(step.waited_seconds for step in summary.steps),
    }
    for step in summary.steps:
        figures[f"seconds of {step.name}"] = step.work_seconds
        figures |= {
            f"{step.name}/{name}": content_digest(Path(artifact))
            for name, artifact in step.artifacts.items()
            if not f"{step.name}/{name}".startswith(_TIMES_AND_PLACES) and Path(artifact).exists()
        }
    return figures | metrics(summary.float_metrics)


def metrics(found: Mapping[str, Any]) -> dict[str, float]:
    """The main metrics of the trained model."""
    return {name: float(found[name]) for name in ("accuracy", "auc", "loss") if name in found}

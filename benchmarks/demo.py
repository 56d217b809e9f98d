"""How much of `make demo` is start-up: the demo, and a run of the same tasks without their work."""

from pathlib import Path

from benchmarks.command import slipway_run
from benchmarks.comparisons import Comparison, Contender
from benchmarks.contender import Contest, Result
from benchmarks.measuring import ROOT
from benchmarks.workplace import Workplace

_START_UP = str(ROOT / "benchmarks" / "start_up_pipeline.py")
_NOTE = (
    "`slipway demo` with its defaults, nothing cached, environments installed. Start-up is measured, not summed up: "
    "`slipway run` of a pipeline with the same tasks in the same order and the same roles, in which each task imports "
    "what its step imports, and ends. So it holds the start of the command line, compiling and binding the pipeline, "
    "the look at the environments, kfp.local, the tasks' processes, the warm processes and their imports as far as "
    "tasks wait for them, and writing the report. What a library does lazily at its first use counts as work, and so "
    "does making the demo's data. The last column is start-up's share of the warm demo. There, TensorFlow is imported "
    "while ingest and validate work, so start-up and work overlap and the share is an upper bound."
)


def comparisons(place: Workplace) -> list[Comparison]:
    """With warm processes, and with a new process for every task."""
    variants = (("", ()), (", cold", ("--cold",)))
    contenders = [
        Contender(
            name=f"{name}{suffix}",
            environment="launcher",
            function="benchmarks.demo:slipway",
            arguments={"command": [*command, *options]},
            once=bool(options) and place.hurried,
        )
        for suffix, options in variants
        for name, command in (("the demo", ("demo",)), ("start-up alone", ("run", _START_UP)))
    ]
    return [
        Comparison(
            name="demo",
            title="make demo, and its start-up alone",
            rows=0,
            contenders=tuple(contenders),
            rounds=place.rounds(1),
            note=_NOTE,
        )
    ]


def slipway(scratch: Path, command: list[str]) -> Contest:
    """The command line with a new folder for its output."""
    return lambda: slipway_run(command, scratch), _seconds_of_steps


def _seconds_of_steps(path: Path) -> Result:
    """What every task took, waiting and start of its process included."""
    from slipway.contracts.documents import read_document
    from slipway.contracts.run_summaries import RunSummary

    return {f"seconds of {step.name}": step.seconds for step in read_document(RunSummary, path).steps}

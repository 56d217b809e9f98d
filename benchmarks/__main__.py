"""``python -m benchmarks``: measure, write the raw numbers, and render them. ``make bench`` calls it."""

import argparse
import importlib
import logging
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.comparisons import Comparison
from benchmarks.environments import PEERS, compile_packages, interpreters
from benchmarks.measuring import ROOT, compare
from benchmarks.records import Record, now, read_records, write_records
from benchmarks.results import render, write_chart
from benchmarks.workplace import Workplace
from slipway.contracts.errors import SlipwayError
from slipway.contracts.roles import Role

BENCHMARKS = (
    *("pipeline", "statistics", "transform", "slice_metrics", "ingest", "training_input", "step_cost", "command_line"),
    "scale",
)
_LOG = logging.getLogger("benchmarks")


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; the exit code says whether every process that was started ended well."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True)
    pythons, absent = interpreters(["launcher", *(role.value for role in Role), *PEERS])
    for name, python in pythons.items():
        _LOG.info("compiling the packages of environment %s", name)
        compile_packages(python)
    file = options.output / "results.json"
    command = shlex.join(["python", "-m", "benchmarks", *arguments])
    records, failed = read_records(file), False
    with tempfile.TemporaryDirectory(prefix="slipway-bench-data-") as temporary:
        place = Workplace(
            root=options.data or Path(temporary),
            rows=options.rows,
            full=options.full,
            pythons=pythons,
            notify=_LOG.info,
        )
        for name in options.only or BENCHMARKS:
            try:
                for comparison in importlib.import_module(f"benchmarks.{name}").comparisons(place):
                    runs = {each: tuple(found) for each, found in compare(comparison, pythons, _LOG.info).items()}
                    skipped = _skipped(comparison, absent)
                    records[comparison.name] = Record(
                        comparison=comparison, date=now(), command=command, runs=runs, skipped=skipped
                    )
            except SlipwayError as error:
                _LOG.error("%s: %s", name, error)
                failed = True
    found = write_records(file, records, pythons)
    write_chart(found, options.output / "results.svg")
    (options.output / "RESULTS.md").write_text(render(found), encoding="utf-8")
    _LOG.info("wrote %s", options.output / "RESULTS.md")
    return 1 if failed else 0


def _skipped(comparison: Comparison, absent: dict[str, str]) -> dict[str, str]:
    reasons = {each.name: absent.get(each.environment) for each in comparison.contenders}
    return {name: reason for name, reason in reasons.items() if reason}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Slipway beside its peers.")
    parser.add_argument("only", nargs="*", metavar="BENCHMARK", help=f"some of {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the table (default: %(default)s)")
    parser.add_argument("--full", action="store_true", help="more rounds and larger sizes")
    parser.add_argument("--data", type=Path, help="folder that keeps the data for the next call")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks", help="folder of results (default: here)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

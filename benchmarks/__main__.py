"""``python -m benchmarks``: measure, write the raw numbers, and render them. ``make bench`` calls it."""

import argparse
import importlib
import logging
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.comparisons import Comparison
from benchmarks.curves import write_curves
from benchmarks.environments import PEERS, compile_packages, interpreters
from benchmarks.measuring import ROOT, compare
from benchmarks.records import Record, Records, machine, now, read_records, versions
from benchmarks.results import render, write_chart
from benchmarks.workplace import Workplace
from slipway.contracts.documents import write_document
from slipway.contracts.errors import SlipwayError
from slipway.contracts.roles import Role

BENCHMARKS = (
    *("pipeline", "statistics", "transform", "slice_metrics", "ingest", "step_cost", "command_line", "training_input"),
    *("predict", "demo", "scale"),
)
_ROWS = 100_000
logger = logging.getLogger("benchmarks")


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; the exit code says whether every process that was started ended well."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True)
    pythons, absent = interpreters(["launcher", *(role.value for role in Role), *PEERS])
    for name, python in pythons.items():
        logger.info("compiling the packages of environment %s", name)
        compile_packages(python)
    # Everything measured anew leaves nothing behind of what is no longer measured.
    records, failed = read_records(options.output / "results.json") if options.only else {}, False
    found = Records(machine=machine(), versions=versions(pythons), records=records)
    with tempfile.TemporaryDirectory(prefix="slipway-bench-data-") as temporary:
        place = Workplace(
            root=options.data or Path(temporary),
            rows=options.rows,
            full=options.full,
            pythons=pythons,
            notify=logger.info,
        )
        for name in options.only or BENCHMARKS:
            try:
                for comparison in importlib.import_module(f"benchmarks.{name}").comparisons(place):
                    records[comparison.name] = _record(comparison, place, absent, _command(options))
            except SlipwayError as error:
                logger.error("%s: %s", name, error)
                failed = True
            _write(found, options.output)
    return 1 if failed else 0


def _record(comparison: Comparison, place: Workplace, absent: Mapping[str, str], command: str) -> Record:
    runs = {name: tuple(found) for name, found in compare(comparison, place.pythons, logger.info).items()}
    reasons = {each.name: each.absent or absent.get(each.environment) for each in comparison.contenders}
    # The arguments of contenders name folders of this machine.
    kept = replace(comparison, contenders=tuple(replace(each, arguments={}) for each in comparison.contenders))
    skipped = {name: reason for name, reason in reasons.items() if reason}
    return Record(comparison=kept, date=now(), command=command, runs=runs, skipped=skipped)


def _write(found: Records, output: Path) -> None:
    """After each benchmark, so that what was measured stays when a later one is stopped."""
    write_document(found, output / "results.json")
    write_chart(found, output / "results.svg")
    write_curves(list(found.records.values()), output / "curves.svg")
    (output / "RESULTS.md").write_text(render(found), encoding="utf-8")
    logger.info("wrote %s", output / "RESULTS.md")


def _command(options: argparse.Namespace) -> str:
    """How to call it again; folders are a matter of the machine."""
    size = [f"--rows {options.rows}"] if options.rows != _ROWS else []
    words = " ".join([*(["--full"] if options.full else []), *size, *options.only])
    return f'make bench BENCH="{words}"' if words else "make bench"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Slipway beside its peers.")
    parser.add_argument("only", nargs="*", metavar="BENCHMARK", help=f"some of {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--rows", type=int, default=_ROWS, help="rows of the table (default: %(default)s)")
    parser.add_argument("--full", action="store_true", help="more rounds and larger sizes")
    parser.add_argument("--data", type=Path, help="folder that keeps the data for the next call")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks", help="folder of results (default: here)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

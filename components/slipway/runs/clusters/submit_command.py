"""Sending a plan and telling how it goes, in the terminal and in a file."""

import json
import shlex
import sys
from pathlib import Path

from rich.console import Console

from slipway.contracts.documents import write_document
from slipway.contracts.errors import ExitCode, InputError
from slipway.runs.clusters.forwarding import forward_command, is_forwarded
from slipway.runs.clusters.reach import connect_service
from slipway.runs.clusters.submission import SubmissionPlan, plan_document
from slipway.runs.clusters.submit import Submitted, Watch, follow, send
from slipway.runs.clusters.submit_progress import SubmitProgress
from slipway.runs.local.progress import summary_table


def require_folder(json_file: Path | None) -> None:
    """Refuse a file for the summary that cannot be written when the run has ended."""
    if json_file and not json_file.absolute().parent.is_dir():
        raise InputError(f"--json {json_file}: there is no folder {json_file.absolute().parent}")


def show_plan(plan: SubmissionPlan, json_file: Path | None, console: Console) -> None:
    """Print all that would be sent, and write what is not the package to ``json_file``."""
    document = json.dumps(plan_document(plan), indent=2)
    if json_file:
        json_file.write_text(document + "\n", encoding="utf-8")
    console.print(document, markup=False, highlight=False)
    console.print(f"--- the package\n{plan.package.text}", markup=False, highlight=False, end="")


def send_plan(plan: SubmissionPlan, json_file: Path | None, console: Console) -> int:
    """Start the run or the schedule and return; ``json_file`` gets its ID and link."""
    with connect_service(plan.target) as service:
        submitted = send(plan, service)
    _tell(plan, submitted, console)
    if json_file:
        write_document(submitted, json_file)
    return int(ExitCode.OK)


def send_and_follow(plan: SubmissionPlan, watch: Watch, json_file: Path | None, console: Console) -> int:
    """Start the run, show its steps until it has ended, and return its exit code; ``json_file`` gets its summary."""
    with connect_service(plan.target) as service:
        submitted = send(plan, service)
        _tell(plan, submitted, console)
        with SubmitProgress(console, submitted.link) as progress:
            summary = follow(plan, submitted, service, progress, watch)
    if json_file:
        write_document(summary, json_file)
    console.print()
    console.print(summary_table(summary))
    if summary.exit_code:
        error = Console(file=sys.stderr, soft_wrap=True)
        error.print(f"slipway: {summary.exit_reason}", markup=False, highlight=False)
    return summary.exit_code


def _tell(plan: SubmissionPlan, submitted: Submitted, console: Console) -> None:
    news = "uploaded" if submitted.uploaded else "there already"
    console.print(f"{'version':<12}{plan.version} ({news})", highlight=False)
    console.print(f"{'schedule' if plan.cron else 'run':<12}{plan.run_name}", highlight=False, markup=False)
    console.print(f"{'link':<12}{submitted.link}", highlight=False)
    if not plan.target.host and not is_forwarded(plan.target):
        console.print(f"{'to open it':<12}{shlex.join(forward_command(plan.target))}", highlight=False)

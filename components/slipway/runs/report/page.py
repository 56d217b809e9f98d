"""One self-contained HTML page about a run."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from slipway.contracts.run_summaries import RunSummary, StepOutcome, StepSummary
from slipway.contracts.steps import resolve, steps_in_order
from slipway.contracts.verdicts import Verdict
from slipway.reporting.page import Section, badge, details, join, key_figures, meter, reasons_list, render_page, table
from slipway.reporting.run_documents import RunDocuments
from slipway.reporting.values import display
from slipway.runs.report.drawing import TONES, draw_pipeline, seconds_text
from slipway.runs.report.pages import links_of, publish_pages

REPORT = "report.html"
_HEADLINES = {"succeeded": "good", "refused": "bad", "failed": "bad"}
_MOST_STEP_FIGURES = 6
_MOST_OPEN_WARNINGS = 3


def write_run_report(run: RunSummary, folder: Path) -> Path:
    """Write ``folder/report.html``, with the steps' own pages in ``folder/reports``; the path of the former."""
    publish_pages(run, folder)
    page = render_run_report(run, folder)
    temporary = folder / f".{REPORT}"
    temporary.write_text(page, encoding="utf-8")
    return temporary.replace(folder / REPORT)


def render_run_report(run: RunSummary, folder: Path) -> str:
    """Return the page as HTML; each step says which sections it adds.

    Args:
        run: what happened.
        folder: where the page will lie; what ``publish_pages`` put there is linked.
    """
    documents = RunDocuments(run)
    steps = steps_in_order()
    sections = [_pipeline(run, {step.name: links_of(step, folder) for step in run.steps})]
    sections += [section for _, step in steps if step.sections for section in resolve(step.sections)(documents)]
    if run.parameters:
        sections.append(_parameters(run))
    figures: dict[str, object] = {}
    for _, step in steps:
        figures |= resolve(step.figures)(documents) if step.figures else {}
    if documents.unreadable:
        lead = "Documents that are there and could not be read."
        sections.append(Section(title="Unreadable", lead=lead, body=reasons_list(documents.unreadable)))
    started = run.started.replace("T", " ").replace("+00:00", " UTC").removesuffix("Z")
    return render_page(
        run.pipeline,
        sections,
        subtitle=f"Run {run.run_id} · {started} · {seconds_text(run.seconds)}",
        header=join(_outcome(run), key_figures(_figures(run) | figures)),
        style=files("slipway.runs.report").joinpath("templates/run_report.css").read_text(encoding="utf-8"),
    )


def _outcome(run: RunSummary) -> Markup:
    headline, reasons = _headline(run)
    address = Markup('<p class="address"><code>{}</code></p>').format(run.model_uri or "")
    warnings = [f"{s.name}: {text}" for s in run.steps if s.verdict for text in s.verdict.warnings]
    worth = Markup('<div class="warnings"><p>Worth a look:</p>{}</div>').format(reasons_list(warnings))
    if len(warnings) > _MOST_OPEN_WARNINGS:
        worth = details(f"{len(warnings)} findings are worth a look", reasons_list(warnings))
    return Markup('<div class="verdict {}"><p class="outcome">{}</p>{}{}</div>').format(
        _HEADLINES.get(run.outcome, "bad"),
        headline,
        join(address if run.model_uri else Markup(""), reasons_list(reasons)),
        worth if warnings else Markup(""),
    )


def _headline(run: RunSummary) -> tuple[str, tuple[str, ...]]:
    """Return what to say first, and why."""
    refused = [step for step in run.steps if step.outcome is StepOutcome.REFUSED]
    failed = [step for step in run.steps if step.outcome is StepOutcome.FAILED]
    if run.outcome == "refused" and refused:
        verdict = refused[0].verdict or Verdict()
        return f"Refused by {refused[0].name}", verdict.reasons or (run.exit_reason,)
    if run.outcome == "failed":
        where = f" at {failed[0].name}" if failed else ""
        return f"Failed{where} (exit code {run.exit_code})", (failed[0].message if failed else run.exit_reason,)
    if run.model_version is not None:
        return f"Pushed version {run.model_version}", ()
    return run.outcome.capitalize(), ()


def _figures(run: RunSummary) -> dict[str, object]:
    """Return how many steps ran, and how many of them were taken from the cache."""
    cached = sum(step.outcome is StepOutcome.CACHED for step in run.steps)
    ran = sum(step.outcome is not StepOutcome.SKIPPED for step in run.steps)
    figures: dict[str, object] = {"steps run": f"{ran} of {len(run.steps)}"}
    return figures | ({"from cache": cached} if cached else {})


def _pipeline(run: RunSummary, links: Mapping[str, Mapping[str, str]]) -> Section:
    longest = max((step.work_seconds for step in run.steps), default=0.0) or 1.0
    rows = [_step_row(step, links.get(step.name, {}), longest) for step in run.steps]
    columns = ("step", "outcome", "seconds", "time", "waited", "role", "key figures", "links")
    steps = Markup('<div class="steps">{}</div>').format(table(columns, rows))
    return Section(
        title="Pipeline",
        lead="An arrow means: waits for. What other arrows imply is left out. Seconds are a step's own; those in which "
        "it waited for imports that all steps of its image role share stand apart.",
        body=join(draw_pipeline(run.steps), steps) if run.steps else Markup(""),
    )


def _step_row(step: StepSummary, links: Mapping[str, str], longest_seconds: float) -> list[object]:
    figures = [Markup("<span>{} <b>{}</b></span>").format(_plain(k), _figure(v)) for k, v in step.figures.items()]
    if len(figures) > _MOST_STEP_FIGURES:
        more = Markup("<span>and {} more</span>").format(len(figures) - _MOST_STEP_FIGURES)
        figures = [*figures[:_MOST_STEP_FIGURES], more]
    reasons = step.verdict.reasons if step.verdict else ()
    said = [Markup('<span class="said">{}</span>').format(text) for text in (step.message, *reasons) if text]
    anchors = [Markup('<a href="{}">{}</a>').format(address, name) for name, address in links.items()]
    ran = step.outcome is not StepOutcome.SKIPPED
    return [
        step.name,
        badge(step.outcome.value, TONES[step.outcome]),
        round(step.work_seconds, 1) if ran else None,
        meter(step.work_seconds / longest_seconds) if ran else None,
        round(step.waited_seconds, 1) or None,
        step.role or None,
        Markup('<div class="facts">{}</div>').format(join(*figures, *said)) if figures or said else None,
        Markup('<span class="links">{}</span>').format(Markup(" · ").join(anchors)) if anchors else None,
    ]


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _figure(value: float) -> str:
    return display(int(value) if float(value).is_integer() else value)


def _parameters(run: RunSummary) -> Section:
    rows = [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
        for name, value in run.parameters.items()
    ]
    return Section(title="Parameters", body=table(("parameter", "value"), rows), lead="What the run was started with.")

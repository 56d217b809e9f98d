"""Sections of a run's report about the push."""

from markupsafe import Markup

from slipway.contracts.published_models import PushedVersion, PushFolder
from slipway.contracts.run_summaries import RunSummary
from slipway.reporting.page import Section, join, key_figures, paragraph, reasons_list, subheading
from slipway.reporting.run_documents import RunDocuments, titled


def sections(documents: RunDocuments) -> list[Section]:
    """Return a section for each push."""
    pushes = documents.read("pushed.json", lambda root: PushFolder(root).pushed())
    return [_push(titled("Push", name, len(pushes)), item, documents.run) for name, item in pushes.items()]


def _push(title: str, pushed: PushedVersion, run: RunSummary) -> Section:
    lead = (
        f"Version {pushed.version} was written."
        if pushed.pushed
        else f"Version {pushed.version} already had this content; nothing was written."
    )
    figures = {"version": pushed.version, "version before": pushed.previous_version, "digest": pushed.digest[:8]}
    address = Markup("<p>Address: <code>{}</code></p>").format(pushed.uri)
    judged = [step for step in run.steps if step.verdict is not None]
    why = [f"{step.name}: {'passed' if step.verdict.passed else 'refused'}" for step in judged if step.verdict]
    gates = join(subheading("Why it may be served"), reasons_list(why)) if why else paragraph("No step judged it.")
    return Section(title=title, lead=lead, body=join(key_figures(figures), address, gates))

"""Sections of a run's report about the table."""

from slipway.contracts.tables import SPLITS, Manifest, TableFolder
from slipway.reporting.page import Section, details, join, key_figures, table
from slipway.reporting.run_documents import RunDocuments, titled


def sections(documents: RunDocuments) -> list[Section]:
    """Return a section for each table of the run."""
    tables = documents.read("manifest.json", lambda root: TableFolder(root).manifest())
    return [_table_section(name, item, len(tables)) for name, item in tables.items()]


def _table_section(step: str, manifest: Manifest, how_many: int) -> Section:
    splits = [*(name for name in SPLITS if name in manifest.splits), *(n for n in manifest.splits if n not in SPLITS)]
    rows = {name: manifest.rows(name) for name in splits}
    total = sum(rows.values())
    shares = ", ".join(f"{name} {count / total:.1%}" for name, count in rows.items()) if total else "no rows"
    types = table(("column", "type"), [(column.name, column.type) for column in manifest.columns])
    return Section(
        title=titled("Data", step, how_many),
        lead=f"Read from {manifest.source}. Split: {shares}.",
        body=join(
            key_figures({"rows": total, **{f"{name} rows": count for name, count in rows.items()}}),
            details(f"{len(manifest.columns)} columns as stored", types),
        ),
    )

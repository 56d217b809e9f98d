"""What ingest tells people."""

from slipway.contracts.tables import SPLITS
from slipway.reporting.markdown import escape, markdown_table
from slipway.steps.ingest.core import Ingested


def markdown_summary(ingested: Ingested) -> str:
    """Splits and columns as Markdown tables."""
    manifest, rows = ingested.manifest, ingested.rows()
    held = [split for split in SPLITS if split in manifest.splits]
    splits = [(split, manifest.rows(split), f"{manifest.rows(split) / rows:.1%}") for split in held]
    dropped = ingested.rows_without_label
    return "\n".join(
        (
            f"## {rows:,} rows, {len(manifest.columns)} columns\n",
            f"From {escape(manifest.source)} ({ingested.files_read} file{'s' * (ingested.files_read != 1)}), "
            + (f"split by {escape(ingested.split_by)}." if ingested.split_by else "not split.")
            + (f" {dropped:,} rows without a label were dropped." if dropped else "")
            + "\n",
            markdown_table(("Split", "Rows", "Share"), splits),
            markdown_table(("Column", "Type"), [(column.name, column.type) for column in manifest.columns]),
        )
    )

"""What ingest tells people."""

from slipway.contracts.tables import SPLITS, Manifest
from slipway.reporting.markdown import escape, markdown_table


def markdown_summary(manifest: Manifest, files_read: int, rows_without_label: int, split_by: str) -> str:
    """Write the splits and columns as Markdown tables; see ``core.Result`` for what is given."""
    held = [split for split in SPLITS if split in manifest.splits]
    rows = sum(map(manifest.rows, held))
    splits = [(split, manifest.rows(split), f"{manifest.rows(split) / rows:.1%}") for split in held]
    return "\n".join(
        (
            f"## {rows:,} rows, {len(manifest.columns)} columns\n",
            f"From {escape(manifest.source)} ({files_read} file{'s' * (files_read != 1)}), "
            + (f"split by {escape(split_by)}." if split_by else "not split.")
            + (f" {rows_without_label:,} rows without a label were dropped." if rows_without_label else "")
            + "\n",
            markdown_table(("Split", "Rows", "Share"), splits),
            markdown_table(("Column", "Type"), [(column.name, column.type) for column in manifest.columns]),
        )
    )

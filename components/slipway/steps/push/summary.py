"""What push tells people."""

from slipway.reporting.markdown import markdown_table, markdown_verdict
from slipway.steps.push.core import Publication

_LISTED = 10


def push_summary(publication: Publication) -> str:
    """Markdown: where the model lies now, and the newest versions beside it."""
    pushed, record = publication.pushed, publication.record
    figures = {
        "Model": record.model_name,
        "Version": pushed.version,
        "Address": pushed.uri,
        "Written": "yes" if pushed.pushed else "no: the latest version already has this content",
        "Rollback would serve": record.previous or "nothing",
        "Files": publication.files,
        "Bytes": publication.bytes,
        "Digest": pushed.digest,
    }
    rows = [
        (line.version, line.digest[:12], line.bytes, line.restored_from or "")
        for line in reversed(record.versions[-_LISTED:])
    ]
    listing = markdown_table(("Version", "Digest", "Bytes", "Content of version"), rows)
    return f"{markdown_verdict('Pushed model', None, figures)}\n{listing}"

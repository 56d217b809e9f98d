"""What push tells people."""

from slipway.contracts.published_models import PublishRecord, PushedVersion
from slipway.reporting.markdown import markdown_table, markdown_verdict

_LISTED = 10


def markdown_summary(
    pushed: PushedVersion, model_name: str, record: PublishRecord | None, files: int, size_bytes: int
) -> str:
    """Write where the model lies now, and the newest versions beside it; see ``core.Result`` for what is given."""
    figures = {
        "Model": model_name,
        "Version": pushed.version,
        "Address": pushed.uri,
        **{f"Also at ({number})": uri for number, uri in enumerate(pushed.also, start=1)},
        "Written": "yes" if pushed.pushed else "no: the latest version already has this content",
        "Rollback would serve": (record and record.previous) or "nothing",
        "Files": files,
        "Bytes": size_bytes,
        "Digest": pushed.digest,
    }
    rows = [
        (line.version, line.digest[:12], line.bytes, line.restored_from or "")
        for line in reversed(record.versions[-_LISTED:] if record else ())
    ]
    listing = markdown_table(("Version", "Digest", "Bytes", "Content of version"), rows) if rows else ""
    return f"{markdown_verdict('Pushed model', None, figures)}\n{listing}"

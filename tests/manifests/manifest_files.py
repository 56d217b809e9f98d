"""Where the manifests lie, and which there are."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "manifests"
TOOLS = ROOT / ".venv" / "manifests-tools"
OVERLAYS = sorted(folder.name for folder in (MANIFESTS / "overlays").iterdir())
COMPONENTS = sorted(folder.name for folder in (MANIFESTS / "components").iterdir())
PARTS = [
    (overlay, component)
    for overlay in OVERLAYS
    for component in COMPONENTS
    if f"- ../../components/{component}\n" in (MANIFESTS / "overlays" / overlay / "kustomization.yaml").read_text()
]
"""Each overlay with each component that it includes."""
EXAMPLES = sorted(MANIFESTS.rglob("example-*.yaml"))

Resource = dict[str, Any]


def read_all(text: str) -> list[Resource]:
    """The documents of a YAML text."""
    return [document for document in yaml.safe_load_all(text) if document]

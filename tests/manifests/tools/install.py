"""Build kustomize and the judge of pods, and fetch the definitions of custom resources, through the Go module proxy.

Versions and checksums stand in ``go.mod``, ``go.sum`` and ``custom-resources.txt`` beside this file. Without Go nothing
is made, and the tests that need these tools skip and say so.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5"


def install(target: Path) -> None:
    """Put ``bin/kustomize``, ``bin/pod-security`` and ``definitions/*.yaml`` into ``target``; ``.ready`` comes last."""
    if (go := shutil.which("go")) is None:
        sys.stderr.write(f"no Go on PATH: {target} is not made, and the tests that render manifests skip\n")
        return
    for name, package in (("kustomize", KUSTOMIZE), ("pod-security", ".")):
        command = [go, "build", "-mod=readonly", "-o", str(target / "bin" / name), package]
        subprocess.run(command, cwd=HERE, env={**os.environ, "CGO_ENABLED": "0"}, check=True)
    for line in (HERE / "custom-resources.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            _fetch(go, *line.split(), target / "definitions")
    (target / ".ready").touch()


def _fetch(go: str, module: str, version: str, checksum: str, file: str, folder: Path) -> None:
    command = [go, "mod", "download", "-json", f"{module}@{version}"]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    module_facts = json.loads(answer.stdout)
    if answer.returncode:
        sys.exit(f"{module}@{version}: {module_facts.get('Error', 'cannot be had')}")
    if module_facts["Sum"] != checksum:
        sys.exit(f"{module}@{version} has checksum {module_facts['Sum']}, expected {checksum}")
    folder.mkdir(parents=True, exist_ok=True)
    source = Path(module_facts["Dir"]) / file
    (folder / source.name).write_bytes(source.read_bytes())


if __name__ == "__main__":
    install(Path(sys.argv[1]).resolve())

"""Benchmarks lie at the checkout's root. It goes to the path's end, so that no folder there hides a library."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3]))

"""A contender whose time and memory are known, to test the measuring with."""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.contender import Contest

_HOLD_SECONDS = 0.3
_CHILD = "import sys, time; held = b'x' * (int(sys.argv[1]) * 10**6); time.sleep(float(sys.argv[2]))"


def memory(scratch: Path, megabytes: int, in_child: int) -> Contest:
    """Hold so many megabytes for a while, in this process and, above 0, in a child."""

    def work() -> int:
        held = b"x" * (megabytes * 10**6)
        if in_child:
            subprocess.run([sys.executable, "-c", _CHILD, str(in_child), str(2 * _HOLD_SECONDS)], check=True)
        time.sleep(_HOLD_SECONDS)
        return len(held) // 10**6

    return work, lambda found: {"megabytes": float(found)}

"""One report in its own process, its cells in a Jupyter kernel: ``python -m advisorkit.batch.solo FOLDER MEGABYTES PARENT``."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from advisorkit.batch import lean  # noqa: F401  before anything that imports jsonschema
from advisorkit.batch.confining import confine, die_with_parent
from advisorkit.batch.making import make

__all__: list[str] = []

if __name__ == "__main__":
    if sys.platform == "linux":
        die_with_parent()
        if os.getppid() != int(sys.argv[3]):
            sys.exit(1)
    gc.enable()
    confine(int(sys.argv[2]))
    make(Path(sys.argv[1]))

"""Where every process of a batch begins: ``python -m advisorkit.batch.entry MODULE ARGUMENT…`` runs that module's `main`.

Where JupyterLab is installed, jsonschema imports a grammar of international web addresses, at more than a second of
processor time, to check a format that no notebook uses. jsonschema does without when it is not there. Collecting garbage
while modules are loaded finds none and takes a fifth of the time; `main` enables it again.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module

if __name__ == "__main__":
    gc.disable()
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    import_module(f"advisorkit.batch.{sys.argv[1]}").main(*sys.argv[2:])

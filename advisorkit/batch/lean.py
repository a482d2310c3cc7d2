"""Imported before anything else by the processes that a batch starts.

Where JupyterLab is installed, jsonschema imports a grammar of international web addresses, at more than a second of
processor time, to check a format that no notebook uses. jsonschema does without when it is not there. Collecting garbage
while modules are loaded finds none and takes a fifth of the time; whoever imports this enables it again.
"""

from __future__ import annotations

import gc
import sys

__all__: list[str] = []

gc.disable()
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

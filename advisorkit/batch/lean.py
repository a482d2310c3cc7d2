"""Imported before anything else by the processes that a batch starts.

Where JupyterLab is installed, jsonschema imports a grammar of international web addresses, at more than a second of
processor time, to check a format that no notebook uses. jsonschema does without when it is not there.
"""

from __future__ import annotations

import sys

__all__: list[str] = []

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

"""A batch as its own program: ``python drive.py '{"name": …, "notebook": …, "count": …, "facts": …, "out": …, "settings": …}'``."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from batch_faults.stage import jobs, make

from advisorkit.batch.values import Template
from advisorkit.values.messages import AdvisorError

__all__: list[str] = []

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background would hand down a deaf one
    ordered = json.loads(sys.argv[1])
    template = Template(ordered["name"], ordered["notebook"])
    try:
        result = make(template, jobs(ordered["count"], **ordered["facts"]), Path(ordered["out"]), **ordered["settings"])
    except AdvisorError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(json.dumps(result.document()))
    sys.exit(0 if result.ok else 1)

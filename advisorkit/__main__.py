"""The command ``advisorkit``, also ``python -m advisorkit``; Ctrl+C ends it quietly while it still loads."""

import os
import signal


def _stopped(*_: object) -> None:
    os.write(2, b"stopped\n")
    os._exit(130)


_before = signal.getsignal(signal.SIGINT)
if _before is signal.default_int_handler:
    signal.signal(signal.SIGINT, _stopped)
from advisorkit.cli import main  # noqa: E402

signal.signal(signal.SIGINT, _before)

if __name__ == "__main__":
    main()

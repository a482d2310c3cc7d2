"""Twenty repetitions of the browser suite without a second try; run by ``make soak``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ONCE = ["-p", "no:rerunfailures", "-o", "markers=browser: a screen\nflaky: may try again, not here\nsoak: too long"]
"""Without the plugin that tries again; its marker is known all the same."""


@pytest.mark.soak
@pytest.mark.parametrize("repetition", range(1, 21))
def test_the_screens_pass_again_without_a_second_try(repetition: int) -> None:
    command = [sys.executable, "-m", "pytest", "tests/browser", "-q", "-x", *ONCE]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=1800)

    assert done.returncode == 0, f"repetition {repetition}\n{done.stdout[-4000:]}"

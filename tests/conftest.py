"""What the suite leaves alone, and what may try again."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("house", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("new cases", settings.get_profile("house"), max_examples=100, derandomize=False)
settings.load_profile("house")  # no test depends on how busy the machine is or on luck; `make soak` draws new cases

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell has what it starts in the background ignore Ctrl+C
    signal.signal(signal.SIGINT, signal.default_int_handler)

collect_ignore_glob = ["batch_faults/*", "benchmarks/*"]
"""Programs that tests start as processes of their own."""

MOMENTS = ("tests/browser/", "tests/test_batch", "tests/test_live", "tests/test_store_torn")
"""Tests whose moments belong to other processes: servers, browsers, killed workers. A machine that is busy may need a
second try; `make soak` repeats them without one."""

ORDER = ("tests/test_batch", "tests/test_decision", "tests/browser/test_story", "tests/browser/")
"""Where files stand in the suite, by how their names begin; all others between the second and the third."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Screens come last: their browser keeps an event loop in this process, which other tests could not share.

    Workers take one file after the other in this order, so the long ones come before the short ones.
    """
    items.sort(key=lambda item: next((place for place, start in enumerate(ORDER) if item.nodeid.startswith(start)), 1.5))
    if config.option.markexpr == "soak":
        return
    for item in items:
        if item.nodeid.startswith(MOMENTS):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))

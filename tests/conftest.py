"""What the suite leaves alone, and what may try again."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")  # no test depends on how busy the machine is

collect_ignore_glob = ["batch_faults/*", "benchmarks/*"]
"""Programs that tests start as processes of their own."""

MOMENTS = ("tests/browser/", "tests/test_batch", "tests/test_live", "tests/test_store_torn")
"""Tests whose moments belong to other processes: servers, browsers, killed workers. A machine that is busy may need a
second try; `make soak` repeats them without one."""

SCREENS = "tests/browser/"
"""Tests that share one browser and its servers, so they stay on one worker; they take longest and begin first."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On several workers the screens are one piece of work and every other file is one."""
    items.sort(key=lambda item: not item.nodeid.startswith(SCREENS))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(SCREENS if item.nodeid.startswith(SCREENS) else item.nodeid.partition("::")[0]))
    if config.option.markexpr == "soak":
        return
    for item in items:
        if item.nodeid.startswith(MOMENTS):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))

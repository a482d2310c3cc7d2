"""A list of hundreds weighed on the slots of a batch: slice after slice in processes of their own, so that memory stays as it is."""

import pickle
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from advisorkit.batch.forks import FORKS, can_fork
from advisorkit.batch.values import Limits
from advisorkit.batch.worker import executor_for, lay
from advisorkit.export.formats import RENDERERS
from advisorkit.pilots.established import Established
from advisorkit.study.candidates import Weighed, weigh_once
from advisorkit.study.programme import sound, weigh
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.messages import AdvisorError, UsageError

SLICE = 50
"""Workflows that are weighed in one process."""
ALONE = 60
"""Workflows up to which other processes would take longer to start than they save."""


def weigh_list(
    engagement: Engagement, pilots: Mapping[str, Established], executor: Executor | str | None = None, scheduler: str | None = None,
    slots: int = 2, tick: Callable[[int, int], object] = max,
) -> tuple[Weighed, ...]:
    """Every workflow of `engagement` as a programme weighs it: the same values wherever they are worked out.

    `executor`, `scheduler` and `slots` are as for `produce`; `tick` is told how many are done, and of how many; rows that only words tell apart are weighed once.

    Raises:
        UsageError: If there is no such executor, the workflows cannot be one programme, or a process was lost.
        EngagementError: If assumptions do not fit together.
        PriceError: If a price or an exchange rate is not known.
    """
    every = sound(engagement).workflows
    if executor in (None, "local") and (len(every) <= ALONE or not can_fork()):
        return weigh(engagement, pilots)

    def work(several: Sequence[Workflow]) -> Iterator[Weighed]:
        slices = [replace(engagement, workflows=tuple(several[start : start + SLICE])) for start in range(0, len(several), SLICE)]
        asked, done = [pickle.dumps((one, {w.id: pilots[w.id] for w in one.workflows if w.id in pilots})) for one in slices], 0
        with executor_for(executor, slots, scheduler) as pool:
            for weighed in pool.map(_apart, asked):
                yield from weighed
                done += len(weighed)
                tick(done, len(several))

    return weigh_once(engagement, pilots, work)


def _apart(asked: bytes) -> tuple[Weighed, ...]:
    """One slice weighed in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="weigh-", dir=FORKS.scratch(), ignore_cleanup_errors=True) as name:
        folder = Path(name)
        lay(folder, {})
        (folder / "asked").write_bytes(asked)
        end = FORKS.run(folder, Limits(), f"{__name__}:_answer", [RENDERERS["html"]])
        if end.reason or not (folder / "answer").exists():
            raise UsageError(f"a part of the list was not weighed: {end.reason or 'its process left nothing'}")
        found = pickle.loads((folder / "answer").read_bytes())  # noqa: S301  our own process wrote it into a folder that only its user may enter
    if isinstance(found, Exception):
        raise found
    return tuple(found)


def _answer(folder: Path) -> None:
    """Called in that process."""
    found: tuple[Weighed, ...] | Exception
    try:
        found = weigh(*pickle.loads((folder / "asked").read_bytes()))  # noqa: S301  as above
    except (AdvisorError, ArithmeticError) as error:
        found = error
    (folder / "answer").write_bytes(pickle.dumps(found))

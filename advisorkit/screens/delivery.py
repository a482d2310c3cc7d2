"""Deliverables made from a session, in the background, with their progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from advisorkit.batch.inputs import job_of
from advisorkit.batch.runner import produce
from advisorkit.batch.values import BatchResult, Deliverable
from advisorkit.export.brand import read_brand
from advisorkit.screens.delivering import Made
from advisorkit.screens.desk import Desk
from advisorkit.values.engagement import Engagement
from advisorkit.values.errors import AdvisorError


def report(
    engagement: Engagement, file: Path, formats: Sequence[str], out: Path, brand: Path | None = None,
    progress: Callable[[int, int, Deliverable], None] | None = None,
) -> BatchResult:
    """Make the client's report of `engagement` in every format; `file` is where the engagement lies."""
    job = job_of(engagement, file.parent, file.name)
    options, worn = ({"brand": brand}, read_brand(brand)) if brand else ({}, None)
    return produce("client_report", [job], out, tuple(formats), options=options, brand=worn, progress=progress)


class Delivery:
    """One round of deliverables at a time; `tell` is called from another thread whenever something changed."""

    def __init__(self, desk: Desk, tell: Callable[[], None]) -> None:
        self.file, self.tell = desk.path, tell
        self.out = desk.folder / "reports"
        self.made: tuple[Made, ...] = ()
        self.busy: tuple[int, int] | None = None
        self.fault = ""
        self._pool = ThreadPoolExecutor(max_workers=1)

    def start(self, engagement: Engagement, formats: Sequence[str], brand: str) -> None:
        """Make `formats`; nothing happens while a round is under way."""
        if self.busy is not None:
            return
        self.busy, self.fault = (0, len(formats)), ""
        chosen = self.file.with_name(brand) if brand else None
        self._pool.submit(report, engagement, self.file, formats, self.out, chosen, self._step).add_done_callback(self._finish)

    def read(self, path: str) -> bytes:
        """The bytes of a file that this session made."""
        names = {made.path for made in self.made if made.status != "failed"}
        if path not in names:
            raise KeyError(path)
        return (self.out / path).read_bytes()

    def _step(self, done: int, total: int, _: Deliverable) -> None:
        self.busy = (done, total)
        self.tell()

    def _finish(self, future: Future[BatchResult]) -> None:
        self.busy = None
        try:
            rows = future.result().deliverables
            self.made = tuple(Made(r.format, r.path, r.bytes, r.status, r.error) for r in rows)
        except (AdvisorError, OSError) as error:
            self.fault = str(error)
        self.tell()

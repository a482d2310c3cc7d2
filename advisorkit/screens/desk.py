"""The engagement file on disk: what was read from it, what is saved in it, and whether somebody else touched it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from advisorkit.files.disk import fingerprint, read_bytes
from advisorkit.screens.resume import Diary, Resumed, workbook_folder
from advisorkit.screens.state import State
from advisorkit.store.reading import Loaded, load
from advisorkit.store.writing import write
from advisorkit.values.engagement import Engagement
from advisorkit.values.errors import AdvisorError, EngagementError, UsageError


class Desk:
    """One engagement file and the session's diary beside it."""

    def __init__(self, path: Path) -> None:
        self._seen = _stamp(path)
        self.loaded: Loaded = load(path)
        path = path.parent.resolve() / path.name  # a kernel that outlives its folder must not look for it under where it started
        self.path = path
        self.diary = self._own_diary()
        self.at = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
        self.refused = ""
        self._noted = _stamp(self.diary.path)

    @property
    def saved(self) -> Engagement:
        """What the file held when this session last read or wrote it."""
        return self.loaded.engagement

    @property
    def folder(self) -> Path:
        """Where this engagement's workbooks, diary and documents lie."""
        return self.diary.path.parent

    @property
    def state(self) -> tuple[datetime, str]:
        """When the file was last written, and why it could not be written since."""
        return self.at, self.refused

    def words(self, error: object) -> str:
        """What `error` says, fit for a screen that is shared: the file by its name, without the folders above it."""
        return str(error).replace(str(self.path), self.path.name)

    def resume(self) -> Resumed:
        """Where the last session stopped."""
        found = self.diary.resume(self.loaded)
        passed_over = self.folder.name != f"{self.path.name}.workbooks" and not self.diary.path.exists()
        return replace(found, notice=_OTHERS) if passed_over else found

    def note(self, state: State) -> None:
        """Keep `state` in the diary."""
        self.diary.write(state, self.saved, self.loaded.fingerprint)
        self._noted = _stamp(self.diary.path)

    def save(self, engagement: Engagement) -> None:
        """Write what changed into the file; keeps why not in `refused` when it cannot be done."""
        try:
            if self.touched() and (there := load(self.path)).engagement == engagement:
                self.loaded = there  # a page that was reloaded: its old kernel wrote the same as it ended
            else:
                self.loaded = write(self.path, engagement, self.loaded.fingerprint)
        except AdvisorError as error:
            self.refused = str(error)
            raise
        self.refused, self.at, self._seen = "", datetime.now().astimezone(), _stamp(self.path)

    def touched(self) -> bool:
        """Whether the file's content is no longer what this session read or wrote."""
        now = _stamp(self.path)
        if now == self._seen:
            return False
        try:
            changed = fingerprint(read_bytes(self.path)) != self.loaded.fingerprint
        except AdvisorError:
            return True
        self._seen = self._seen if changed else now
        return changed

    def outdated(self) -> bool:
        """Whether another session wrote the file or its diary since."""
        return _stamp(self.path) != self._seen or _stamp(self.diary.path) != self._noted

    def read_again(self) -> Engagement:
        """The file as it is now."""
        self.refused, self._seen = "", _stamp(self.path)
        self.loaded = load(self.path)
        self.diary = self._own_diary()
        self.at = datetime.fromtimestamp(self.path.stat().st_mtime).astimezone()
        return self.loaded.engagement

    def _own_diary(self) -> Diary:
        return Diary(workbook_folder(self.path, self.saved) / "session.json")

    def take_over(self) -> None:
        """Accept the file as it is now as the one to be written over."""
        try:
            other = not self.saved.of_same_client(load(self.path).engagement)
        except EngagementError:
            other = False  # a file with faults is nobody's: it may be mended by writing over it
        if other:
            raise UsageError(f"{self.path.name} holds another engagement by now; it is not written over. Give one of the two another name")
        self.loaded = Loaded(self.saved, (), fingerprint(read_bytes(self.path)))
        self.refused = ""


_OTHERS = (
    "This file held another engagement, by id or client, when it was last opened. "
    "What was changed elsewhere or tried then is left in its own folder; nothing of it is taken along."
)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, -1)
    return found.st_mtime_ns, found.st_size

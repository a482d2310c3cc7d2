"""What a session is in the middle of, kept beside the workbooks so that a reload or a crash loses nothing."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from advisorkit.files.disk import write_bytes
from advisorkit.screens.state import State
from advisorkit.store.document import to_json
from advisorkit.store.reading import Loaded, from_json
from advisorkit.values.engagement import Engagement, Scenario
from advisorkit.values.errors import AdvisorError

_TRIED = "tried and not kept"
_OWNER = "engagement.json"
"""Name of the note that says whose workbooks a folder holds."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where a session starts."""

    state: State
    """The state to go on from."""
    unsaved: bool = False
    """Whether it holds agreed changes that are not in the file yet."""
    notice: str = ""
    """What the user should know."""


def workbook_folder(file: Path, engagement: Engagement, *, make: bool = False) -> Path:
    """The folder of the workbooks, diary and documents of `engagement` in `file`: one for each engagement that the file ever held.

    It is named after the whole name of the file. A folder that another engagement (by id or client) left there is passed over,
    so that what was tried with one client is never met by the next. With `make` it is created and marked.
    """
    owner = {"id": engagement.id, "client": engagement.client}
    tries = (file.with_name(f"{file.name}{f'.{n}' if n > 1 else ''}.workbooks") for n in count(1))
    folder = next(f for f in tries if _owner(f) in (None, owner))
    if make:
        folder.mkdir(exist_ok=True)
    if folder.is_dir() and _owner(folder) is None:
        with suppress(OSError):
            write_bytes(folder / _OWNER, json.dumps(owner, ensure_ascii=False).encode())
    return folder


def _owner(folder: Path) -> object:
    """Whose folder it is; None when nobody is noted there."""
    try:
        return json.loads((folder / _OWNER).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return None if not folder.is_dir() else {}


@dataclass(frozen=True, slots=True)
class Diary:
    """A small file beside the workbooks, written after every edit."""

    path: Path
    """Where it lies; when its folder is missing nothing is kept."""

    def write(self, state: State, saved: Engagement, fingerprint: str) -> None:
        """Note `state`, and which file it belongs to; a folder that cannot be written is no error."""
        trial = {_TRIED: Scenario(workflows=state.tried)} if state.tried else {}
        engagement = replace(state.engagement, scenarios={**state.engagement.scenarios, **trial})
        note = {
            "fingerprint": fingerprint, "workflow": state.workflow, "scenario": state.scenario, "parked": list(state.parked), "absent": list(state.absent),
            "unsaved": state.engagement != saved, "engagement": to_json(engagement),
        }
        if self.path.parent.is_dir():
            try:
                write_bytes(self.path, json.dumps(note).encode())
            except OSError:
                return

    def resume(self, loaded: Loaded) -> Resumed:
        """The state that was left, or a fresh one for the file as it is now."""
        fresh = State(loaded.engagement, loaded.engagement.workflows[0].id)
        try:
            note = json.loads(self.path.read_bytes())
            left = _state(note)
            if not left.engagement.of_same_client(loaded.engagement):
                return Resumed(fresh)
            if note["fingerprint"] == loaded.fingerprint:
                return Resumed(left, unsaved=bool(note["unsaved"]))
            kept = State(loaded.engagement, left.workflow, left.scenario, left.tried, left.parked, left.absent)
            loaded.engagement.workflow(kept.workflow)
            return Resumed(kept if kept.shown else fresh, notice=_CHANGED if note["unsaved"] else "")
        except (OSError, ValueError, KeyError, TypeError, AdvisorError):
            return Resumed(fresh)


_CHANGED = "The file was changed elsewhere since this session was interrupted. The file was taken; edits not saved then are lost."


def _state(note: dict[str, object]) -> State:
    engagement = from_json(str(note["engagement"]))
    tried = engagement.scenarios.get(_TRIED, Scenario()).workflows
    agreed = {name: scenario for name, scenario in engagement.scenarios.items() if name != _TRIED}
    state = State(replace(engagement, scenarios=agreed), str(note["workflow"]), str(note["scenario"]), tried, *(tuple(map(str, note[name])) for name in ("parked", "absent")))  # type: ignore[call-overload]
    assert state.current
    return state

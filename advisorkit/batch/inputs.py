"""From files and folders to jobs: one faulty file is one faulty job."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from advisorkit.batch.values import Job
from advisorkit.engagement import Engagement
from advisorkit.errors import AdvisorError, EngagementError, Fault, UsageError
from advisorkit.files import read_bytes
from advisorkit.store import read
from advisorkit.store.document import to_json
from advisorkit.store.wholes import reduced

__all__ = ["Prepare", "gather", "job_of"]

Prepare = Callable[[Engagement], Engagement]
"""What a request lays over every engagement: assumptions, a scenario."""
_FILES = {".yaml", ".yml", ".json"}


def gather(inputs: Iterable[str | Path], prepare: Prepare | None = None) -> tuple[Job, ...]:
    """A job for every engagement in files and folders (their engagement files, by name); faulty ones carry their faults.

    Raises:
        UsageError: If an input does not exist or a folder holds no engagement file; all such inputs are named.
    """
    paths, faults = [], []
    for name in map(Path, inputs):
        found = sorted(path for path in name.iterdir() if path.suffix.lower() in _FILES) if name.is_dir() else [name]
        if not found:
            faults.append(f"{name}: holds no engagement file (.yaml, .yml or .json)")
        elif not found[0].exists():
            faults.append(f"{name}: there is no such file or folder")
        paths += found
    if faults or not paths:
        raise UsageError("; ".join(faults) or "nothing to do: name engagement files or folders")
    return tuple(_job_in(path, prepare or _as_is) for path in paths)


def _as_is(engagement: Engagement) -> Engagement:
    return engagement


def _job_in(path: Path, prepare: Prepare) -> Job:
    name = reduced(path.stem) or "unnamed"
    try:
        engagement = read(path)
        return job_of(prepare(engagement), path.parent, str(path))
    except EngagementError as error:
        return Job(name, "", "", source=str(path), faults=error.faults)
    except AdvisorError as error:
        return Job(name, "", "", source=str(path), faults=(Fault(str(path), "", str(error)),))


def job_of(engagement: Engagement, folder: Path, source: str = "") -> Job:
    """The job of one engagement, in the form that `report.open_job` reads.

    `folder` is where the files that it names lie; their bytes travel in the document, so that no worker needs the folder.

    Raises:
        EngagementError: If a file that it names cannot be read.
    """
    content = {name: base64.b64encode(read_bytes(folder / name)).decode() for name in sorted(set(_named(engagement)))}
    document = {"engagement": json.loads(to_json(engagement)), "options": {"brand": {}}, "files": content}
    return Job(engagement.id, engagement.client, json.dumps(document, ensure_ascii=False), source=source)


def _named(engagement: Engagement) -> Iterator[str]:
    for workflow in engagement.workflows:
        yield from (pilot.file for pilot in workflow.pilots)

"""Everything that can be known to go wrong before the first report is begun."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from advisorkit.batch.folders import Folder, open_folder, why
from advisorkit.batch.templates import check_template, find_template
from advisorkit.batch.values import Job, Template
from advisorkit.values.errors import EngagementError, Fault, UsageError

ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
"""Form of the ids from which file names are built."""
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
BYTES_EACH = 300_000
"""Space that one deliverable is taken to need."""


def refuse_unfit(
    template: Template | str | Path, jobs: Sequence[Job], formats: Mapping[str, str], out: str | Path
) -> tuple[Template, Folder]:
    """Check template, ids and folder together; template and folder, when all are fit."""
    whole = [job for job in jobs if not job.faults]
    model, faults = fit_template(template)
    faults += [Fault("", "", f"{word!r} cannot be part of a file name: use a-z and 0-9") for word in formats if not _WORD.fullmatch(word)]
    for what, found in (("engagement", jobs), ("format", formats)):
        if not found:
            faults.append(Fault("", "", f"there is nothing to make: no {what} was named"))
    faults += [*_bad_ids(whole), *_same_names(whole)]
    try:
        folder = open_folder(out)
    except UsageError as error:
        raise EngagementError([*faults, Fault("", "", str(error))]) from None
    if faults := [*faults, *_bad_folder(folder, len(whole) * len(formats))]:
        folder.forsake()
        raise EngagementError(faults)
    return model, folder


def fit_template(template: Template | str | Path) -> tuple[Template, list[Fault]]:
    """The template, and everything that is wrong with it."""
    try:
        model = template if isinstance(template, Template) else find_template(template)
    except UsageError as error:
        return Template("", ""), [Fault("", "", str(error))]
    faults = [Fault("", "", text) for text in check_template(model)]
    if not _WORD.fullmatch(model.name):
        faults.append(Fault("", "", f"template name {model.name!r} cannot be part of a file name: use a-z, 0-9, hyphens and underscores"))
    return model, faults


def _bad_ids(jobs: Sequence[Job]) -> Iterator[Fault]:
    for job in jobs:
        for what, word in (("engagement", job.engagement), ("workflow", job.workflow or "none")):
            if not ID.fullmatch(word):
                yield Fault(job.source, "", f"{what} id {word!r} cannot be part of a file name: use a-z, 0-9 and hyphens")


def _same_names(jobs: Sequence[Job]) -> Iterator[Fault]:
    alike: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        alike[_folded(job.engagement), _folded(job.workflow)].append(job)
    for group in alike.values():
        if len(group) > 1:
            places = ", ".join(job.source or job.client for job in group)
            ids = " and ".join(sorted({job.engagement for job in group}))
            yield Fault("", "", f"id {ids} is used {len(group)} times ({places}); file names would be the same, so give each its own id")


def _folded(id: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", id).casefold())


def _bad_folder(folder: Folder, files: int) -> Iterator[Fault]:
    try:
        folder.write(".advisorkit-test", b"test")
        folder.remove(".advisorkit-test")
    except OSError as error:
        yield Fault("", "", f"the output folder cannot be used: {why(error)}")
        return
    free, needed = folder.free(), files * BYTES_EACH
    if free is not None and free < needed:
        yield Fault("", "", f"the disk has {free / 1e6:.1f} MB free, and {files} files need about {needed / 1e6:.1f} MB")

"""From files, folders and portfolio tables to jobs: one faulty file or row is one faulty job."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from os.path import realpath
from pathlib import Path
from typing import Any

from advisorkit.batch.values import MANIFEST, Job
from advisorkit.export.brand import Brand
from advisorkit.files.disk import fingerprint, folder_of, read_bytes
from advisorkit.files.tables import KINDS
from advisorkit.intake.mapping import ListMapping
from advisorkit.intake.portfolio import PortfolioRow, portfolio
from advisorkit.report.job import job_document, refusals
from advisorkit.store.reading import CURRENCIES, load, reduced
from advisorkit.store.writing import write
from advisorkit.study.pilots import finals
from advisorkit.study.returning import with_advised
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import AdvisorError, EngagementError, Fault, UsageError, nearest

Prepare = Callable[[Engagement], Engagement]
"""What a request lays over every engagement: assumptions, a scenario."""
_FILES = {".yaml", ".yml", ".json"}


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the inputs of a batch hold."""

    jobs: tuple[Job, ...]
    """One for each engagement file and table row, faulty ones with their faults."""
    notices: tuple[str, ...]
    """What the user should know about tables, such as a currency that was assumed."""


def gather(
    inputs: Iterable[str | Path], prepare: Prepare = lambda engagement: engagement, *, brand: Brand | None = None, currency: str = "EUR",
    as_of: date | None = None, mapping: ListMapping | None = None, keep: bool = False,
) -> Gathered:
    """A job for every engagement in files, folders (their engagement files, by name; hidden ones left out) and portfolio tables (each row).

    Args:
        inputs: Files, folders and tables.
        prepare: What is laid over every engagement.
        brand: The sender's brand, the same in every report.
        currency: Currency of table rows that name none, ISO 4217.
        as_of: Day of the advice for table rows that name none; needed when there is a table.
        mapping: What the headings and words of tables stand for.
        keep: Whether engagement files keep in their history what their final workflows tell.

    Raises:
        UsageError: If an input does not exist or a folder holds no engagement file; all such inputs are named.
        EngagementError: If the columns or ids of tables are faulty; carries all of them.
    """
    paths, faults, notices = dict[str, Path](), list[str](), list[str]()
    if currency not in CURRENCIES:
        faults.append(f"{currency!r} is not a currency code" + "".join(f"; did you mean {near}?" for near in nearest(currency, CURRENCIES)[:1]))
    for name in map(Path, inputs):
        found = sorted(filter(_is_engagement, name.iterdir())) if name.is_dir() else [name]
        below = f"; folders in it are not looked into, so name them too: {', '.join(inner)}" if (inner := _folders(name)) else ""
        if not found:
            faults.append(f"{name}: holds no engagement file (.yaml, .yml or .json){below}")
        elif not name.exists():
            faults.append(f"{name}: there is no such file or folder")
        elif below:
            notices.append(f"{name}{below.replace(';', ':', 1)}")
        if lists := _lists(name):
            notices.append(f"{name}: tables in it are not read, so name those that are lists of use cases too: {', '.join(lists)}")
        for path in sorted(found, key=Path.is_symlink):  # what is named twice is made once, by its own name where that is there
            paths.setdefault(realpath(path), path)
    if faults or not paths:
        raise UsageError("\n".join(faults) or "nothing to do: name engagement files, folders or a portfolio table")
    jobs: list[Job] = []
    unfit: list[Fault] = []
    for path in paths.values():
        if path.suffix.lower() not in KINDS:
            jobs.append(_job(reduced(path.stem) or "unnamed", path, str(path), partial(_read, path, notices), partial(_final, path, prepare) if keep else prepare, brand))
            continue
        try:
            table = portfolio(path, currency, as_of or date.min, mapping)
        except Exception as error:  # noqa: BLE001  told with the faults of every other table
            unfit += _faults(str(path), error)
            continue
        notices += table.notices
        jobs += [_of_row(row, path, prepare, brand) for row in table.rows]
    if unfit:
        raise EngagementError(unfit)
    return Gathered(tuple(jobs), (*notices, *_alike([job for job in jobs if job.source in set(map(str, paths.values()))])))


def _read(path: Path, notices: list[str]) -> Engagement:
    loaded = load(path)
    notices += loaded.notices
    return loaded.engagement


def _final(path: Path, prepare: Prepare, engagement: Engagement) -> Engagement:
    return keep_finals(prepare(engagement), path)


def _alike(jobs: Sequence[Job]) -> Iterator[str]:
    """Files of one name or one client, of which one may be a copy that was forgotten; those of one id are refused anyway."""
    ids = Counter(job.engagement for job in jobs)
    jobs = [job for job in jobs if ids[job.engagement] == 1]
    for what, names in (("file name", [Path(job.source).stem.casefold() for job in jobs]), ("client", [job.client.casefold() for job in jobs])):
        for name in sorted(name for name, times in Counter(names).items() if name and times > 1):
            files = ", ".join(job.source for job, one in zip(jobs, names, strict=True) if one == name)
            yield f"one {what} in several files: {files}; is one a copy of the other?"


def _is_engagement(path: Path) -> bool:
    """Whether a file of a folder is meant: neither a hidden one nor the list that a batch into this folder left."""
    if path.suffix.lower() not in _FILES or path.name.startswith("."):
        return False
    with suppress(OSError):  # told as the fault of an input, which fails alone
        return path.name != MANIFEST or not path.is_file() or b'"deliverables": [' not in path.read_bytes()
    return True


def _folders(folder: Path) -> list[str]:
    """Names of the folders in a folder that hold engagement files."""
    found = list[str]()
    for one in sorted(folder.iterdir()) if folder.is_dir() else ():
        with suppress(OSError):
            found += [one.name] if one.is_dir() and not one.name.startswith(".") and any(map(_is_engagement, one.iterdir())) else []
    return found


def _lists(folder: Path) -> list[str]:
    """Names of the tables in a folder that no file of it names: neither marks of an engagement nor what a batch left there."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    found = {one.name.encode(errors="surrogateescape"): one.name for one in files if one.suffix.lower() in KINDS and one.name[0] not in ".~"}
    lengths, ends = {*map(len, found)}, re.compile("|".join(map(re.escape, sorted(KINDS, reverse=True))).encode(), re.IGNORECASE)
    for one in (file for file in files if found and file.suffix.lower() in _FILES):
        with suppress(EngagementError):  # told as the fault of an input
            raw = read_bytes(one)
            for end in (match.end() for match in ends.finditer(raw)):
                for length in lengths:
                    found.pop(raw[max(0, end - length) : end], None)
    return [*found.values()]


def _of_row(row: PortfolioRow, path: Path, prepare: Prepare, brand: Brand | None) -> Job:
    source, engagement = f"{path}, line {row.line}", row.engagement
    if engagement is None:
        return Job(row.id or f"line-{row.line}", "", "", source=source, faults=row.faults)
    return _job(row.id, path, source, lambda: engagement, prepare, brand)


def _job(name: str, path: Path, source: str, found: Callable[[], Engagement], prepare: Prepare, brand: Brand | None) -> Job:
    """A job, or one with its faults: whatever is wrong with an engagement, it fails alone."""
    try:
        return job_of(prepare(found()), folder_of(path), source, brand)
    except Exception as error:  # noqa: BLE001  one odd file must not keep all others from being made
        return Job(name, "", "", source=source, faults=_faults(source, error))


def _faults(source: str, error: Exception) -> tuple[Fault, ...]:
    if isinstance(error, EngagementError):
        return error.faults
    unforeseen = f"cannot be worked with; advisorkit itself failed on it ({type(error).__name__}: {error})"
    return (Fault(source, "", str(error) if isinstance(error, AdvisorError) else unforeseen),)


def job_of(engagement: Engagement, folder: Path, source: str = "", brand: Brand | None = None, workflow: str = "", beside: Sequence[str] = ()) -> Job:
    """The job of one engagement, or of one `workflow` of it, in the form that `report.open_job` reads; scenarios named in `beside` stand beside it.

    `folder` is where the files that it names lie; their bytes travel in the document, so that no worker needs the folder.

    Raises:
        EngagementError: If a file that it names cannot be read.
    """
    options: dict[str, Any] = ({"brand": brand} if brand else {}) | ({"workflows": [workflow]} if workflow else {}) | ({"beside": list(beside)} if beside else {})
    named = _slug(engagement.scenario or " and ".join(beside))
    about = replace(engagement, workflows=(engagement.workflow(workflow),)) if workflow else engagement
    document = job_document(engagement, folder, **options)
    return Job(engagement.id, engagement.client, document, workflow=workflow, scenario=named, source=source, lacks=refusals(about))


def keep_finals(engagement: Engagement, file: Path) -> Engagement:
    """`engagement`, with what its final workflows tell today in its history and in that of its `file`.

    Raises:
        AdvisorError: If a final workflow cannot be sent, or the file not be read or written.
    """
    lines = finals(engagement, file)
    if not lines:
        return engagement
    loaded = load(file)
    held = with_advised(loaded.engagement, *lines)
    if held != loaded.engagement:
        write(file, held, loaded.fingerprint)
    return replace(engagement, history=held.history)


def _slug(scenario: str) -> str:
    """A scenario's name as part of a file's: two that are reduced to the same letters stay apart.

    Example:
        >>> _slug("half the volume"), _slug("Ü 50 %")
        ('half-the-volume', 'u-50-2b6d')
    """
    plain = reduced(scenario)
    same = plain == scenario.replace(" ", "-")
    return plain if same else f"{plain}-{fingerprint(scenario.encode())[:4]}".strip("-")

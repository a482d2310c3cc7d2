"""Pilots of an engagement: planning them, reading their results, and the advice before and after."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from advisorkit.advice.advice import Advice
from advisorkit.catalog.reading import rules
from advisorkit.files.disk import folder_of, read_bytes, unprotected, within, write_bytes
from advisorkit.files.tables import made_for
from advisorkit.files.texts import speaking
from advisorkit.pilots.diagnosis import Pilot
from advisorkit.pilots.established import Established, established_for
from advisorkit.pilots.judging import Choice
from advisorkit.pilots.marked import MarkedResults
from advisorkit.pilots.planning import Plan
from advisorkit.pilots.results import AGREED, read_results
from advisorkit.store.reading import wanted
from advisorkit.study.returning import kept, line, with_advised
from advisorkit.study.study import Study, studies
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.engagement import Advised, Engagement, PilotFile, Workflow
from advisorkit.values.messages import EngagementError, Fault, PilotError, UsageError, here, locale
from advisorkit.values.quantities import percent

_OPEN = Choice()


@dataclass(frozen=True, slots=True)
class PilotRead:
    """One pilot read into an engagement."""

    engagement: Engagement
    """The engagement with the pilot and both advices in its history; not written yet."""
    workflow: str
    """Workflow id."""
    results: MarkedResults
    """What was read."""
    established: Established
    """What all pilots of the workflow establish."""
    before: Advice
    """The advice without this pilot."""
    after: Advice
    """The advice with it."""


Marks = Mapping[PilotFile, MarkedResults]
"""What was read of each pilot."""
Reader = Callable[[Path, Choice], MarkedResults]
"""Reads the marks in a file, or remembers them."""


class Remembered:
    """Reads marked results for one working session, each file again only when something else stands in it; what was read is forgotten with the session."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Choice, str], tuple[bytes, MarkedResults]] = {}

    def __call__(self, path: Path, choice: Choice) -> MarkedResults:
        """The marks in a file as it is now, as `read_results` has them."""
        key, digest = (str(path), choice, locale().language), sha256(read_bytes(path)).digest()
        if key not in self._found or self._found[key][0] != digest:
            self._found.pop(key, None)
            made = read_results(path, choice)
            if sha256(read_bytes(path)).digest() != digest:  # written meanwhile
                return made
            self._found[key] = digest, made
        return self._found[key][1]


def plans(
    engagement: Engagement, only: Iterable[str] = (), pattern: PatternId | None = None, pilots: Mapping[str, Established] | None = None
) -> tuple[Plan, ...]:
    """The pilot advised for every workflow, or for `only` those named: of `pattern`, else of what the decision names.

    Raises:
        UsageError: If there is no such workflow.
        EngagementError: If assumptions do not fit together.
        PriceError: If a price or rate is not known.
    """
    return tuple(one.plan if pattern is None else one.plan_of(pattern) for one in studies(engagement, pilots, only))


def study_at(engagement: Engagement, workflow_id: str, file: str | Path, read: Reader = read_results) -> Study:
    """One workflow with the marked pilots that its engagement, which lies at `file`, names, each as `read` has it.

    Raises:
        UsageError: If there is no such workflow.
        PilotError: If its results cannot be read.
        PriceError: If a price or rate is not known.
    """
    workflow = engagement.workflow(workflow_id)
    return _study(engagement, workflow, _marks(engagement, workflow, file, read))


def pilots_of(engagement: Engagement, file: str | Path) -> dict[str, Established]:
    """What the pilots named in an engagement establish, by workflow id; `file` is where the engagement lies.

    Raises:
        PilotError: If a results file is missing or has faults; carries all faults of all files.
        PriceError: If a price or rate is not known.
    """
    found: dict[str, Established] = {}
    faults: list[Fault] = []
    for workflow in engagement.workflows:
        try:
            if marks := _marks(engagement, workflow, file):
                found[workflow.id] = _established(engagement, workflow, marks)
        except PilotError as error:
            faults.extend(error.faults)
    if faults:
        raise PilotError(faults)
    return found


def finals(engagement: Engagement, file: str | Path) -> tuple[Advised, ...]:
    """What every final workflow of `engagement`, which lies at `file`, tells today: lines of its history, so that a later visit can be held against them.

    Raises:
        UsageError: If something keeps one of them from being sent.
        PilotError: If marked results cannot be read.
        PriceError: If a price or rate is not known.
    """
    names = [one.id for one in engagement.workflows if one.status == "final"]
    found = studies(engagement, pilots_of(engagement, file), names) if names else ()
    if lacking := unsigned(found):
        raise UsageError("\n".join(lacking))
    if found and engagement.language != locale().language:
        with speaking(engagement.language):  # a client's file is kept in the client's language, whatever the terminal speaks
            found = studies(engagement, pilots_of(engagement, file), names)
    return tuple(map(kept, found))


def unsigned(found: Iterable[Study]) -> tuple[str, ...]:
    """What keeps final workflows from being sent: nobody answers for them, prices are too old, or a guess would rule out a pattern if it were confirmed."""
    final = [one for one in found if one.workflow.status == "final"]
    about, lines = final[0].engagement if final else None, list[str]()
    if about and about.reviewed_by is None:
        lines.append(f"{about.id}: a final report needs reviewed_by, with name and date")
    elif about and about.reviewed_by and about.reviewed_by.date < about.as_of:
        lines.append(f"{about.id}: it was reviewed on {about.reviewed_by.date}, before {about.as_of}, the day of the advice; have it reviewed again")
    for one in final:
        if stale := {} if one.engagement.accept_stale else {age.id: age.age_days for age in one.inputs.prices() if age.state == "stale"}:
            oldest = max(stale, key=stale.__getitem__)
            said = f"{len(stale)} of its prices are too old, {oldest} {stale[oldest]} days"
            lines.append(f"{one.workflow.id} is final, and {said}; check them, or accept them with accept_stale")
        for hit in one.advice.gates:
            told = one.answers.get(hit.criterion)
            if hit.kind == "lasting" and hit.provisional and told is not None and told.confidence == "guess":
                names = ", ".join(map(one.name, hit.removes))
                lines.append(f"{one.workflow.id}: it is final, and the guess on {hit.criterion} would rule out {names} if it were confirmed; confirm it first")
    return tuple(dict.fromkeys(lines))


def _marks(engagement: Engagement, workflow: Workflow, file: str | Path, read: Reader = read_results) -> Marks:
    """The marks of each pilot of a workflow; a marking sheet that was made for something else is refused."""
    try:
        found = {one: read(within(folder_of(file), one.file), _chosen(one)) for one in workflow.pilots}
    except EngagementError as error:
        raise PilotError(error.faults) from None
    for marks in found.values():
        _is_for(marks, {"engagement": engagement.id, "workflow": workflow.id})
    return found


def _established(engagement: Engagement, workflow: Workflow, marks: Marks) -> Established:
    for one in workflow.pilots:
        if not (arms := {mark.arm for mark in marks[one].marks}) & {"", one.pattern}:
            told = here("no answer of {} is marked; the column arm names {}: say which pattern was piloted", one.pattern, ", ".join(sorted(arms)))
            raise PilotError([Fault(one.file, "arm", told)], len(marks[one].marks))
    pilots = [Pilot(marks[one], one.date, one.pattern, one.pass_mark, one.reason, one.trial) for one in workflow.pilots]
    return established_for(Study(engagement, workflow).inputs, pilots, rules(), wanted(workflow))


def _study(engagement: Engagement, workflow: Workflow, marks: Marks) -> Study:
    return Study(engagement, workflow, _established(engagement, workflow, marks) if marks else None)


def _copied(source: Path, folder: Path, day: date) -> Path:
    """Where a results file is kept: where it lies when that is in the engagement's `folder`, in ``pilots/`` there otherwise."""
    if source.is_relative_to(folder) and source.name.isprintable() and "\\" not in source.name:
        return source
    name = "".join(c if c.isprintable() and c != "\\" else "-" for c in source.name)
    return folder / "pilots" / f"{day.isoformat()}-{name}"


def _copy(source: Path, target: Path) -> None:
    if source == target:
        return
    try:
        content = read_bytes(source)
        if target.exists() and target.read_bytes() != content:
            raise UsageError(f"{target}: another pilot of that name is kept there; give the results another name")
        target.parent.mkdir(exist_ok=True)
        write_bytes(target, content)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror or error}") from None


def read_pilot(
    results: str | Path,
    engagement: Engagement,
    file: str | Path,
    workflow_id: str = "",
    *,
    pattern: PatternId | None = None,
    pass_mark: float | None = None,
    day: date | None = None,
    reason: str = "",
    choice: Choice = _OPEN,
) -> PilotRead:
    """Read marked results into an engagement that lies at `file`; the results are kept beside it, the file is not written.

    Args:
        results: A table, or what an evaluation tool writes.
        engagement: The engagement as it was loaded.
        file: Where it lies.
        workflow_id: Which workflow; may be empty when there is one.
        pattern: What was piloted; by default what the marking sheet was made for, else the prompt.
        pass_mark: Share right agreed before the pilot; by default what the marking sheet or an earlier pilot says.
        day: Day of the pilot; by default the newest day in the marks, else the engagement's.
        reason: Why the pass mark differs from the agreed one.
        choice: What counts where the results hold several scorers, models, prompts or grades; kept in the engagement.

    Raises:
        PilotError: If the results have faults; nothing is kept then.
        UsageError: If the workflow is unknown or not named, or the pass mark was changed without a reason.
        PriceError: If a price or rate is not known.
    """
    workflow, folder, source, told = engagement.chosen(workflow_id), Path(file).resolve().parent, Path(results).resolve(), locale().language
    marks, earlier = read_results(results, choice), _marks(engagement, workflow, file)
    _is_for(marks, {"engagement": engagement.id, "workflow": workflow.id})
    planned: PatternId = next((one for one in PATTERNS if one == marks.made_for.get("pattern")), "prompt")
    when = day or max((m.date for m in marks.marks if m.date), default=engagement.as_of)
    before = _study(engagement, workflow, earlier).advice
    mark, copy = marks.pass_mark if pass_mark is None else pass_mark, _copied(source, folder, when)
    name = copy.relative_to(folder).as_posix()
    piloted = with_pilot(engagement, workflow.id, PilotFile(name, when, mark, reason, pattern or planned, *astuple(choice)), marks.pass_mark)
    renewed = piloted.workflow(workflow.id)
    every = {one: earlier.get(one, marks) for one in renewed.pilots}
    established = _established(piloted, renewed, every)
    after = Study(piloted, renewed, established).advice
    with speaking(engagement.language):  # as above
        ours = (_study(engagement, workflow, earlier).advice, _study(piloted, renewed, every).advice) if engagement.language != told else (before, after)
    lines = (line(engagement.as_of, ours[0]), line(max(when, engagement.as_of), ours[1]))
    read = PilotRead(with_advised(piloted, *lines), workflow.id, marks, established, before, after)
    unprotected(file)
    _copy(source, copy)
    return read


def _is_for(marks: MarkedResults, ours: Mapping[str, str]) -> None:
    """Refuse a marking sheet that was made for something else."""
    for name, one in ours.items():
        if (other := marks.made_for.get(name, one)) != one:
            raise PilotError([Fault(marks.file, "", made_for(name, other, one, AGREED))], len(marks.marks))


def _chosen(pilot: PilotFile) -> Choice:
    return Choice(pilot.scorer, pilot.model, pilot.version, pilot.threshold)


def with_pilot(engagement: Engagement, workflow_id: str, pilot: PilotFile, frozen: float | None = None) -> Engagement:
    """The engagement with one more pilot of a workflow, or the same pilot read again: of one file, unless pattern and choice are others.

    A pass mark, once agreed, holds for later pilots of the workflow; before the first of them the one that the marking
    sheet carries, `frozen` (0 to 1), holds. Another one needs a reason.
    """
    workflow = engagement.workflow(workflow_id)
    earlier = workflow.agreed_pass_mark
    agreed = frozen if earlier is None else earlier
    mark = agreed if pilot.pass_mark is None else pilot.pass_mark
    if agreed is not None and mark != agreed and not pilot.reason:
        shown = f"{percent(agreed)} right was agreed as enough for {workflow_id}, and now it is {percent(mark or 0)}"
        raise UsageError(f"{shown}: give the reason for the change, or keep the agreed pass mark")
    others = tuple(one for one in workflow.pilots if one.file != pilot.file or (one.pattern != pilot.pattern and _chosen(one) != _chosen(pilot)))
    pilots = tuple(sorted((*others, replace(pilot, pass_mark=mark)), key=lambda one: one.date))
    return engagement.having(replace(workflow, pilots=pilots))

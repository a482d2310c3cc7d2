"""What a run shows: every way on the same cases, paired, where each breaks, and what follows for the engagement."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, floor
from pathlib import Path
from typing import Any

from scipy.special import bdtr

from advisorkit.bakeoff.model import refused, say
from advisorkit.bakeoff.texts import plain
from advisorkit.bakeoff.trial import EXTENSIONS, FOLDER, PATTERN, Trial, WayId, folder_of, log_of, samples_of, shared
from advisorkit.bakeoff.ways import formless, measured, wrong_fields
from advisorkit.files.disk import write_bytes
from advisorkit.files.trees import shown
from advisorkit.pilots.diagnosis import Pilot, Tried, diagnose
from advisorkit.pilots.marked import MarkedCase, MarkedResults
from advisorkit.pilots.results import read_results
from advisorkit.pilots.tally import Agreement, Paired, Share, agreement, paired
from advisorkit.store.reading import load
from advisorkit.store.writing import write
from advisorkit.study.pilots import read_pilot
from advisorkit.study.returning import with_advised
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.engagement import Answer, Engagement
from advisorkit.values.messages import EngagementError, Fault, UnmarkedError
from advisorkit.values.quantities import percent

_BREAKS = ("not_found", "found_but_wrong", "wrong_form", "mended", "wrong", "declined", "too_long", "failed")


@dataclass(frozen=True, slots=True)
class Row(Tried):
    """One way in the paired table, right out of all answered."""

    way: WayId
    """Which."""
    failed: int
    """Cases without an answer."""
    breaks: Mapping[str, int]
    """Cases that are not right by where they broke; without an answer: too_long, failed."""
    found: Share
    """Cases whose passage the search brought, out of those where that is known."""
    seconds: tuple[float, float] | None
    """Median and slowest tenth of the time of an answer; None where no model was asked."""
    tokens: tuple[float, float] | None
    """Tokens read and written a call, on average."""
    fields: Mapping[str, int] = field(default_factory=dict)
    """Answers in which each field is wrong, where an answer has fields."""
    people: Agreement | None = None
    """How far people agree with the model that judged, where they marked a part."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A trial's result."""

    trial: Trial
    """What was planned."""
    rows: tuple[Row, ...]
    """Every way that was tried, simplest first."""
    best: Mapping[PatternId, WayId]
    """The best way of each pattern, the simpler one among equals."""
    chosen: WayId
    """The simplest way that no other pattern beats."""
    clear: bool
    """Whether it beats every other pattern that is not simply more than is needed; where one pattern alone was tried, every other way."""
    right: Mapping[WayId, frozenset[str]]
    """Cases that each way had right."""

    @property
    def verdict(self) -> str:
        """What the trial says, in one sentence."""
        right = next(row.right for row in self.rows if row.way == self.chosen)
        told = {"name": say(f"way.{self.chosen}"), "share": percent(right.share or 0.0), "cases": round(right.n)}
        return say("verdict.clear" if self.clear else "verdict.open" if len(self.rows) > 1 else "verdict.alone", **told)


def compared(trial: Trial, folder: Path) -> Compared:
    """The result of a run in `folder`.

    Raises:
        UsageError: If nothing was run yet, or no case has an answer.
        EngagementError: If marks are of other cases.
    """
    marks: dict[WayId, tuple[MarkedCase, ...]] = {}
    rows = []
    for way in trial.ways:
        if not (samples := samples_of(trial, folder, way)):
            raise refused("not_run", trial=trial.id, way=say(f"way.{way}"))
        judged, by_hand = _marks(trial, log_of(folder, way)), _marks(trial, folder / f"sheet-{way}.xlsx")
        marks[way] = judged or by_hand
        row = _row(trial, way, marks[way], samples)
        both = [replace(one, run="", marker=one.marker or who) for who, marked in (("", judged), ("people", by_hand)) for one in marked]
        rows.append(replace(row, people=agreement(both) if judged and by_hand else None))
    if not any(marks.values()):
        raise refused("unjudged", trial=trial.id, folder=folder)
    return weighed(trial, rows, marks)


def _marks(trial: Trial, path: Path) -> tuple[MarkedCase, ...]:
    """Marks in a log or sheet; none where it is not there or nobody has marked in it.

    Raises:
        EngagementError: If it holds cases that the trial did not ask.
    """
    try:
        marks = read_results(path).marks if path.exists() else ()
    except UnmarkedError:
        return ()
    asked = {one.case: plain(one.input) for one in trial.sample.tried}
    if odd := dict.fromkeys(one.case for one in marks if one.case not in asked or (one.input and plain(one.input) != asked[one.case])):
        raise EngagementError([Fault(str(path), "case", say("fault.stranger", trial=trial.id, names=shown(", ".join(odd), 120)))])
    return marks


def weighed(trial: Trial, rows: Sequence[Row], marks: Mapping[WayId, Sequence[MarkedCase]]) -> Compared:
    """The result of marks by way: the simplest pattern that no other beats, and whether that is clear."""
    sure = {row.way: row.right.low for row in rows if row.right.n}  # not the share: two right of two answered are less than 36 of 40
    own = {pattern: [way for way in sure if PATTERN[way] == pattern] for pattern in PATTERNS}
    best = {pattern: max(of, key=lambda way: sure[way]) for pattern, of in own.items() if of}
    ways = list(best.values())
    limit = shared(len(sure))  # of all ways, as the best of several flatters
    pairs = {(a, b): paired(marks[a], marks[b]) for a in ways for b in marks if a != b}
    beats = {pair for pair, found in pairs.items() if found and found.difference > 0 and _chance(found) < limit}
    chosen = next((way for way in ways if not any((other, way) in beats for other in ways)), ways[0])
    others = ways[: ways.index(chosen)] or [way for way in (ways[1:] or sure) if way != chosen]
    clear = bool(others) and all((chosen, way) in beats for way in others)
    right = {way: frozenset(one.case for one in marks[way] if one.outcome == "right") for way in marks}
    return Compared(trial, tuple(replace(row, against=pairs.get((chosen, row.way))) for row in rows), best, chosen, clear, right)


def _chance(found: Paired) -> float:
    """Chance of a difference as large where there is none, exact (Q. McNemar, 1947)."""
    less, more = sorted((found.better, found.worse))
    return min(1.0, 2 * float(bdtr(ceil(less), floor(more) + ceil(less), 0.5)))  # parts of cases count against a difference


def _row(trial: Trial, way: WayId, marks: Sequence[MarkedCase], samples: Sequence[Mapping[str, Any]]) -> Row:
    seen = diagnose(Pilot(MarkedResults("", "table", tuple(marks)), trial.day, PATTERN[way]))
    lost = [one["error"]["message"].partition(" ")[0] in ("cut", "long") for one in samples if one.get("error")]
    once = {one.case: one for one in marks if one.outcome in ("wrong", "declined")}.values()
    breaks = Counter(_broke(trial, one) for one in once) + Counter("too_long" if long else "failed" for long in lost)
    items = {item.case: item for item in trial.sample.tried}
    missed = Counter(name for one in once if one.outcome == "wrong" for name in wrong_fields(items[one.case], one.output, trial.sample.fields))
    times = sorted(float(found) for sample in samples if (found := (sample.get("metadata") or {}).get("seconds")) is not None)
    read, written = (seen.measured.get(name) for name in ("input_tokens", "output_tokens"))
    return Row(
        way, PATTERN[way], Share(seen.right.hits, seen.cases), None, seen.measured, len(lost), {name: breaks[name] for name in _BREAKS}, seen.found,
        (times[len(times) // 2], times[int(0.9 * len(times))]) if times else None, (read.likely, written.likely) if read and written else None,
        {name: missed[name] for name in trial.sample.fields},
    )


def _broke(trial: Trial, mark: MarkedCase) -> str:
    if mark.outcome == "declined":
        return "declined"
    if formless(trial, mark.output) or (trial.sample.scoring == "sheet" and mark.failure == "behaviour"):
        return "wrong_form"
    if mark.passage_found is not None:
        return "found_but_wrong" if mark.passage_found else "not_found"
    return "mended" if mark.fixed_by_text else "wrong"


def read_trial(found: Compared, engagement: Engagement, file: Path, pass_mark: float | None = None) -> Engagement:
    """The engagement with one pilot a pattern, the chosen one last, and what else the trial measured; the file is not written."""
    trial, state = found.trial, _facts(found, engagement)
    for way in [*(way for way in found.best.values() if way != found.chosen), found.chosen]:
        folder = folder_of(file, trial.id)
        log = folder / f"sheet-{way}.xlsx" if trial.sample.scoring == "sheet" else log_of(folder, way)
        if log.suffix == ".json":
            _explained(log, found, way)
        state = read_pilot(log, state, file, trial.workflow, pattern=PATTERN[way], pass_mark=pass_mark, day=trial.day).engagement
    flow = state.workflow(trial.workflow)
    pilots = tuple(replace(one, trial=trial.id) if one.file.startswith(f"{FOLDER}/{trial.id}/") else one for one in flow.pilots)
    told = [one for one in state.history if one not in engagement.history]
    return replace(state.having(replace(flow, pilots=pilots)), history=with_advised(engagement, *told[:1], *told[-1:]).history)


_ADDS: Mapping[PatternId, Mapping[str, PatternId]] = {
    "prompt": {"information": "rag", "behaviour": "finetune"}, "rag": {"behaviour": "hybrid"}, "finetune": {"information": "hybrid"}, "hybrid": {},
}
"""By pattern, which kind of failure the pattern mends that adds one layer to it."""


def _explained(path: Path, found: Compared, way: WayId) -> None:
    """Say in a log why wrong answers failed, where that was measured: one layer more mended the case, and the other one did not."""
    log, mends = json.loads(path.read_bytes()), _ADDS[PATTERN[way]]
    for sample in log["samples"]:
        kinds = [kind for kind, pattern in mends.items() if str(sample["id"]) in found.right.get(found.best.get(pattern, way), ())]
        for score in (one for one in (sample.get("scores") or {}).values() if one.get("value") == "I"):
            noted = {name: value for name, value in (score.get("metadata") or {}).items() if name != "failure"}
            why = kinds if "fixed_by_text" not in noted else []
            why = ["behaviour"] if formless(found.trial, sample["output"]["completion"]) and noted.get("fixed_by_text") != "yes" else why
            score["metadata"] = noted | ({"failure": why[0]} if len(why) == 1 else {})
    write_bytes(path, json.dumps(log, ensure_ascii=False).encode())


def _facts(found: Compared, engagement: Engagement) -> Engagement:
    flow, trial = engagement.workflow(found.trial.workflow), found.trial
    tried = [row for row in found.rows if row.way in EXTENSIONS and row.right.n]
    answers = {"cheap_extensions": Answer(("several" if len(tried) > 1 else "one",), note=measured(trial))} if tried else {}
    priced = {"model": trial.priced_as} if trial.priced_as and "model" not in flow.assumptions else {}
    return engagement.having(replace(flow, answers={**flow.answers, **answers}, assumptions={**flow.assumptions, **priced}))


def read(file: Path, made: Trial, pass_mark: float | None = None) -> Compared:
    """What a run shows; into the engagement at `file` as pilots, unless it was a demonstration.

    Raises:
        UsageError: If nothing was run yet.
    """
    loaded, found = load(file), compared(made, folder_of(file, made.id))
    if not made.demonstration:
        write(file, read_trial(found, loaded.engagement, file, pass_mark), loaded.fingerprint)
    return found

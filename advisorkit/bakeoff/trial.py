"""A planned trial: its cases, split so that no double and no near-double goes across, its texts, ways and limits, frozen in one file."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import zip_longest
from math import comb, floor, log2
from pathlib import Path
from typing import Any, Literal
from unicodedata import normalize

import numpy as np
from rapidfuzz import fuzz, process
from scipy.sparse.csgraph import connected_components

from advisorkit.bakeoff import Scoring
from advisorkit.bakeoff.model import refused, say
from advisorkit.bakeoff.texts import READERS, Corpus, label_of, plain, state_of
from advisorkit.files.disk import fingerprint, read_source, within, write_bytes
from advisorkit.files.spots import Spot
from advisorkit.files.trees import parse_json, shown
from advisorkit.files.typed import form
from advisorkit.pilots.results import CASE, read_cases
from advisorkit.store.reading import load
from advisorkit.values.criteria import PatternId
from advisorkit.values.messages import EngagementError, Fault, here, on_line

NEAR = 95
"""From which likeness of 100 on two inputs are near-doubles (rapidfuzz, token_sort_ratio)."""
MOST = 2_000
"""Most rows of a sample."""
LEAST = 20
"""Fewest cases to be tried that can tell anything."""
SURE = 0.01
"""Chance of calling a difference real that is none, shared by all comparisons of a trial (C. E. Bonferroni, 1936)."""
_LABELS, _SHORT = 60, 60


@dataclass(frozen=True, slots=True)
class Item:
    """One case."""

    case: str
    """Its name or number."""
    input: str
    """What is asked."""
    expected: str = ""
    """The right answer; empty where nobody gave one."""
    segment: str = ""
    """Part of the work that it stands for."""
    passage: str = ""
    """Text that holds the answer, or the name of its file; empty where not known."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The cases, parted in those that may be shown to a model and those that it is tried on."""

    shown: tuple[Item, ...] = ()
    """May stand as examples, be searched for and be trained on."""
    tried: tuple[Item, ...] = ()
    """Are asked, and stand nowhere else."""
    scoring: Scoring = "exact"
    """How answers are judged."""
    labels: tuple[str, ...] = ()
    """What may be answered, where the job is to choose."""
    fields: tuple[str, ...] = ()
    """Names of the parts of an answer, where it has parts."""
    doubles: int = 0
    """Cases left out because their double or near-double is on the other side."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """What the headings of its table were taken for, by heading."""
    notices: tuple[str, ...] = ()
    """What is to be known of how it was read."""


def read_sample(path: str | Path, corpus: Corpus, *, most: int = 100, seed: int = 1, scoring: Scoring | None = None) -> Sample:
    """The cases in a table, split: at most `most` to be tried, no more than half, in the shares of their labels or segments.

    A column ``part`` (train, test) sets the split instead.

    Raises:
        EngagementError: If the table lacks what is needed; names every fault.
    """
    table, names = read_cases(path)
    file, faults = table.file, [fault for row in table.rows for fault in row.faults]
    if "input" not in names.values():
        faults.append(Fault(file, here("header"), say("fault.input", read=", ".join(CASE))))
    if len(table.rows) > MOST:
        faults.append(Fault(file, "", say("fault.many", cases=len(table.rows), most=MOST)))
    rows = [{names[name]: getattr(spot.node, "text", "").strip() for name, spot in row.cells.items() if name in names} for row in table.rows]
    parts = [row.pop("part", "").casefold() for row in rows]
    sign = "#" if "case" in names.values() else ""  # so that a row without a name has none of another's
    items = [Item(**{"case": f"{sign}{i}", "input": "", **row}) for i, row in enumerate(rows, 1)]
    first: dict[str, str] = {}  # of right answers that are one label
    items = [replace(one, passage=_named(one.passage, corpus), expected=first.setdefault(label_of(one.expected) or one.expected, one.expected)) for one in items]
    faults += [Fault(file, on_line(row.line), say("fault.empty")) for row, item in zip(table.rows, items, strict=True) if not item.input and not faults]
    if any(parts) and not {"test"} <= {*parts} <= {"train", "test"}:
        faults.append(Fault(file, "part", say("fault.part", found=shown(", ".join(sorted(part or here("nothing") for part in {*parts}))))))
    where = {ours: name for name, ours in names.items()}
    faults += [Fault(file, where.get(column, ""), message) for column, message in _unfit(items, corpus, scoring)]
    if faults:
        raise EngagementError(faults)
    made = sampled(items, [part == "test" for part in parts] if any(parts) else None, most, seed, scoring)
    if len(made.tried) < LEAST / 2:
        raise EngagementError([Fault(file, "", say("fault.alike", count=len(made.tried)))])
    clash = len({(plain(one.input), one.expected) for one in items}) - len({plain(one.input) for one in items})
    unread = ", ".join(name for name in table.columns if name not in names)
    told = (say("clash", cases=clash) if clash else "", say("unread", names=shown(unread, 120)) if unread else "")
    return replace(made, columns=names, notices=(*table.notices, *filter(None, told)))


def _named(passage: str, corpus: Corpus) -> str:
    """A passage, or the name of its file; of files that say the same, that of the first."""
    name = normalize("NFC", passage)
    return corpus.doubles.get(name, name)


def _unfit(items: Sequence[Item], corpus: Corpus, scoring: Scoring | None) -> Iterator[tuple[str, str]]:
    """What keeps cases from telling anything, each with its column."""
    given = [one.expected for one in items if one.expected]
    for case in (case for case, times in Counter(one.case for one in items).items() if times > 1):
        yield "case", say("fault.twice", case=shown(case))
    if given and len(given) < len(items) and scoring != "sheet":
        yield "expected", say("fault.some", lack=len(items) - len(given), cases=len(items))
    if given and len(set(given)) == 1:
        yield "expected", say("fault.one", answer=shown(given[0], 40))
    if not given and scoring not in (None, "sheet"):
        yield "expected", say("fault.none", scoring=scoring)
    if scoring == "fields" and not all(map(fields_of, given)):
        yield "expected", say("fault.fields")
    if len(items) < LEAST:
        yield "", say("fault.few", count=len(items), least=LEAST)
    known, ends = {one.file for one in corpus.passages}, tuple(READERS)
    apart = {one.passage: one.passage.casefold().endswith(ends) or bool(corpus.files and len(one.passage.split()) == 1) for one in items}
    if lost := [name for name, named in apart.items() if named and name not in known]:
        yield "passage", say("fault.texts" if corpus.files else "fault.no_texts", names=shown(", ".join(lost), 120))


def sampled(items: Sequence[Item], test: Sequence[bool] | None, most: int, seed: int, scoring: Scoring | None = None) -> Sample:
    """The cases split; `test` names those to be tried where that is given, and their doubles are then left out of the others."""
    groups = _alike(items)
    if test is None:
        chosen = _split(items, groups, min(most, len(items) // 2), seed)
        test = [group in chosen for group in groups]
    asked = [one for one, tried in zip(items, test, strict=True) if tried]
    held = {group for group, tried in zip(groups, test, strict=True) if tried}
    rest = [one for one, group in zip(items, groups, strict=True) if group not in held]
    expected = [one.expected for one in items if one.expected]
    parts = [{*fields_of(one)} for one in expected]
    how = scoring or ("sheet" if not expected else "fields" if set.intersection(*parts) else _by_words(expected))
    labels, fields = (tuple(sorted(set(expected))) if how == "label" else ()), tuple(sorted(set().union(*parts))) if how == "fields" else ()
    return Sample(tuple(rest), tuple(shuffled(asked, most, seed)), how, labels, fields, len(items) - len(asked) - len(rest))


def _by_words(expected: Sequence[str]) -> Scoring:
    few = len(set(expected)) <= min(_LABELS, len(expected) / 3)
    return "label" if few and max(map(len, expected)) <= _SHORT else "exact"


def fields_of(text: str) -> Mapping[str, str]:
    """The parts of an answer that is written as a JSON object; empty where it is none.

    Example:
        >>> fields_of('{"total": 12.5, "currency": "EUR"}'), fields_of("EUR")
        ({'total': '12.5', 'currency': 'EUR'}, {})
    """
    return {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in object_of(text).items()}


def object_of(text: str) -> dict[str, Any]:
    """The same parts as JSON gives them."""
    with suppress(ValueError, RecursionError):
        if isinstance(found := json.loads(text), dict):
            return found
    return {}


def _alike(items: Sequence[Item]) -> list[int]:
    """A number for each case, the same for doubles and near-doubles, and for what lies between them."""
    said = [plain(one.input) for one in items]
    likeness = process.cdist(said, said, scorer=fuzz.token_sort_ratio, score_cutoff=NEAR, dtype=np.uint8)
    return [int(group) for group in connected_components(likeness)[1]]


def _split(items: Sequence[Item], groups: Sequence[int], wanted: int, seed: int) -> set[int]:
    """Groups to be tried: of each label, else of each segment, its share, groups whole."""
    labels = len({one.expected for one in items}) <= min(_LABELS, len(items) / 3)
    stratum = {group: one.expected if labels else one.segment for one, group in zip(items, groups, strict=True)}
    size, whole, before = Counter(groups), Counter[str](), Counter[str]()
    for group, name in stratum.items():
        whole[name] += size[group]
    ranks, chosen = dict[int, float](), set[int]()  # a group's rank is how far into its stratum it lies, so that every prefix takes the same share of each
    for group in random.Random(seed).sample(sorted(stratum), len(stratum)):  # noqa: S311  a split, no secret
        name = stratum[group]
        ranks[group] = (before[name] + size[group] / 2) / whole[name]
        before[name] += size[group]
    for group in sorted(ranks, key=ranks.__getitem__):
        if size[group] <= wanted:
            chosen.add(group)
            wanted -= size[group]
    return chosen


def shuffled(items: Sequence[Item], most: int, seed: int) -> list[Item]:
    """At most `most` of the cases, one of each right answer before a second of any."""
    draw, left = random.Random(seed), defaultdict[str, list[Item]](list)  # noqa: S311
    for one in draw.sample(list(items), len(items)):
        left[one.expected].append(one)
    return [one for turn in zip_longest(*left.values()) for one in turn if one][:most]


WayId = Literal["zero", "fixed", "nearest", "corpus", "rag", "tuned", "head", "both"]
"""A way to get the answers."""
PATTERN: Mapping[WayId, PatternId] = {
    "zero": "prompt", "fixed": "prompt", "nearest": "prompt", "corpus": "prompt", "rag": "rag", "tuned": "finetune", "head": "finetune", "both": "hybrid",
}
"""Which pattern each way is an instance of, simplest first."""
EXTENSIONS: tuple[WayId, ...] = ("fixed", "nearest", "corpus")
"""Cheap extensions of a prompt."""
FOLDER = "bakeoff"
"""Folder beside the engagement that holds all trials; nothing of a trial is kept elsewhere."""
CARRIED = 60_000
"""Tokens of text that one prompt may carry whole."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One bake-off as it was planned."""

    workflow: str
    """Workflow id."""
    day: date
    """Day of the plan."""
    sample: Sample
    """The cases, split."""
    ways: tuple[WayId, ...]
    """What is tried."""
    task: str
    """What the model is told to do."""
    corpus: Corpus = field(default_factory=Corpus)
    """The texts."""
    url: str = ""
    """Address of the models; empty for the small one that ships with the package."""
    model: str = ""
    """Name of the model there."""
    tuned: str = ""
    """Name of the trained model there; empty without one."""
    judge: str = ""
    """Name of the model there that judges; empty where none does."""
    priced_as: str = ""
    """Model of the price book that tokens are priced as; empty where they are not priced."""
    most_tokens: int = 400
    """Longest answer, in tokens."""
    seed: int = 1
    """Of the split and the examples."""
    sent: str = ""
    """SHA-256 of all that a run would send, so that a plan is another one where the words of prompts or what is looked up are others."""
    engagement: str = ""
    """Engagement id; empty in plans of earlier versions."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """State of the sample and the folder of texts, by path from the engagement file; no part of what makes it another plan."""

    @property
    def id(self) -> str:
        """The workflow with a few signs that are the same for the same plan."""
        return f"{self.workflow}-{fingerprint(_text(replace(self, sources={})).encode())[:8]}"

    @property
    def demonstration(self) -> bool:
        """Whether the small model that ships with the package answers: no measure of what a paid one does."""
        return not self.url


def _text(trial: Trial) -> str:
    return json.dumps(form(Trial, {}).plain(trial), ensure_ascii=False, sort_keys=True)


def folder_of(engagement_file: str | Path, trial: str) -> Path:
    """Where a trial lies."""
    return within(Path(engagement_file).resolve().parent, f"{FOLDER}/{trial}")


EXACT = "would_be_sent.txt"
"""Name of the file that shows the exact text that a trial sends."""


def log_of(folder: Path, way: WayId) -> Path:
    """The Inspect log of one way in the folder of a trial."""
    return folder / "logs" / f"{way}.json"


def samples_of(trial: Trial, folder: Path, way: WayId) -> list[dict[str, Any]]:
    """The cases of a way's log with what became of them; none where it is not there, not whole or that of another trial."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        samples = list(json.loads(log_of(folder, way).read_bytes())["samples"])
        if sorted((one["id"], one["input"], one["target"]) for one in samples) == sorted((one.case, one.input, one.expected) for one in trial.sample.tried):
            return samples
    return []


def keep(trial: Trial, engagement_file: str | Path) -> Path:
    """Write the plan."""
    path = folder_of(engagement_file, trial.id) / "plan.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, _text(trial).encode())
    return path


def kept(engagement_file: str | Path, workflow: str = "", id: str = "") -> Trial:
    """The trial called `id`, else the only one of the workflow; none that was planned for another engagement whose file lies beside this one.

    Raises:
        UsageError: If there is none, or there are several.
        EngagementError: If its plan was changed by hand.
    """
    engagement = load(engagement_file).engagement
    flow = engagement.chosen(workflow).id if not id else ""
    there = sorted((Path(engagement_file).resolve().parent / FOLDER).glob("*/plan.json"))
    plans = [path for path in there if path.parent.name == id or (not id and path.parent.name[:-9] == flow)]
    trials = [_read(path) for path in plans]
    ours = [one for one in trials if one.engagement in ("", engagement.id)]
    if len(ours) != 1:
        key = "several" if ours else "others" if trials else "unknown" if id and there else "unplanned"
        names = [one.id for one in ours] or [one.engagement for one in trials] or [path.parent.name for path in there]
        raise refused(key, trial=id or flow, names=", ".join(names), ours=engagement.id)
    return ours[0]


def _read(path: Path) -> Trial:
    source = read_source(path)
    faults: list[Fault] = []
    trial = form(Trial, {}).read(Spot(parse_json(source.text, source.file), "", source.file, faults))
    if faults or not isinstance(trial, Trial) or trial.id != path.parent.name:
        raise EngagementError([*faults[:5], Fault(source.file, "", say("fault.changed"))])
    return trial


def changed(engagement_file: str | Path, trial: Trial) -> str:
    """The sample or the folder of texts that is not as it was when the trial was planned; empty where both are, or are no longer there."""
    paths = {name: Path(engagement_file).resolve().parent / name for name in trial.sources}
    return ", ".join(name for name, path in paths.items() if path.exists() and state_of(path) != trial.sources[name])


def shared(ways: int) -> float:
    """The part of `SURE` that each comparison of so many ways has."""
    return SURE / max(1, comb(ways, 2))


def least(ways: int) -> int:
    """Fewest cases that one of so many ways alone has to have right to be told from another; 0 where there is no other.

    Example:
        >>> least(1), least(2), least(4)
        (0, 8, 11)
    """
    return floor(log2(2 / shared(ways))) + 1 if ways > 1 else 0


def limited(trial: Trial, wanted: str = "") -> Trial:
    """The trial with the ways that its cases, texts and models allow, simplest first, or those of them that are named, parted by commas."""
    right = [one.expected for one in trial.sample.shown if one.expected]
    examples = len(right) >= 5
    texts, room = bool(trial.corpus.passages), 1_500 if trial.demonstration else CARRIED
    open_to: Mapping[WayId, bool] = {
        "zero": True, "fixed": examples, "nearest": examples, "corpus": texts and trial.corpus.size.high <= room, "rag": texts,
        "tuned": bool(trial.tuned), "head": trial.sample.scoring == "label" and examples and len(set(right)) > 1 and not trial.tuned, "both": texts and bool(trial.tuned),
    }
    known, names = [way for way, there in open_to.items() if there], [name.strip() for name in wanted.split(",") if name.strip()]
    if lost := [name for name in names if name not in known]:
        raise refused("ways", ways=", ".join(lost), known=", ".join(known))
    return replace(trial, ways=tuple(way for way in known if not names or way in names))

"""A planned trial: its cases, split so that no double and no near-double goes across, its texts, ways and limits, frozen in one file."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rapidfuzz import fuzz, process
from scipy.sparse.csgraph import connected_components

from advisorkit.bakeoff import Scoring
from advisorkit.bakeoff.texts import READERS, Corpus, plain
from advisorkit.files.disk import fingerprint, read_source, within, write_bytes
from advisorkit.files.spots import Spot
from advisorkit.files.trees import parse_json, shown
from advisorkit.files.typed import form
from advisorkit.pilots.marked import columns_of
from advisorkit.pilots.results import read_cases
from advisorkit.store.reading import load
from advisorkit.values.criteria import PatternId
from advisorkit.values.errors import EngagementError, Fault, UsageError

NEAR = 95
"""From which likeness of 100 on two inputs are near-doubles (rapidfuzz, token_sort_ratio)."""
MOST = 2_000
"""Most rows of a sample."""
LEAST = 20
"""Fewest cases to be tried that can tell anything."""
_COLUMNS = ("case", "input", "expected", "segment", "passage", "part")
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


def read_sample(path: str | Path, corpus: Corpus, *, most: int = 100, seed: int = 1, scoring: Scoring | None = None) -> Sample:
    """The cases in a table, split: at most `most` to be tried, no more than half, in the shares of their labels or segments.

    A column ``part`` (train, test) sets the split instead.

    Raises:
        EngagementError: If the table lacks what is needed; names every fault.
    """
    table, faults = read_cases(path, known=lambda heading: _named(heading) in _COLUMNS), list[Fault]()
    names, file = {heading: _named(heading) for heading in table.columns}, str(path)
    faults += [fault for row in table.rows for fault in row.faults]
    if "input" not in names.values():
        faults.append(Fault(file, "header", f"the column 'input' is missing; read are {', '.join(_COLUMNS)}"))
    if len(table.rows) > MOST:
        faults.append(Fault(file, "", f"holds {len(table.rows):,} cases; take a random part of at most {MOST:,}"))
    rows = [{names[heading]: getattr(spot.node, "text", "").strip() for heading, spot in row.cells.items()} for row in table.rows]
    items = [Item(**{"case": str(i), "input": "", **{name: value for name, value in row.items() if name in _COLUMNS and name != "part"}}) for i, row in enumerate(rows, 1)]
    first: dict[str, str] = {}  # of right answers that differ in case and blanks alone
    items = [
        replace(one, passage=corpus.doubles.get(one.passage, one.passage), expected=first.setdefault(" ".join(one.expected.casefold().split()), one.expected))
        for one in items
    ]
    for row, item in zip(table.rows, items, strict=True):
        if not item.input and not faults:
            faults.append(Fault(file, f"line {row.line}", "has no input"))
    faults += [Fault(file, "", f"the case {shown(case)} is there twice") for case, times in Counter(one.case for one in items).items() if times > 1]
    parts = [row.get("part", "").casefold() for row in rows]
    if odd := {part for part in parts if part not in ("train", "test")} if any(parts) else set():
        faults.append(Fault(file, "part", f"expected train or test, got {shown(', '.join(sorted(odd)) or 'nothing')}"))
    faults += _unfit(file, items, corpus, scoring)
    if faults:
        raise EngagementError(faults)
    made = sampled(items, [part == "test" for part in parts] if any(parts) else None, most, seed, scoring)
    if len(made.tried) < LEAST / 2:
        raise EngagementError([Fault(file, "", f"leaves {len(made.tried)} cases to be tried, as most are doubles or near-doubles of one another and stand on one side; add cases that differ")])
    return made


def _named(heading: str) -> str:
    plainly = heading.strip().casefold()
    return plainly if plainly in ("expected", "passage", "part") else columns_of([heading])[heading]


def _unfit(file: str, items: Sequence[Item], corpus: Corpus, scoring: Scoring | None) -> list[Fault]:
    given, faults = [one.expected for one in items if one.expected], list[Fault]()
    if given and len(given) < len(items) and scoring != "sheet":
        faults.append(Fault(file, "expected", f"{len(items) - len(given)} of {len(items)} cases have no right answer: fill them in, or leave the column out to mark by hand"))
    if given and len(set(given)) == 1:
        faults.append(Fault(file, "expected", f"every case has the same right answer, {shown(given[0], 40)}: there is nothing to tell apart"))
    if not given and scoring not in (None, "sheet"):
        faults.append(Fault(file, "expected", f"there is no right answer to score by {scoring}"))
    if given and scoring == "fields" and len({tuple(sorted(fields_of(one))) or one for one in given}) > 1:
        faults.append(Fault(file, "expected", "is scored by field, so every right answer has to be a JSON object with the same fields"))
    if len(items) < LEAST:
        faults.append(Fault(file, "", f"holds {len(items)} cases; under {LEAST} nothing can be told, not even roughly"))
    known, ends = {one.file for one in corpus.passages}, tuple(READERS)
    if lost := [one.passage for one in items if one.passage not in known and (one.passage.casefold().endswith(ends) or (corpus.files and len(one.passage.split()) == 1))]:
        faults.append(Fault(file, "passage", f"names files that {'are not among the texts, or are pictures' if corpus.files else 'no --texts hold'}: {shown(', '.join(dict.fromkeys(lost)), 120)}"))
    return faults


def sampled(items: Sequence[Item], test: Sequence[bool] | None, most: int, seed: int, scoring: Scoring | None = None) -> Sample:
    """The cases split; `test` names those to be tried where that is given, and their doubles are then left out of the others."""
    groups = _alike(items)
    if test is None:
        chosen = _split(items, groups, min(most, len(items) // 2), seed)
        tried = [one for one, group in zip(items, groups, strict=True) if group in chosen]
        shown_ones, doubles = [one for one, group in zip(items, groups, strict=True) if group not in chosen], 0
    else:
        chosen = {group for group, asked in zip(groups, test, strict=True) if asked}
        tried = shuffled([one for one, asked in zip(items, test, strict=True) if asked], most, seed)
        rest = [(one, group) for one, group, asked in zip(items, groups, test, strict=True) if not asked]
        shown_ones = [one for one, group in rest if group not in chosen]
        doubles = len(rest) - len(shown_ones)
    expected = [one.expected for one in items if one.expected]
    kinds = {tuple(sorted(parts)) for one in expected if (parts := fields_of(one))}
    how = scoring or ("sheet" if not expected else "fields" if len(kinds) == 1 and all(map(fields_of, expected)) else _by_words(expected))
    labels = tuple(sorted(set(expected))) if how == "label" else ()
    return Sample(tuple(shown_ones), tuple(tried), how, labels, tuple(sorted({name for kind in kinds for name in kind})) if how == "fields" else (), doubles)


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
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _alike(items: Sequence[Item]) -> list[int]:
    """A number for each case, the same for doubles and near-doubles, and for what lies between them."""
    said = [plain(one.input) for one in items]
    likeness = process.cdist(said, said, scorer=fuzz.token_sort_ratio, score_cutoff=NEAR, dtype=np.uint8)
    return [int(group) for group in connected_components(likeness)[1]]


def _split(items: Sequence[Item], groups: Sequence[int], wanted: int, seed: int) -> set[int]:
    """Groups to be tried: of each label, else of each segment, its share, groups whole."""
    labels = len({one.expected for one in items}) <= min(_LABELS, len(items) / 3)
    stratum = {group: one.expected if labels else one.segment for one, group in zip(items, groups, strict=True)}
    size, held, draw = Counter(groups), defaultdict[str, list[int]](list), random.Random(seed)  # noqa: S311  a split, no secret
    for group, name in stratum.items():
        held[name].append(group)
    ranked: list[tuple[float, float, int]] = []
    for name in sorted(held):  # a group's rank is how far into its stratum it lies, so that every prefix takes the same share of each
        before, mixed = 0.0, draw.sample(held[name], len(held[name]))
        for group in mixed:
            ranked.append(((before + size[group] / 2) / sum(size[one] for one in mixed), draw.random(), group))
            before += size[group]
    chosen, taken = set[int](), 0
    for *_, group in sorted(ranked):
        if taken + size[group] <= wanted:
            chosen.add(group)
            taken += size[group]
    return chosen


def shuffled(items: Sequence[Item], most: int, seed: int) -> list[Item]:
    """At most `most` of the cases, one of each right answer before a second of any."""
    draw, left = random.Random(seed), defaultdict[str, list[Item]](list)  # noqa: S311
    for one in draw.sample(list(items), len(items)):
        left[one.expected].append(one)
    rounds = [held[i] for i in range(max(map(len, left.values()), default=0)) for held in left.values() if i < len(held)]
    return rounds[:most]


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

    @property
    def id(self) -> str:
        """The workflow with a few signs that are the same for the same plan."""
        return f"{self.workflow}-{fingerprint(_text(self).encode())[:8]}"

    @property
    def demonstration(self) -> bool:
        """Whether the small model that ships with the package answers: no measure of what a paid one does."""
        return not self.url


def _text(trial: Trial) -> str:
    return json.dumps(form(Trial, {}).plain(trial), ensure_ascii=False, sort_keys=True)


def folder_of(engagement_file: str | Path, trial: str) -> Path:
    """Where a trial lies."""
    return within(Path(engagement_file).resolve().parent, f"{FOLDER}/{trial}")


def log_of(folder: Path, way: WayId) -> Path:
    """The Inspect log of one way in the folder of a trial."""
    return folder / "logs" / f"{way}.json"


def samples_of(log: Path) -> list[dict[str, Any]]:
    """The cases of a log with what became of them."""
    return list(json.loads(log.read_bytes())["samples"])


def keep(trial: Trial, engagement_file: str | Path) -> Path:
    """Write the plan; the same plan is written once."""
    path = folder_of(engagement_file, trial.id) / "plan.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, _text(trial).encode())
    return path


def kept(engagement_file: str | Path, workflow: str = "", id: str = "") -> Trial:
    """The trial called `id`, else the only one of the workflow.

    Raises:
        UsageError: If there is none, or there are several.
        EngagementError: If its plan was changed by hand.
    """
    flow = load(engagement_file).engagement.chosen(workflow).id if not id else ""
    plans = sorted((Path(engagement_file).resolve().parent / FOLDER).glob(f"{id or flow + '-????????'}/plan.json"))
    if len(plans) != 1:
        names = ", ".join(path.parent.name for path in plans)
        raise UsageError(f"{flow}: there are several trials, name one with --trial: {names}" if plans else f"{id or flow}: no trial is planned; run: advisorkit bakeoff plan")
    source = read_source(plans[0])
    faults: list[Fault] = []
    trial = form(Trial, {}).read(Spot(parse_json(source.text, source.file), "", source.file, faults))
    if faults or not isinstance(trial, Trial) or trial.id != plans[0].parent.name:
        raise EngagementError([*faults[:5], Fault(source.file, "", "was changed after it was planned; plan again")])
    return trial


def limited(trial: Trial, wanted: str = "") -> Trial:
    """The trial with the ways that its cases, texts and models allow, simplest first, or those of them that are named, parted by commas."""
    examples = len([one for one in trial.sample.shown if one.expected]) >= 5
    texts, room = bool(trial.corpus.passages), 1_500 if trial.demonstration else CARRIED
    open_to: Mapping[WayId, bool] = {
        "zero": True, "fixed": examples, "nearest": examples, "corpus": texts and trial.corpus.size.high <= room, "rag": texts,
        "tuned": bool(trial.tuned), "head": trial.sample.scoring == "label" and examples and not trial.tuned, "both": texts and bool(trial.tuned),
    }
    known, names = [way for way, there in open_to.items() if there], [name.strip() for name in wanted.split(",") if name.strip()]
    if lost := [name for name in names if name not in known]:
        raise UsageError(f"--ways {', '.join(lost)}: not open to this trial; open are {', '.join(known)}")
    return replace(trial, ways=tuple(way for way in known if not names or way in names))

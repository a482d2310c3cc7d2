"""A planned trial: its cases, texts, ways and limits, frozen in one file; what it would send, and what that may cost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal

from advisorkit.bakeoff.sample import Sample
from advisorkit.bakeoff.texts import Corpus
from advisorkit.files.disk import fingerprint, read_source, within, write_bytes
from advisorkit.files.spots import Spot
from advisorkit.files.trees import parse_json
from advisorkit.files.typed import form
from advisorkit.store.reading import load
from advisorkit.values.criteria import PatternId
from advisorkit.values.errors import EngagementError, Fault, UsageError

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

"""The catalogue's values: criteria with their levels and evidence, gates, and the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from advisorkit.values.errors import CatalogError, nearest
from advisorkit.values.patterns import CompanionId, OffRampId, Pattern, PatternId

Axis = Literal["retrieval", "training"]
GateKind = Literal["lasting", "for_now", "off_ramp", "autonomy"]

TOPICS: tuple[str, ...] = (
    "off-ramp", "economics", "behaviour", "knowledge", "risk", "platform", "readiness", "stage",
)
"""Order in which a workshop takes the topics: problem and value, the job, knowledge, risk, platform, readiness."""


@dataclass(frozen=True, slots=True)
class Level:
    """One possible answer to a criterion and the evidence that it carries."""

    id: str
    """Word used in files, such as ``weekly``."""
    label: str
    """The answer in a client's words."""
    reason: str
    """The answer as a reason, such as ``Knowledge changes weekly``; used in charts and prose."""
    retrieval: float
    """Decibans towards needing retrieval."""
    training: float
    """Decibans towards needing training."""
    expert_retrieval: float
    """Decibans before the fit on closed cases: the expert's judgement."""
    expert_training: float
    """Decibans before the fit on closed cases: the expert's judgement."""
    below: float | None = None
    """Exclusive upper end of the level's numbers, in the criterion's unit; None for the last level or for words only."""
    absent: bool = False
    """Whether it only says that a ground is missing, which counts in the sum and is no reason to tell."""


@dataclass(frozen=True, slots=True)
class AskIf:
    """Ask a criterion only when another answer, or the belief so far, makes it meaningful.

    Example:
        >>> AskIf("private_knowledge", ("some", "most")).axis is None
        True
    """

    criterion: str = ""
    """The other criterion; empty when the test is on an axis."""
    levels: tuple[str, ...] = ()
    """Levels of it under which this one is asked; unknown counts as asked."""
    axis: Axis | None = None
    """Axis whose chance decides; None when another answer decides."""
    at_least: float = 0.0
    """Smallest chance of the axis, 0 to 1, at which this one is still asked."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question of the assessment."""

    id: str
    """Word used in files, such as ``knowledge_change``."""
    topic: str
    """One of `TOPICS`."""
    label: str
    """Short name for tables and charts."""
    question: str
    """The question in a client's words."""
    help: str
    """One or two plain sentences: what is meant, and how to find out."""
    levels: tuple[Level, ...]
    """Ordered levels; for numbers, bands from low to high."""
    words: bool
    """Whether level ids may be given as the answer."""
    unit: str | None
    """Unit of a numeric answer; None when only words are accepted."""
    minimum: float
    """Smallest number accepted."""
    maximum: float
    """Largest number accepted."""
    who: str
    """Who can answer: business, IT or legal."""
    when: str
    """pre_work, workshop or after."""
    ask_if: AskIf | None
    """Condition under which it is asked; None means always."""
    derived: bool
    """Never asked: follows from the pilot, the price book or other answers."""
    core: bool
    """Belongs to the shortest useful assessment."""
    source_text: str
    """Which statement of the source text it stands for, in our words; empty when it goes beyond that text."""
    cause: str
    """Answers with one cause are damped together; the criterion's own id when it stands alone."""
    rationale: str
    """Why it matters, with the finding behind it."""
    sources: tuple[str, ...]
    """Keys into `Catalog.sources`."""
    fit_note: str = ""
    """Why the fitted weights differ from the expert's where they differ much; empty otherwise."""

    def level(self, id: str) -> Level:
        """The level called `id`.

        Raises:
            CatalogError: If there is none; names the nearest.
        """
        for level in self.levels:
            if level.id == id:
                return level
        words = [level.id for level in self.levels]
        raise CatalogError(f"'{id}' is not a level of {self.id}; valid: {', '.join(nearest(id, words) or words)}")


@dataclass(frozen=True, slots=True)
class Gate:
    """A no that stands outside the sum of evidence."""

    criterion: str
    """Criterion whose answer closes it."""
    levels: tuple[str, ...]
    """Levels that close it; empty when the test is computed (see `computed`)."""
    removes: tuple[PatternId, ...]
    """Patterns that it takes away."""
    kind: GateKind
    """lasting: from the destination; for_now: from today's step; off_ramp and autonomy: advice beside the pattern."""
    reason: str
    """Why, in a client's words."""
    reopens: str
    """What in the world would lift it."""
    unknown_closes: bool = False
    """For-now gates that also hold while the answer is unknown, such as an unmarked pilot."""
    computed: str = ""
    """Name of the computed test, such as ``beyond_window`` or ``over_budget``; with `levels`, both must hold."""
    short: str = ""
    """The reason in a few words, to stand after "ruled out:" or "not yet:"."""
    leads_to: tuple[OffRampId | CompanionId, ...] = ()
    """Off-ramps or companions that it points to, likeliest first."""
    unless: AskIf | None = None
    """Answer to another criterion under which it does not hold; None means that nothing excuses it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a claim comes from."""

    key: str
    """Short key, such as ``O1``."""
    title: str
    """Title, publisher and year."""
    where: str
    """Where it was read."""
    checked: str
    """ISO date on which a person last read it."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything the engine knows, as reviewed data."""

    criteria: Mapping[str, Criterion]
    """By id, in catalogue order."""
    gates: tuple[Gate, ...]
    """In catalogue order."""
    patterns: Mapping[str, Pattern]
    """The four patterns by id, simplest first."""
    off_ramps: Mapping[str, Pattern]
    """Off-ramps by id."""
    companions: Mapping[str, Pattern]
    """Companions by id."""
    sources: Mapping[str, Source]
    """By key."""
    prior_decibans: tuple[float, float]
    """Belief before any answer: retrieval, training."""
    prior_source: str
    """Where that belief comes from."""
    damping: float
    """Share of each weaker same-signed answer that counts within one cause, 0 to 1; 1 means none is damped."""
    causes: Mapping[str, str] = field(default_factory=dict)
    """What the answers of one cause have in common, by cause."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """Names of `TOPICS` for a client, in workshop order."""
    damping_source: str = ""
    """Where the damping comes from."""
    text: Mapping[str, str] = field(default_factory=dict)
    """Sentences of the advice by key, in one language; names in braces are filled in."""

    def criterion(self, id: str) -> Criterion:
        """The criterion called `id`.

        Raises:
            CatalogError: If there is none; names the nearest.
        """
        try:
            return self.criteria[id]
        except KeyError:
            near = nearest(id, list(self.criteria))
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise CatalogError(f"unknown criterion '{id}'.{hint}") from None

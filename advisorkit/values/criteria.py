"""The catalogue's values: patterns, off-ramps and companions, criteria with their levels and evidence, gates, rules for pilots, and the whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal, get_args

from advisorkit.values.messages import CatalogError, here, nearest
from advisorkit.values.quantities import MOST, Estimate
from advisorkit.values.written import ELSEWHERE, OWN_KEY, Named, Within

PatternId = Literal["prompt", "rag", "finetune", "hybrid"]
PatternWord = Annotated[PatternId, Named("pattern")]
"""A pattern, called so in messages."""
OffRampId = Literal["rule", "query", "search", "tool_call", "predictive_model", "buy", "fix_process", "stop"]
CompanionId = Literal["tool_call", "structured_output", "rule", "human_handover", "classifier"]

PATTERNS: tuple[PatternId, ...] = get_args(PatternId)
"""Simplest first: the order that settles ties."""
NEEDS: Mapping[PatternId, tuple[bool, bool]] = {"prompt": (False, False), "rag": (True, False), "finetune": (False, True), "hybrid": (True, True)}
"""Whether the work that ends with a pattern needs retrieval, and training."""
OFF_RAMPS: tuple[OffRampId, ...] = get_args(OffRampId)
"""What may be recommended instead of any pattern."""
COMPANIONS: tuple[CompanionId, ...] = get_args(CompanionId)
"""What may stand beside a pattern."""
Axis = Literal["retrieval", "training"]
AXES: tuple[Axis, Axis] = ("retrieval", "training")
GateKind = Literal["lasting", "lowers", "for_now", "off_ramp", "autonomy"]
Basis = Literal["law", "rights", "platform", "size", "pace", "form"]

TOPICS: tuple[str, ...] = ("off-ramp", "economics", "behaviour", "knowledge", "risk", "platform", "readiness", "stage", "people")
"""Order in which a workshop takes the topics: problem and value, the job, knowledge, risk, platform, readiness, people's time."""


Number = Annotated[float, Within(0)]
Count = Annotated[int, Within(0)]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a non-technical buyer is told of one pattern, off-ramp or companion."""

    id: Annotated[str, OWN_KEY]
    """Catalogue id, such as ``rag``."""
    name: str
    """Name on screen, such as ``RAG``."""
    long_name: str
    """Name at first mention, such as ``retrieval (RAG)``; see `later_name`."""
    what: str
    """What it is, in a sentence or two."""
    right_when: str
    """When it is the right call."""
    fails_when: str
    """How it typically fails."""
    cost_profile: str
    """Where the money goes."""
    examples: tuple[str, ...] = ()
    """Typical uses."""
    sources: tuple[str, ...] = ()
    """Keys of the source list."""
    suggested_by: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    """Answers that suggest it: any one of these, in which every criterion named has one of its levels."""

    @property
    def later_name(self) -> str:
        """Name at a later mention, such as ``retrieval``: without the second one."""
        return self.long_name.partition(" (")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One possible answer to a criterion and the evidence that it carries."""

    id: Annotated[str, OWN_KEY]
    """Word used in files, such as ``weekly``."""
    label: str
    """The answer in a client's words."""
    reason: str
    """The answer as a reason, such as ``Knowledge changes weekly``; used in charts and prose."""
    expert: Annotated[tuple[float, float], Named("decibans")] = (0.0, 0.0)
    """Decibans towards needing retrieval and training: the expert's judgement."""
    fitted: Annotated[tuple[float, float] | None, ELSEWHERE] = None
    """The same after the fit on closed cases; None where nothing was fitted and the expert's count."""
    below: float | None = None
    """Exclusive upper end of the level's numbers, in the criterion's unit; None for the last level or for words only."""
    absent: bool = False
    """Whether it only says that a ground is missing, which counts in the sum and is no reason to tell."""

    @property
    def retrieval(self) -> float:
        """Decibans towards needing retrieval."""
        return (self.fitted or self.expert)[0]

    @property
    def training(self) -> float:
        """Decibans towards needing training."""
        return (self.fitted or self.expert)[1]


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
    axis: Annotated[Axis, Named("axis")] | None = None
    """Axis whose chance decides; None when another answer decides."""
    at_least: float = 0.0
    """Smallest chance of the axis, 0 to 1, at which this one is still asked."""

    def __post_init__(self) -> None:
        if bool(self.axis) == bool(self.criterion):
            raise ValueError("give either criterion and levels, or axis and at_least")


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One question of the assessment."""

    id: Annotated[str, OWN_KEY]
    """Word used in files, such as ``knowledge_change``."""
    topic: Annotated[str, ELSEWHERE] = ""
    """One of `TOPICS`."""
    label: str
    """Short name for tables and charts."""
    question: str
    """The question in a client's words."""
    help: str
    """One or two plain sentences: what is meant, and how to find out."""
    levels: Annotated[tuple[Level, ...], Named("levels")]
    """Ordered levels; for numbers, bands from low to high."""
    words: Annotated[bool, ELSEWHERE] = True
    """Whether level ids may be given as the answer."""
    unit: str | None = None
    """Unit of a numeric answer; None when only words are accepted."""
    minimum: float = 0.0
    """Smallest number accepted."""
    maximum: float = MOST
    """Largest number accepted."""
    who: Annotated[Literal["business", "IT", "legal"], Named("role")]
    """Who can answer: business, IT or legal."""
    when: Annotated[Literal["pre_work", "workshop", "after"], Named("moment")]
    """pre_work, workshop or after."""
    ask_if: AskIf | None = None
    """Condition under which it is asked; None means always."""
    derived: bool = False
    """Never asked: follows from the pilot, the price book or other answers."""
    core: bool = False
    """Belongs to the shortest useful assessment."""
    source_text: str = ""
    """Which statement of the source text it stands for, in our words; empty when it goes beyond that text."""
    cause: str = ""
    """Answers with one cause are damped together; the criterion's own id when it stands alone."""
    rationale: str
    """Why it matters, with the finding behind it."""
    sources: tuple[str, ...] = ()
    """Keys into `Catalog.sources`."""
    fit_note: Annotated[str, ELSEWHERE] = ""
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
        raise CatalogError(here("'{}' is not a level of {}; valid: {}", id, self.id, ", ".join(nearest(id, words) or words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A no that stands outside the sum of evidence."""

    criterion: Annotated[str, Named("criterion")]
    """Criterion whose answer closes it."""
    levels: tuple[str, ...] = ()
    """Levels that close it; empty when the test is computed (see `computed`)."""
    removes: tuple[PatternWord, ...] = ()
    """Patterns that it takes away."""
    kind: Annotated[GateKind, Named("kind of gate")]
    """lasting: from the destination; lowers: makes it less likely; for_now: from today's step; off_ramp and autonomy: advice beside the pattern."""
    reason: str
    """Why, in a client's words."""
    reopens: str
    """What in the world would lift it."""
    unknown_closes: bool = False
    """For-now gates that also hold while the answer is unknown, such as an unmarked pilot."""
    computed: str = ""
    """Name of the computed test, such as ``beyond_window`` or ``over_budget``; with `levels`, both must hold."""
    short: str
    """The reason in a few words, to stand after "ruled out:" or "not yet:"."""
    leads_to: tuple[Annotated[OffRampId | CompanionId, Named("off-ramp or companion")], ...] = ()
    """Off-ramps or companions that it points to, likeliest first."""
    unless: AskIf | None = None
    """Answer to another criterion under which it does not hold; None means that nothing excuses it."""
    basis: Annotated[Basis, Named("basis")] | None = None
    """What a lasting or lowering gate rests on; only law, rights and platform may close a pattern for good."""
    factor: Annotated[float, Within(0, 1)] = 1.0
    """What the odds of what it removes are multiplied by while it holds; counts for lowers and off_ramp."""
    because: str = ""
    """Where the factor comes from."""


@dataclass(frozen=True, slots=True)
class Record:
    """How often what was called clear turned out so on closed cases, each judged by weights that had not seen its company."""

    cases: Annotated[int, Within(0)]
    """Cases judged."""
    called: Annotated[int, Within(0)]
    """Cases whose destination was called clear."""
    right: Annotated[int, Within(0)]
    """Those of them that ended so."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a claim comes from."""

    key: Annotated[str, OWN_KEY]
    """Short key, such as ``O1``."""
    title: str
    """Title, publisher and year."""
    where: str
    """Where it was read."""
    checked: date
    """Day on which a person last read it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Numbers that every reading of a pilot goes by; each stands in the data file with its source."""

    sizes: tuple[Annotated[int, Within(1)], ...]
    """Sizes of pilot that are compared, in cases, rising."""
    worth_share: Annotated[float, Within(0, 1)]
    """Share of the most that marking could bring after its cost from which a smaller pilot does."""
    least_cases: Count
    """Cases below which nothing is decided."""
    most_cases: Count
    """Cases beyond which a pilot is not sent to mark more when no money is at stake."""
    least_failures: Count
    """Failures with a known kind below which no way up is chosen."""
    least_tests: Count
    """Failed cases in which the right text must have been pasted before the test counts."""
    confidence: Number
    """Chance, 0 to 1, at which a pilot without money at stake counts as settled."""
    half_width: Number
    """Half width of the 95 % interval that a pilot without money at stake is sized for."""
    double_marked: Number
    """Share of the cases that two people mark, 0 to 1."""
    substantial: Number
    """Share of the failures from which a kind calls for its own layer beside the other, 0 to 1."""
    oracle_floor: Number
    """Fix rate of pasted text, at its upper bound, below which retrieval is blocked, 0 to 1."""
    fix_rate: Annotated[Estimate, Named("setting")]
    """Expected share of information failures that the right text mends, 0 to 1, until it is measured."""
    hit_rate: Number
    """Expected share of requests for which a search brings the right passage, 0 to 1, until it is measured."""
    training_effect: Number
    """Share of behaviour failures that training removes by which the need of it is judged, 0 to 1."""
    training_mends: Annotated[Estimate, Named("setting")]
    """Expected share of behaviour failures that training removes, 0 to 1."""
    low_agreement: Number
    """Kappa below which markers are said to disagree."""
    evidence_cap: Number
    """Most decibans that one pilot adds to an axis."""
    pilot_months: Number
    """Months after which a pilot is worth doing again."""
    pass_marks: Mapping[str, Annotated[float, Within(0, 1)]]
    """Share right to ask for by error tolerance when neither a pass mark nor money says it."""


@dataclass(frozen=True, slots=True, eq=False)
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
    record: Record | None = None
    """What *clear* promises, as measured on the cases that the weights were fitted to; None where nobody measured it."""
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
            hint = here(" Did you mean {}?", here(" or ").join(near)) if near else ""
            raise CatalogError(here("unknown criterion '{}'.", id) + hint) from None

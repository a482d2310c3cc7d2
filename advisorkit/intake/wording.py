"""Headings and words of lists as people write them, and the answers that they stand for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import import_module
from unicodedata import category

from advisorkit.catalog.reading import assumptions, load as load_catalog, measure
from advisorkit.catalog.vocabulary import answer, setting
from advisorkit.files.amounts import words
from advisorkit.files.numbers import ONE, Listener, currencies, is_number, unclear
from advisorkit.files.spots import Spot
from advisorkit.files.tables import is_total
from advisorkit.files.texts import languages, speaking
from advisorkit.files.trees import Scalar
from advisorkit.files.typed import data
from advisorkit.store.reading import CONTEXT, CURRENCIES
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Answer, Setting
from advisorkit.values.messages import locale

OWN = ("id", "name", "client", "currency", "as_of", "corpus", "after")
"""What a row says of itself, beside answers, settings and context."""
_LETTER = re.compile(r"\A\(?[A-Za-z0-9]{1,2}[.):]\)?\s+(?=\S)")
_UNIT = re.compile(
    r"(.*\w)(?:\s*[(\[]([^()\[\]]+)[)\]]|\s+in\s+(\S+)|\s*,\s*((?:(?:per|pro|je)\s+)?\S+)"
    r"|\s+(%|p\.\s?[amq]\.)|\s*(/\s*\w+|\s(?:per|pro|je)\s+\w+))\W*", re.DOTALL | re.IGNORECASE,
)  # fmt: skip
_THOUSANDS = re.compile(r"(?<![0-9.,])(?:(?:\bin|x|×|\*)\s?)?['’]?(?:1[.,'’ ]?)?000(?:['’]?s\b)?(?![0-9])|\b10(?:\^3|³)")
_YEAR = re.compile(r"\b(?:(?:FY\s?)?(?:19|20)[0-9]{2}|FY\s?[0-9]{2})\b", re.IGNORECASE)
_SENTENCE = 9
"""Words from which a text is no name's heading."""
_ALIKE, _TYPO = 86, 2
"""Likeness of a heading, 0 to 100, from which it is proposed; letters by which a misspelt name is off."""


@dataclass(frozen=True, slots=True)
class Usual:
    """The words of ``headings.yaml``."""

    yes: tuple[str, ...]
    """Ways to say yes."""
    no: tuple[str, ...]
    """Ways to say no."""
    unknown: tuple[str, ...]
    """Ways to say nothing."""
    notes: tuple[str, ...]
    """Words before a note on a table."""
    forms: tuple[str, ...]
    """Headings of what web forms add to each answer, two of which tell such a list."""
    parts: Mapping[str, tuple[str, ...]]
    """Words in a heading that make it an id or a name, where no usual one is there."""
    others: tuple[str, ...]
    """Words that make it the id or name of something else."""
    headings: Mapping[str, tuple[str, ...]]
    """Usual headings by what they stand for."""
    levels: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Usual words by criterion and level."""


@cache
def usual() -> Usual:
    """The words of ``headings.yaml``, read once."""
    found: Usual = data("headings.yaml", Usual, {})
    return found


@lru_cache(maxsize=100_000)
def bare(text: str) -> str:
    """`text` as it is compared: without case, signs, and the letter of a list of answers.

    Example:
        >>> bare("a) Yes, both"), bare("Use-Case_ID"), bare("#")
        ('yes both', 'use case id', '#')
    """
    plain = _LETTER.sub("", text.strip(), count=1).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", plain).split()) or plain


@cache
def _blanks() -> frozenset[str]:
    return frozenset(map(bare, usual().unknown))


def nothing(text: str) -> bool:
    """Whether a cell says that nothing is known.

    Example:
        >>> [nothing(text) for text in ("n/a", "TBD", "-", "No", "a) N/A", "k. A.")]
        [True, True, True, False, True, True]
    """
    return not {bare(text), bare("".join(text.split()))}.isdisjoint(_blanks())


def parted(heading: str) -> tuple[str, str]:
    """A heading and the unit that it names behind its own words; empty where it names none.

    Example:
        >>> parted("Handling time (h)"), parted("Budget in k€"), parted("Volume / week"), parted("Owner")
        (('Handling time', 'h'), ('Budget', 'k€'), ('Volume', '/ week'), ('Owner', ''))
    """
    found = _UNIT.fullmatch(heading.strip())
    return (found[1], next(filter(None, found.groups()[1:])).strip()) if found else (heading, "")


def counted(heading: str) -> str:
    """What a heading with a unit behind it stands for, as far as that is counted; empty otherwise."""
    name = place_of(parted(heading)[0])
    return "" if name in {*OWN, *CONTEXT} else name


@cache
def _units() -> frozenset[str]:
    lists = [words(name) for name in ("scales", "money", "signs", "percent", "periods", "adverbs", "elsewhere")]
    return frozenset({word for one in (*lists, *(words("units", name) for name in (*words("timed"), "tokens"))) for word in one} | {"‰"})


def unit_of(name: str) -> str:
    """The unit in which a criterion or assumption is counted; empty where it is not counted.

    Example:
        >>> unit_of("budget"), unit_of("adoption"), unit_of("citations"), unit_of("owner")
        ('currency', 'share', '', '')
    """
    criterion, assumption = load_catalog().criteria.get(name), assumptions().get(name)
    return (criterion.unit or "") if criterion else assumption.unit_in("currency", "share") if assumption and assumption.numeric else ""


def unit_in(heading: str, name: str) -> str | None:
    """The unit that amounts below a heading lack; empty where they lack none, None where it is not one of `name`.

    Example:
        >>> unit_in("Handling time (h)", "minutes_per_item"), unit_in("Minutes each (avg.)", "minutes_per_item"), unit_in("Volume (per day)", "calls_per_month")
        ('h', '', None)
        >>> unit_in("Volume ('000)", "calls_per_month"), unit_in("Budget (SEK)", "budget"), unit_in("Volume (per user)", "calls_per_month")
        ('k', 'SEK', None)
    """
    unit, measured = _THOUSANDS.sub(" k ", parted(heading)[1]).strip(), unit_of(name)
    if not unit or not measured:
        return ""
    heard = _heard(unit, measured)
    return (None if _strange(unit) else "") if heard is None else heard


def loose(heading: str, name: str) -> bool:
    """Whether what stands behind a heading is no unit that is known here, so that amounts below it are taken in that of `name`.

    Example:
        >>> [loose(heading, "minutes_per_item") for heading in ("Handling time (avg.)", "Handling time (h)", "Minuten je Vorgang", "Handling time")]
        [True, False, False, False]
    """
    unit, measured = parted(heading)[1], unit_of(name)
    return bool(unit and measured) and unit_in(heading, name) == "" and _heard(unit, measured) is None


def _heard(unit: str, measured: str) -> str | None:
    """A unit behind a heading in words that its amounts can carry, empty where it is their own; None where it is not understood."""
    each = re.fullmatch(r"(?:(?:per|pro|je)\s+|/\s*)(\w+)", unit.casefold())
    if each and {each[1], each[1].removesuffix("s")} & {*words("things")}:
        return ""
    said, code = re.split(r"\s(?:per|pro|je)\s|(?<=\w)/", unit), "".join(codes_in(unit)[:1])
    for one in (unit, *said[:1] * (said[-1].strip() in words("things"))) if not re.search("[0-9]", unit) else ():
        with suppress(ValueError):
            found = Listener(currency=code).amount(f"1 {one}", measure(measured))
            return one if found != ONE or code or currencies(one) else ""
    return None


def codes_in(unit: str) -> list[str]:
    """Codes of currencies that stand in a unit."""
    return [word for word in re.findall(r"\b[A-Z]{3}\b", unit) if word in CURRENCIES]


def _strange(unit: str) -> bool:
    """Whether what is not understood says how much one is all the same: figures but a year, a sign or code of money, each of something, a known unit."""
    bare_, each = _YEAR.sub("", unit).casefold(), re.findall(r"(?:\b(?:per|pro|je)\s+|/\s*)(\w+)", unit.casefold())
    told = {one for word in re.findall(r"[^\W\d_]+|[%‰]", bare_) for one in (word, word.removesuffix("s"))}
    figures = any(c.isdigit() or category(c) == "Sc" for c in bare_)
    return figures or bool(codes_in(unit) or told & _units()) or any(word not in words("things") for word in each)


def currency_in(texts: Iterable[str]) -> str:
    """The one currency that units of headings, or amounts, name; empty where there is none, or several.

    Example:
        >>> currency_in(["USD", "k$"]), currency_in(["5 €", "USD"])
        ('USD', '')
    """
    named = {one[0] for text in texts for one in currencies(text)}
    return named.pop() if len(named) == 1 else ""


def in_unit(spot: Spot, unit: str) -> Spot:
    """A cell that holds no unit of its own, in that of its heading."""
    text = spot.node.text if isinstance(spot.node, Scalar) else ""
    if not unit or not isinstance(spot.node, Scalar) or (re.search(r"[^\W\d_]|[%€$£]", text) and not is_number(text)):
        return spot
    return replace(spot, node=replace(spot.node, text=f"{text}{'0' * (spot.numeric and unclear(text))} {unit}"))


def of_whom(heading: str, headings: Iterable[str]) -> bool:
    """Whether a heading is, in what a web form gives, the name of whoever filled it in.

    Example:
        >>> of_whom("Name", ["ID", "Start time", "Completion time", "Name", "Title"]), of_whom("Name", ["ID", "Name"])
        (True, False)
    """
    return bare(heading) == "name" and len({*map(bare, headings)} & {*map(bare, usual().forms)}) > 1


def no_row(texts: Sequence[str]) -> str:
    """What a row is that stands for nothing of its own: ``a total``, ``a note``; empty when it is a row.

    Example:
        >>> no_row(["Total (12)", "1500"]), no_row(["Source: the desk"]), no_row(["* estimated"]), no_row(["Total quality", "3"]), no_row(["Subtotal Sales", "3"])
        ('a total', 'a note', 'a note', '', 'a total')
    """
    first = texts[0] if texts else ""
    figures = bool(texts[1:]) and not any(re.search(r"[^\W\d]{4}", text) for text in texts[1:])
    if (is_total(first) and (figures or not texts[1:])) or (figures and bare(first).startswith(tuple(f"{word} " for word in words("subtotals")))):
        return "a total"
    return "a note" if len(texts) == 1 and (first[:1] in "*†‡¹²³" or bare(first.partition(":")[0]) in (usual().notes if ":" in first else ())) else ""


def names() -> tuple[str, ...]:
    """Every name that a column may have: of the row itself, criteria, workload and assumptions.

    Example:
        >>> "citations" in names() and "id" in names()
        True
    """
    return (*OWN, *load_catalog().criteria, *(name for name in assumptions() if name not in load_catalog().criteria))


@cache
def _headings() -> Mapping[str, str]:
    """What headings stand for on sight: names of columns, and usual headings of the row itself and its context."""
    known = {bare(heading): name for name in (*CONTEXT, *OWN) for heading in (name, *usual().headings.get(name, ()))}
    return known | {bare(name): name for name in names()}


def place_of(heading: str) -> str:
    """What a heading stands for on sight; empty when it is no usual one.

    Example:
        >>> place_of("Use Case Name"), place_of("Bureau"), place_of("Calls per month"), place_of("Vendor")
        ('name', 'department', 'calls_per_month', '')
    """
    words = set(bare(heading).split())
    part = (name for name, marks in usual().parts.items() if len(words) < _SENTENCE and words & set(marks) and not words & set(usual().others))
    return _headings().get(bare(heading), "") or next(part, "")


def exact(heading: str) -> bool:
    """Whether a heading is a usual one as it stands, not by a word in it.

    Example:
        >>> exact("Use Case Name"), exact("Name of the AI system"), place_of("Name of the AI system"), place_of("Vendor name")
        (True, False, 'name', '')
    """
    return bare(heading) in _headings()


def misspelt(heading: str) -> str:
    """The name of a column that `heading` misspells by at most two letters, one in a short name; empty when none.

    Example:
        >>> misspelt("citation"), misspelt("calls_permonth"), misspelt("vendor")
        ('citations', 'calls_per_month', '')
    """
    if exact(heading) or counted(heading):
        return ""
    word, distance = bare(heading), import_module("rapidfuzz.distance").OSA.distance
    near = [(distance(word, bare(name)), name) for name in names() if len(name) > 2]
    off, name = min(near)
    return name if off <= (_TYPO if len(name) > 6 else 1) else ""


@cache
def _phrases() -> Mapping[str, frozenset[str]]:
    """What every criterion, workload and assumption may be headed with, in any language."""
    found: dict[str, set[str]] = {}
    for language in tongues():
        with speaking(language):
            for name in (name for name in names() if name not in OWN):
                row = load_catalog().criteria.get(name)
                asked = (row.label, row.question) if row else (assumptions()[name].label,)
                found.setdefault(name, set()).update(bare(text) for text in (name, *asked, *usual().headings.get(name, ())))
    return {name: frozenset(phrases) for name, phrases in found.items() if not getattr(load_catalog().criteria.get(name), "derived", False)}


def likely(heading: str) -> Mapping[str, float]:
    """Criteria, workload and assumption names that a heading may stand for, likeliest first, by the catalogue's words in any language, each with its likeness.

    Example:
        >>> likely("Volume per month"), list(likely("Does it involve personal data?")), list(likely("Kosten einer falschen Antwort"))
        ({'calls_per_month': 100.0}, ['data_class'], ['cost_wrong'])
    """
    fuzz, word = import_module("rapidfuzz.fuzz"), bare(heading)
    found = []
    for name, phrases in _phrases().items():
        row = load_catalog().criteria.get(name)
        score = max(fuzz.token_sort_ratio(word, phrase) for phrase in phrases)
        if row and row.words and any(" " in phrase and f" {phrase} " in f" {word} " for phrase in phrases):
            score = max(score, _ALIKE)
        found.append((-score, name))
    return {name: -score for score, name in sorted(found, key=lambda one: one[0]) if -score >= _ALIKE}


def level_in(text: str, criterion: Criterion, given: Mapping[str, str] | None = None, *, guess: bool = False) -> str | None:
    """The level that a text names: as a mapping's words, `given`, say, by id or label, by yes or no; as a `guess` by a usual word.

    Example:
        >>> regulated = load_catalog().criterion("regulated")
        >>> level_in("TRUE", regulated), level_in("b) No", regulated), level_in("High risk", regulated), level_in("High risk", regulated, guess=True)
        ('yes', 'no', None, 'yes')
    """
    word, levels = bare(text), [level for level in criterion.levels if criterion.words]
    short = bare(re.split(r"\s[–—-]\s|[:;(]", text.strip())[0]) if guess else word
    for key, level in (given or {}).items():
        if bare(key) == word:
            return level
    if named := [level.id for level in levels if word in {bare(level.id), bare(level.label)}]:
        return named[0]
    said = "yes" if word in map(bare, usual().yes) else "no" if word in map(bare, usual().no) else ""
    spoken = [level.id for level in levels if said and said in {bare(level.id), bare(level.label).partition(" ")[0]}]
    listed = [name for name, known in usual().levels.get(criterion.id, {}).items() if guess and {word, short, said or word} & set(map(bare, known))]
    return spoken[0] if len(spoken) == 1 else listed[0] if listed else None


def tongues() -> tuple[str, ...]:
    """Every language, the one that is told in first."""
    return tuple(dict.fromkeys((locale().language, *languages())))


def level_said(text: str, criterion: Criterion, given: Mapping[str, str] | None = None) -> str | None:
    """The level that a text names as in `level_in`, in any language.

    Example:
        >>> level_said("Täglich", load_catalog().criterion("knowledge_change"))
        'daily'
    """
    for language in tongues() if criterion.words and not is_number(text) else ():
        with speaking(language):
            if level := level_in(text, load_catalog().criterion(criterion.id), given):
                return level
    return None


def answered(spot: Spot, criterion: Criterion, given: Mapping[str, str] | None = None) -> Answer | None:
    """A cell as an answer; None after a fault, or where nothing is known."""
    text = spot.node.text if isinstance(spot.node, Scalar) else ""
    level = level_said(text, criterion, given)
    if level == "unknown" or (level is None and nothing(text)):
        return None
    if level is not None:
        return levelled(level, text)
    return answer(spot, criterion)


def levelled(level: str, text: str) -> Answer:
    """A level as the answer that `text` gives: a guess where it ends in a question mark.

    Example:
        >>> levelled("required", "Required?").confidence
        'guess'
    """
    return Answer(levels=(level,), confidence="guess" if text.rstrip().endswith("?") else "known")


def agreed(spot: Spot, name: str) -> Setting | None:
    """A cell as a workload or assumption value; None after a fault, or where nothing is known."""
    row = assumptions()[name]
    return None if isinstance(spot.node, Scalar) and nothing(spot.node.text) else setting(spot, row)

"""Numbers and amounts as people write them, and their only reader.

A file's own numbers are plain and need no reading. Text that is typed, stands in a cell, in quotes or in a word of a command is read here:
marks of four countries, units, words for large numbers and for ranges. What is not understood is refused by its word, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from advisorkit.files.amounts import either, in_parts_told, in_words, number_in, spelt, words
from advisorkit.files.trees import shown
from advisorkit.values.messages import here, in_units, locale
from advisorkit.values.quantities import Estimate, number, plain as in_short, round_figures, span

_PLAIN = re.compile(r"[-+]?(?:0|[1-9][0-9]*|(?=\.[0-9]))(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,4})?")
_UNCLEAR = re.compile(r"([1-9][0-9]{0,2})[.,]([0-9]{3})")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:(?:\.[0-9]{3})+(?:,[0-9]+)?|(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]+)?|(?:['’ ][0-9]{3})+(?:[.,][0-9]+)?)")
_NUMBER = re.compile(
    r"((?:[^0-9.,]|(?<=\w)\.(?= ))*)"  # what stands before: words, and points of short forms
    r"((?:(?<![^\W0-9])[.,])?[0-9](?:[0-9.,'’ ]*[0-9])?(?:[eE][-+]?[0-9]{1,4}(?![0-9]))?)(?:([.,])[-–—]+)?"
    r"(.*)", re.DOTALL,
)  # fmt: skip
_GLUED = re.compile(r"(?<=[0-9kKmM%€$£])[-–—](?=[0-9.,€$£])")
_WORD = re.compile(r"(?:(?:a|of) )?[^\W\d_]+(?:-[^\W\d_]+)*|[0-9.,]*[0-9]|\S")
_SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\t\n\r"), " ")
_COMMA = re.compile(r"(?:0|[1-9][0-9]*),(?:[0-9]{1,2}|[0-9]{4,})|0,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,}")
_DIGITS = re.compile(r"[0-9][0-9.,]*[0-9]")
_AMOUNT = re.compile(r"\D{0,4}[0-9][0-9.,]*(?:\D+[0-9][0-9.,]*)?\D{0,20}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")
_MANY, _RUN = 20, 9
"""Amounts in words that are told one by one; words from its first figure on that an amount in a sentence may take."""
ONE = Estimate(1.0, 1.0, 1.0)
"""Factor of what is counted as it stands."""
_End = tuple[float, float, Estimate | None]
"""An end of a range: its number, the scale named with it (0 for none), and its unit as a factor (None for none)."""


def measures(text: str) -> bool:
    """Whether a word of `text` says how much one is: thousands, an hour, a year.

    Example:
        >>> measures(" per day"), measures("k"), measures("pcs")
        (True, True, False)
    """
    lists = [words("scales"), words("periods"), words("adverbs"), *(words("units", name) for name in words("timed"))]
    return any(_in(word, one) in one for word in re.findall(r"[^\W\d_]+", spelt(text).casefold()) for one in lists)


def is_number(text: str) -> bool:
    """Whether `text` is a decimal number without group marks or leading zeros, as files write it.

    Example:
        >>> [is_number(t) for t in ("350", "-0.5", "1e6", "007", "1:30", "1,000", "nan")]
        [True, True, True, False, False, False, False]
    """
    return _PLAIN.fullmatch(text) is not None


def unclear(text: str) -> bool:
    """Whether a number in `text` may mean thousands or decimals.

    Example:
        >>> [unclear(t) for t in ("1.250", "1,250..2", "€1.250", "0,125", "1.2500")]
        [True, True, True, False, False]
    """
    return any(_UNCLEAR.fullmatch(one) for one in _DIGITS.findall(text.replace("..", " ")))


def decimal_mark(texts: Iterable[str], otherwise: str | None = None) -> str:
    """The mark before decimals in `texts`, as those show that leave no doubt.

    Else it is `otherwise`, or that of the language told in, which is empty in English, where both are in use.

    Example:
        >>> decimal_mark(["12.000", "0,5"]), decimal_mark(["1,250"]), decimal_mark(["0.5", "0,5"])
        (',', '', '')
    """
    found, swap = set[str](), str.maketrans(".,", ",.")
    for text in (re.sub(",[-–—]", ",0", one.replace("..", " ")) for one in texts):
        for one in _DIGITS.findall(text) if len(text) < 60 and _AMOUNT.fullmatch(text) else ():
            found |= {mark for mark, said in ((",", one), (".", one.translate(swap))) if _COMMA.fullmatch(said)}
    return found.pop() if len(found) == 1 else locale().point.strip(".") if otherwise is None else otherwise


def currencies(text: str) -> list[list[str]]:
    """For each sign, name or code of money in `text` the currencies that it may stand for, the usual one first.

    Example:
        >>> currencies("5 euros or 6 TUSD")
        [['EUR'], ['USD']]
    """
    codes = {**words("money"), **words("signs")}
    return [codes[one].split() for word in re.findall(r"[^\W\d_]+|[€$£¥]", spelt(text).casefold()) if (one := _in(word, codes)) in codes]


def in_parts(value: Estimate, unit: str) -> bool:
    """Whether `value` counts parts of what there is in whole ones only; the middle of a range that was not typed may lie anywhere.

    Example:
        >>> in_parts(Estimate.of(1.5), "languages"), in_parts(Estimate.of([1, 2]), "languages"), in_parts(Estimate.of(1.5), "weeks")
        (True, False, False)
    """
    typed = {value.low, value.high} | ({value.likely} - {Estimate.of([value.low, value.high]).likely})
    return unit in words("whole") and any(end % 1 for end in typed)


@dataclass(frozen=True, slots=True)
class Measure:
    """What an amount is counted in."""

    unit: str = ""
    """Its unit, for messages; ``currency`` stands for the engagement's."""
    ways: Mapping[str, Estimate] = field(default_factory=dict)
    """How much one of each unit is, by word: without capitals, in the singular."""
    timed: bool = False
    """Whether time is counted, so that an m alone may be a minute, a month or a million."""


ANY = Measure()
"""Just a number."""


class MisreadError(ValueError):
    """A text that is no amount; the message names `word` of it."""

    def __init__(self, message: str, word: str) -> None:
        super().__init__(message)
        self.word = word


@dataclass(frozen=True, slots=True)
class Listener:
    """How numbers are written in one file, table or session, and what was understood there."""

    decimal: str = ""
    """Mark before decimals; empty when nobody knows."""
    group: str = ""
    """Mark between thousands where `decimal` is not known, as where the words around are English."""
    currency: str = ""
    """Code of the money, of which the names and signs of others are refused; empty where any may be meant."""
    told: list[str] = field(default_factory=list, compare=False)
    """What was understood of texts that are more than a number, in order."""
    echoes: list[str] = field(default_factory=list, compare=False)
    """The same without the texts."""
    asked: list[str] = field(default_factory=list, compare=False)
    """Texts that were to be amounts, in order."""
    plainly: set[str] = field(default_factory=set, compare=False)
    """Columns of which it is told already that their numbers stand with their own unit."""

    @classmethod
    def of(cls, currency: str, texts: Iterable[str] | None = None) -> Listener:
        """For a session, or a file in whose `texts` numbers are written whatever is told in, in one currency.

        Commas part thousands where nothing speaks against it.
        """
        return cls(decimal_mark(texts or (), None if texts is None else ""), "" if currency in words("no_comma") else ",", currency)

    def amount(self, text: str, measure: Measure = ANY, column: str = "") -> Estimate:
        """The number or range in `text`; what it was taken for is told unless that is plain.

        It is told once for a `column` where only its own unit stands beside its numbers.

        Raises:
            MisreadError: If it is none, or not in a unit that fits; says why.
            ValueError: If its ends do not fit each other.

        Example:
            >>> said = Listener(group=",")
            >>> said.amount("between 25k and 60,000").low, said.amount("40,000").likely, said.amount("up to a dozen").high
            (25000.0, 40000.0, 12.0)
            >>> said.told
            ['“between 25k and 60,000” → 25,000 to 60,000', '“up to a dozen” → 0 to 12']
        """
        self.asked.append(text)
        said = " ".join(text.translate(_SPACES).split())
        plainly, measure = _shared(spelt(said, timed=measure.timed).strip(), measure)
        if _TIME.fullmatch(said):
            raise MisreadError(here("'{}' is a time of day or hours and minutes; write 5 min or 1.5 h", said), said)
        if _DAY.fullmatch(said):
            raise MisreadError(here("'{}' is a day, which a spreadsheet makes of a range such as 3-5; write 3 to 5", said), said)
        at_most = re.match(either("up_to") + r"\.?", plainly, re.IGNORECASE)
        parts = _ends(plainly[at_most.end() :] if at_most else plainly)
        ends = [self._end(part.strip(), measure) for part in parts] if len(parts) == 1 or all(map(str.strip, parts)) else []
        factors = {one for _, _, one in ends if one} or {ONE}
        each = len(factors) > 1 and all(one and one.fixed for _, _, one in ends)  # 30 minutes to 2 hours
        points = [0.0] * bool(at_most) + [_scaled(end, ends[-1]) * (end[2].likely if each and end[2] else 1.0) for end in ends]
        if not ends or len(points) > 3:
            raise MisreadError(here("'{}' is not a number, nor a range such as 25,000 to 60,000", shown(said)), said)
        half = len(ends) > 1 and ends[0][1] > 0 and not ends[-1][1] and points[0] > points[-1]  # 10k to 20
        if (len(factors) > 1 and not each) or half:
            raise MisreadError(here("'{}' names two units; write both ends in one", shown(said)), said)
        factor, base = ONE if each else factors.pop(), Estimate.of(points[0] if len(points) == 1 else sorted(points))
        if base.low < 0 and not factor.fixed:
            raise ValueError(here("an amount of text is not below zero"))
        made = base if factor == ONE else base.times(factor)
        before, plain = len(self.told), not at_most and all(end[1] == 0 and end[2] in (None, ONE) for end in ends)
        if not plain or column not in self.plainly:
            self._tell(said, made, measure, factor)
        if plain and column and len(self.told) > before:
            self.plainly.add(column)
        return made

    def amounts(self, text: str, measure: Measure = ANY) -> tuple[Estimate, ...]:
        """The amounts that a sentence names in figures, in the unit of `measure`; words that say nothing of an amount are passed over.

        Example:
            >>> [one.likely for one in Listener(group=",").amounts("In 2025, about 12,000 angry questions and 15 thousand others came.")]
            [2025.0, 12000.0, 15000.0]
        """
        idle = [name for group in ("about", "fillers", "scales", "up_to", "between", "and", "to", "per", "signs", "money") for name in words(group)]
        known, found, silent = {word for way in (*idle, *measure.ways) for word in way.split()}, list[Estimate](), replace(self, told=[])
        opening = {*words("between"), *words("up_to")}
        for part in re.split(r"[;:!?()]|[.,](?=\s|$)", spelt(text.translate(_SPACES))):
            told = [word for word in part.split() if re.search("[0-9]", word) or _in(word.casefold(), known) in known]
            for start in (place for place, word in enumerate(told) if re.search("[0-9]", word)):
                first = next((place for place in range(max(0, start - 3), start) if " ".join(told[place:start]).casefold() in opening), start)
                for end in range(min(len(told), start + _RUN), start, -1):
                    with suppress(ValueError, OverflowError):
                        found.append(silent.amount(" ".join(told[first:end]), measure))
                        break
        return tuple(found)

    def plain_share(self, value: Estimate, place: str = "") -> None:
        """Tell of a share above 1 that names no percent, as 5 may have been meant for 5%.

        Example:
            >>> said = Listener()
            >>> said.plain_share(Estimate.of(5), "a.yaml: line 3: ")
            >>> said.told
            ['a.yaml: line 3: 5 is taken as 500%; write 5% if that is meant']
        """
        plain, percent = ((_told(value.low, shares=shares), _told(value.high, shares=shares)) for shares in (False, True))
        ends = [one[0] if value.fixed else span(*one) for one in (plain, percent)]
        self.told.append(place + here("{} is taken as {}; write {}% if that is meant", ends[0], ends[1], ends[0]))

    def plain_point(self, text: str, place: str = "") -> None:
        """Tell of a plain number whose three decimals end in nought, as 1.200 may have been meant for 1200.

        Example:
            >>> said = Listener()
            >>> [said.plain_point(text) for text in ("1.200", "1.234", "0.500")][0], said.told
            (None, ['1.200 is taken as 1.2; write 1200 if that is meant'])
        """
        if self.decimal != "." and text.endswith("0") and unclear(text):
            self.told.append(place + here("{} is taken as {:g}; write {} if that is meant", text, float(text), text.replace(".", "")))

    @property
    def heard(self) -> tuple[str, ...]:
        """What was understood, as much of it as people read."""
        more = len(self.told) - _MANY
        return (*self.told[:_MANY], *([here("{} more amounts in words were read alike", more)] if more > 0 else []))

    def _end(self, text: str, measure: Measure) -> _End:
        """One end of a range."""
        told = text if re.search("[0-9]", text) else re.sub(in_words(), lambda found: f"{number_in(found[0]):g}", text, count=1, flags=re.IGNORECASE)
        if not (found := _NUMBER.fullmatch(told)):
            raise MisreadError(here("'{}' is not a number; write one such as 1200 or 0.8", shown(text)), text)
        before, digits, mark, after = found.groups()
        digits += f"{mark}0" if mark and mark not in digits else ""  # 1.250,- and 1,250.-
        value = self._value(digits, measure) * (-1 if re.search("[-−]", before) else 1)
        scales = {word: float(one) for word, one in words("scales").items() if not (measure.timed and word == "m")}
        idle, scale, factor = {*words("about"), *words("fillers")}, 0.0, None
        stated = words("units", *measure.unit.split()[:1])
        for word in _words(re.sub("[-−+]", "", before, count=1) + " " + after):
            bare = word if word in measure.ways else _in(re.sub("^(a|of) ", "", word), {*idle, *scales, *measure.ways})
            if bare in scales:
                scale = scales[bare] * (scale or 1)
            elif bare not in idle and ((one := self._factor(bare, measure)) != ONE or bare.startswith("a ") or _in(bare, stated) in stated):
                if factor and word.startswith("of "):  # pages of manuals
                    continue
                if factor and factor != one:
                    raise MisreadError(here("'{}' names two units; write both ends in one", shown(text)), text)
                factor = one
        return value, scale, factor

    def _factor(self, word: str, measure: Measure) -> Estimate:
        if word in measure.ways:
            return measure.ways[word]
        money = words("money").get(_in(word, words("money")), word.upper())
        if "currency" in measure.unit.split():
            signed = words("signs").get(word, "").split()
            if money == self.currency or self.currency in signed or (not self.currency and (signed or money in words("money").values())):
                return ONE
            if signed or money in words("money").values():
                message = here(
                    "'{}' is not {}, in which money is counted here; write the amount in that, "
                    "or name the other currency in the file, a column or the mapping", shown(word), self.currency,
                )
                raise MisreadError(message, word)
        wanted = here("a number alone") if not measure.unit else here("a share such as 5% or 1 in 20") if measure.unit == "share" else here("a number of {}", self._unit(measure))
        wanted += here("; so many a week, quarter, year, working day or calendar day will do too") * ("a workday" in measure.ways)
        raise MisreadError(here("'{}' is not understood here; wanted is {}", shown(word), wanted), word)

    def _value(self, digits: str, measure: Measure) -> float:
        """The number in digits and marks; what is counted in whole ones has no three decimals."""
        marks, doubt, plain = re.sub("[0-9]", "", digits), _UNCLEAR.fullmatch(digits), digits
        whole = {*measure.unit.split()} & {*words("counted"), "tokens"}
        if doubt and ((not self.decimal and marks != self.group) or (whole and marks == self.decimal)):
            decimals = float(".".join(doubt.groups()))
            message = here("thousands or decimals? '{}' may be {} or {:g}; write one of the two", digits, "".join(doubt.groups()), decimals)
            raise MisreadError(message, digits)
        if _GROUPED.fullmatch(digits):
            point = marks[-1] if len(set(marks)) > 1 or (doubt and marks == self.decimal) else ""
            plain = "".join(c for c in digits if c not in marks or c == point)
        if not is_number(plain := plain.replace(",", ".")):
            raise MisreadError(here("'{}' is not a number; write one such as 1200 or 0.8", shown(digits)), digits)
        return float(plain)

    def _unit(self, measure: Measure, *, one: bool = False) -> str:
        told = in_units(measure.unit, one=one)
        if told == measure.unit:  # units of assumptions are written with braces
            braced = told.replace("currency", "{currency}").replace("share", "{share}")
            told = here(braced).replace("{currency}", "currency").replace("{share}", "share")
        return told.replace("currency", self.currency or "currency")

    def _tell(self, said: str, made: Estimate, measure: Measure, factor: Estimate) -> None:
        shares, about = measure.unit.startswith("share"), not factor.fixed
        low, likely, high = (_told(round_figures(end) if about else end, shares=shares) for end in (made.low, made.likely, made.high))
        unit = "" if shares else f" {self._unit(measure, one=made == ONE)}".rstrip()
        each = span(*(_told(round_figures(end), shares=False) for end in (factor.low, factor.high)))
        ends = low if made.fixed else span(low, high)
        heard = here("about {amount} ({range}, at {each} each)", amount=f"{likely}{unit}", range=ends, each=each) if about else f"{ends}{unit}"
        if said.replace(" ", "") not in (ends.replace(" ", ""), heard.replace(" ", "")) and not (is_number(said) and float(said) == made.likely):
            self.echoes.append(heard)
            self.told.append(here("“{said}” → {heard}", said=said, heard=heard))


def _shared(text: str, measure: Measure) -> tuple[str, Measure]:
    """`text` with parts of a whole as one number, where a share is wanted and no percent stands there; what they are parts of may be named."""
    made = in_parts_told(text, lambda share: f"{share:.12f}".rstrip("0").rstrip(".")) if measure.unit.startswith("share") else text
    if made == text or any(word in words("percent") for word in _words(text)):
        return text, measure
    return made, replace(measure, ways={**dict.fromkeys((*words("things"), "them", "davon"), ONE), **measure.ways})


def _ends(text: str) -> list[str]:
    """The ends of a range as they are written; a number alone is one."""
    dashes = [found.start() for found in _GLUED.finditer(text)]
    if len(dashes) == 1:
        text = f"{text[: dashes[0]]} - {text[dashes[0] + 1 :]}"
    between = re.match(either("between"), text, re.IGNORECASE)
    joining = either("to") + (f"|{either('and')}" if between else "")
    parts = re.split(rf"\s+(?:{joining})\s+|\.\.+|…|;|,\s+", text[between.end() :] if between else text, flags=re.IGNORECASE)
    return parts if len(parts) > 1 else [text]


def _words(text: str) -> list[str]:
    """Words and signs of `text` without capitals; what stands after a, per or / has an ``a`` before it."""
    return _WORD.findall(re.sub(rf"(?:(?<![^\W\d_]){either('per')}\s+|/\s*)(?=[^\W\d_])", " a ", text.casefold()))


def _in(word: str, valid: Collection[str]) -> str:
    """`word` as it stands in `valid`, in the singular where that is not so."""
    return next((one for one in (word, word.removesuffix("s")) if one in valid), word)


def _scaled(end: _End, last: _End) -> float:
    """The number of an end of a range; in 10-20k and 1 to 2 million the scale holds for both."""
    value, scale, _ = end
    shared = scale or (last[1] if value <= last[0] else 0.0)
    return float(f"{value * shared:.12g}") if shared else value


def _told(value: float, *, shares: bool) -> str:
    value = float(f"{100 * value if shares else value:.12g}")
    places = next((most for most in range(3) if round(value, most) == value), None)
    text = in_short(value) if places is None else number(value, places)
    return locale().share.format(number=text) if shares else text

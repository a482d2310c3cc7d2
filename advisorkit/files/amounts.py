"""Words in which people write amounts, as ``data/amounts.yaml`` lists them: numbers in words, short forms, parts of a whole, shares right."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from math import prod
from unicodedata import numeric

from advisorkit.files.trees import Fields, Items, Node, Scalar, parse_yaml


@cache
def words(*path: str) -> Mapping[str, str]:
    """A list of ``data/amounts.yaml``, empty where there is none; a word of which nothing is said stands for itself."""
    node = _all_words()
    for name in path:
        node = next((value for key, value in node.fields if key.text == name), Items((), 0)) if isinstance(node, Fields) else node
    pairs = node.fields if isinstance(node, Fields) else [(one, one) for one in node.items] if isinstance(node, Items) else ()
    return {key.text: value.text for key, value in pairs if isinstance(key, Scalar) and isinstance(value, Scalar)}


@cache
def _all_words() -> Node:
    return parse_yaml((files("advisorkit") / "data" / "amounts.yaml").read_text(encoding="utf-8"), "amounts.yaml")


def any_of(found: Iterable[str]) -> str:
    """A pattern of any of some words, the longest first."""
    return "(?:" + "|".join(re.escape(word) + r"(?![^\W\d_])" * word[-1].isalpha() for word in sorted(found, key=len, reverse=True)) + ")"


@cache
def either(name: str) -> str:
    """A pattern of any word of a list."""
    return any_of(words(name))


@cache
def in_words() -> str:
    """A pattern of a number in words, which may be put together: a half, ninety-five, fünfundneunzig."""
    tens, ones = ([word for word, one in words("numbers").items() if least <= float(one) < most] for least, most in ((20, 100), (1, 10)))
    joined = rf"{any_of(tens)}[-\s]{any_of(ones)}|(?:{'|'.join(ones)})und{any_of(tens)}"
    return rf"(?<!\w)(?:{joined}|(?:{either('articles')}\s)?{either('numbers')})"


def number_in(text: str) -> float:
    """What a number in figures or in words comes to.

    Example:
        >>> [number_in(text) for text in ("Ninety-five", "fünfundneunzig", "eine halbe", "a", "two hundred", "97,5")]
        [95.0, 95.0, 0.5, 1.0, 200.0, 97.5]
    """
    if text[0].isdigit():
        return float(text.replace(",", "."))
    known = {**words("numbers"), **dict.fromkeys(words("articles"), "0"), "und": "0"} if re.search(r"\W|und\w", text) else words("numbers")
    parts = re.findall("|".join(sorted({*known, *words("hundreds")}, key=len, reverse=True)), text.casefold())
    return (sum(float(known.get(part, 0)) for part in parts) or 1) * prod(float(words("scales").get(part, 100)) for part in parts if part in words("hundreds"))


def spelt(text: str, *, timed: bool = False) -> str:
    """`text` with short forms as what they stand for, halves and quarters with what stands before them, and where time is counted hours and minutes as minutes.

    Example:
        >>> [spelt(text, timed=True) for text in ("1h30", "2 hours 5 minutes", "1½ weeks", "an hour and a half", "5 p.m.")]
        ['90 min', '125 min', '1.5 weeks', '1.5 hour', '5  a month']
    """
    text = re.sub(r"(?<!\d)(\d{1,9})\s?([¼½¾])", lambda found: f"{int(found[1]) + numeric(found[2]):g}", text)
    short, clock, half = _short()
    text = short.sub(lambda found: f" {words('written')[found[0]]}", text)
    text = clock.sub(lambda found: f"{60 * int(found[1]) + int(re.findall('[0-9]+', found[2] or found[3])[0])} min", text) if timed else text
    return half.sub(lambda found: f"{number_in(found[1]) + 0.5:g}{found[2] or ''}", text)


@cache
def _short() -> tuple[re.Pattern[str], ...]:
    """Short forms, hours and minutes, and a half behind what stands before it."""
    hours, minutes = (any_of(word + many for word, one in words("units", "minutes").items() if one == much for many in ("", "s")) for much in ("60", "1"))
    clock = rf"(?i)(?<![\d.,])(\d{{1,9}})(?:\s*{hours}\.?\s*(?:{either('and')}\s*)?([0-5]\d(?!\d)(?:\s*{minutes})?|\d\s*{minutes})|:([0-5]\d)\s*{hours})"
    half = rf"(?i)({in_words()}|(?<!\d)\d{{1,9}})(\s[^\W\d_]+)?\s{either('and')}\s{either('articles')}\s(?:half|halbe?)(?!\w)"
    return tuple(map(re.compile, (rf"(?<![^\W\d_]){either('written')}(?!\w)", clock, half)))


@cache
def _one() -> str:
    return rf"(?:(?:{in_words()}\s)?{either('hundreds')}|{in_words()}|\d{{1,6}}(?:\.\d+|,\d{{1,2}})?)(?![\w%])"


@cache
def _share() -> re.Pattern[str]:
    one, of = _one(), r"(?:/|(?:out\s+of|of|in|von|aus|auf|sur)\s(?!\s*(?:19|20)\d\d\b))"
    every, fraction, half = ("|".join(words(name)) for name in ("parts", "fractions", "halves"))
    return re.compile(
        rf"(?i)(?<![\w.,/])(?:({one})(?:\s*(?:to|or|bis|oder|-|–)\s*({one}))?\s*{of}\s*(?:(?:every|each|all|the|je|jeweils|allen?|den)\s+)?({one})(?!\s*[/:]|[.,]?\d)"
        rf"|(?:every|each|jede[rsnm]?|chaque)\s+(?:({every})(?:e[rsnm]?)?|(\d{{1,4}})(?:st|nd|rd|th|\.|e[rsnm]?|te[rsnm]?))(?!\w)(?:\s+one\b)?"
        rf"|({one})[\s-]+({fraction})s?(?!\w)|(?:(?:the|die|der|la)\s+)?({half})(?!\w))"
    )  # fmt: skip


def in_parts_told(text: str, write: Callable[[float], str]) -> str:
    """`text` with each share that is told in parts of a whole as `write` has it; what is more than the whole stays.

    Example:
        >>> [in_parts_told(text, "{:.2f}".format) for text in ("97 of 100", "8 to 9 in 10", "every third", "jede dritte", "zwei Drittel", "3 of 2")]
        ['0.97', '0.80 to 0.90', '0.33', '0.33', '0.67', '3 of 2']
    """
    def told(found: re.Match[str]) -> str:
        low, high, whole, part, nth, many, fraction, _ = found.groups()
        of = number_in(whole) if whole else float(nth or {**words("fractions"), **words("parts")}[(part or fraction or "half").casefold()])
        ends = [number_in(end) for end in (low or many or "1", high) if end]
        if not of or max(ends) > of:
            return found[0]
        return " to ".join(write(end / of) for end in ends)

    return _share().sub(told, text)


def share_in(text: str) -> float | None:
    """The share right that a target names, 0 to 1; None for a text that names none.

    Example:
        >>> [share_in(text) for text in ("85 %", "85 of 100 right", "8 in 10, measured monthly", "20% fewer calls", "fast")]
        [0.85, 0.85, 0.8, None, None]
        >>> [share_in(text) for text in ("95 von 100", "97,5 Prozent der Antworten richtig", "95 out of 100 answers", "80 % weniger Anrufe")]
        [0.95, 0.975, 0.95, None]
        >>> [share_in(text) for text in ("at least nine in ten", "97 of 100 without a second look", "5 of 100 wrong", "Fehlerquote unter 3 %")]
        [0.9, 0.97, 0.95, 0.97]
    """
    filler, end = rf"(?:\s+{either('answers')})*", r"\s*(?:[,;.(].*)?"
    turned = rf"({_one()})\s+({either('wrong')}{filler})\s+(?:in|per|je|auf|von)\s+({_one()})"  # 5 errors in 100
    told = in_parts_told(re.sub(turned, r"\1 of \3 \2", text, flags=re.IGNORECASE), lambda share: f"{100 * share:.12g}%")
    least, most = (rf"\s*(?:{either(name)}\.?\s*)?" for name in ("at_least", "up_to"))
    share = rf"({in_words()}|\d{{1,6}}(?:\.\d+|,\d{{1,2}})?)\s*{either('percent')}{filler}"
    right = re.fullmatch(rf"(?is){least}{share}(?:\s+(?:{either('right')}|(?:without|ohne)\s.*){filler})?{end}", told)
    wrong = re.fullmatch(rf"(?is){most}{share}\s+{either('wrong')}{filler}{end}|\s*{either('wrong_share')}{filler}:?\s*{most}{share}{end}", told)
    part = next((number_in(one) / 100 for found in (right, wrong) if found for one in found.groups() if one), 0.0)
    return float(f"{part if right else 1 - part:.12g}") if 0 < part < 1 or (right and part == 1) else None

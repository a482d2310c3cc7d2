"""Shares as people write them: 85 %, 97 of 100, one in three, every third, two thirds."""

import re
from collections.abc import Callable

_NUMBERS = {
    **dict.fromkeys(("a", "an", "one", "ein", "eine", "einem", "einer", "einen", "eines", "un", "une"), 1),
    **{word: at for at, pair in enumerate((
        "two zwei deux", "three drei trois", "four vier quatre", "five fünf cinq", "six sechs", "seven sieben sept", "eight acht huit", "nine neun neuf", "ten zehn dix",
    ), 2) for word in pair.split()},
    **dict.fromkeys(("twenty", "zwanzig", "vingt"), 20), **dict.fromkeys(("fifty", "fünfzig"), 50),
    **dict.fromkeys(("hundred", "hundert", "cent"), 100), **dict.fromkeys(("thousand", "tausend", "mille"), 1000),
}  # fmt: skip
_PARTS = {
    word: at for at, several in {
        2: "second other zweit ander half hälfte moitié", 3: "third dritt drittel tiers", 4: "fourth quarter viert viertel quart", 5: "fifth fünft fünftel cinquième", 6: "sixth sechst sechstel",
        7: "seventh siebt siebtel", 8: "eighth acht achtel", 9: "ninth neunt neuntel", 10: "tenth zehnt zehntel dixième", 20: "twentieth zwanzigst zwanzigstel", 100: "hundredth hundertst hundertstel",
    }.items() for word in several.split()
}  # fmt: skip
_FRACTIONS = (*(word for word in _PARTS if word.endswith(("th", "tel", "ième"))), "third", "quarter", "drittel", "tiers", "quart", "half")


def _any(words: object) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))  # type: ignore[call-overload]


_ONE = rf"(?:(?:(?:a|one|ein|eine[rmn]?)\s+)?(?:hundred|hundert|thousand|tausend)|{_any(_NUMBERS)}|\d{{1,6}}(?:\.\d+|,\d{{1,2}})?)(?![\w%])"
_OF = r"(?:/|(?:out\s+of|of|in|von|aus|auf|sur)\s(?!\s*(?:19|20)\d\d\b))"
_SHARE = re.compile(
    rf"(?<![\w.,/])(?:({_ONE})(?:\s*(?:to|or|bis|oder|-|–)\s*({_ONE}))?\s*{_OF}\s*(?:(?:every|each|all|the|je|jeweils|allen?|den)\s+)?({_ONE})(?!\s*[/:]|[.,]?\d)"
    rf"|(?:every|each|jede[rsnm]?|chaque)\s+(?:({_any(_PARTS)})(?:e[rsnm]?)?|(\d{{1,4}})(?:st|nd|rd|th|\.|e[rsnm]?|te[rsnm]?))(?!\w)(?:\s+one\b)?"
    rf"|({_ONE})[\s-]+({_any(_FRACTIONS)})s?(?!\w)|(?:(?:the|die|der|la)\s+)?(hälfte|moitié)(?!\w))", re.IGNORECASE,
)  # fmt: skip
_FILLER = r"(?:\s+(?:of|the|all|our|them|answers?|answered|cases?|items?|are|is|be|der|aller|antworten|fälle|fällen|sind|werden))*"
_RIGHT = r"right|correct|correctly|accurate|accuracy|error-free|fault-free|richtig|richtige|korrekt|korrekte|fehlerfrei|(?:without|ohne)\s.*"
_LEAST = r"(?:(?:at\s+least|no\s+less\s+than|over|above|more\s+than|min\.?|minimum|mindestens|wenigstens|über|mehr\s+als|[≥>]=?)\s*)?"
_TARGET = re.compile(
    rf"\s*{_LEAST}(\d{{1,6}}(?:\.\d+|,\d{{1,2}})?)\s*(?:%|per\s?cent|prozent){_FILLER}(?:\s+(?:{_RIGHT}){_FILLER})?\s*(?:[,;.(].*)?", re.DOTALL | re.IGNORECASE,
)


def in_parts_told(text: str, write: Callable[[float], str]) -> str:
    """`text` with each share that is told in parts of a whole as `write` has it; what is more than the whole stays.

    Example:
        >>> [in_parts_told(text, "{:.2f}".format) for text in ("97 of 100", "8 to 9 in 10", "every third", "jede dritte", "zwei Drittel", "3 of 2")]
        ['0.97', '0.80 to 0.90', '0.33', '0.33', '0.67', '3 of 2']
    """
    def told(found: re.Match[str]) -> str:
        low, high, whole, part, nth, many, fraction, half = found.groups()
        of = _number(whole) if whole else float(nth) if nth else _PARTS[(part or fraction or half).casefold()]
        ends = [_number(end) for end in (low or many or "1", high) if end]
        if not of or max(ends) > of:
            return found[0]
        return " to ".join(write(end / of) for end in ends)

    return _SHARE.sub(told, text)


def _number(text: str) -> float:
    word = text.rsplit(maxsplit=1)[-1].casefold()
    return float(_NUMBERS.get(word, 0) or word.replace(",", "."))


def share_in(text: str) -> float | None:
    """The share right that a target names, 0 to 1; None for a text that names none.

    Example:
        >>> [share_in(text) for text in ("85 %", "85 of 100 right", "8 in 10, measured monthly", "20% fewer calls", "fast")]
        [0.85, 0.85, 0.8, None, None]
        >>> [share_in(text) for text in ("95 von 100", "97,5 Prozent der Antworten richtig", "95 out of 100 answers", "80 % weniger Anrufe")]
        [0.95, 0.975, 0.95, None]
        >>> [share_in(text) for text in ("97/100", "at least nine in ten", "97 of 100 without a second look", "mindestens 9 von 10", "5 of 100 wrong")]
        [0.97, 0.9, 0.97, 0.9, None]
    """
    found = _TARGET.fullmatch(re.sub(r"^\s*half(?!\w)", "50%", in_parts_told(text, lambda share: f"{100 * share:.12g}%"), flags=re.IGNORECASE))
    share = float(f"{float(found[1].replace(',', '.')) / 100:.12g}") if found else 0.0
    return share if 0 < share <= 1 else None

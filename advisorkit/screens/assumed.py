"""The assumption table: what matters, what was changed, all by topic, and what is only tried, against what was agreed."""

import math
from collections.abc import Collection, Sequence

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.costs.assumption import TOPICS
from advisorkit.costs.inputs import Input
from advisorkit.screens.parts import Doc, tell
from advisorkit.screens.state import Look
from advisorkit.study.study import Study
from advisorkit.values.messages import here, locale
from advisorkit.values.prices import PriceAge
from advisorkit.values.quantities import Estimate, money_short, round_figures

_SHORT = 12
"""Assumptions listed while nobody can tell which of them matter."""
_ENDS = ("low", "likely", "high")


def plain(value: float) -> str:
    """A number as it may be typed in the language that is told in: thousands parted, no needless decimals.

    Example:
        >>> plain(40_000), plain(1.4), plain(0.0125)
        ('40,000', '1.4', '0.0125')
    """
    text = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return locale().number(f"{value:.6f}".rstrip("0") if "e" in text else text).replace("-", "−")


def assumption_table(study: Study, kept: Study, tried: Collection[str], look: Look, group: str = "") -> Doc:
    """A list of assumptions, or those of a `group`; `kept` is the study without what is tried, so that rows keep their places."""
    rows, ages = study.inputs.rows, {age.id: age for age in study.inputs.prices()}
    matter = _matters(kept)
    lists = {"matters": (*matter, *(name for name in tried if name not in matter)), "changed": [n for n in rows if _changed(rows[n], tried)], "all": list(rows)}
    topics = {topic: [n for n in rows if rows[n].assumption.topic == topic] for topic in TOPICS}
    which = group or look.listed
    found = [n for n in rows if look.sought.casefold() in _words(rows[n], study.currency, tried, ages)] if look.sought and not group else None
    shown = found if found is not None else lists[which] if which in lists else topics[which]
    swings = {bar.input: bar.swing for bar in kept.costs.tornado.bars} if which == "matters" and found is None and kept.priced and kept.costs.tornado else {}
    stale = [row.assumption.label for row in rows.values() if _stale(row, ages)]
    made = [_row(study, tried, look, rows[name], ages) | _beside(rows[name], kept, tried, swings) for name in shown]
    if which == "all" and found is None:
        firsts = {topics[topic][0]: tell(f"topic.{topic}") for topic in TOPICS}
        made = [row | {"over": firsts.get(str(row["name"]), "")} for row in sorted(made, key=lambda row: TOPICS.index(rows[str(row["name"])].assumption.topic))]
    return {
        "title": tell(f"topic.{group}") if group else tell("assumptions.title", count=len(rows)), "sub": _sub(kept, which, made, found is not None),
        "rows": made, "moves": bool(swings), "sought": look.sought, "which": "" if found is not None else which,
        "lists": [] if group else [[name, tell(f"assumptions.{name}", count=len(names))] for name, names in lists.items()],
        "topics": [] if group else [[topic, tell(f"topic.{topic}"), len(names)] for topic, names in topics.items()],
        "warnings": [tell("assumptions.stale", count=len(stale), names=", ".join(stale))] if stale else [],
    }  # fmt: skip


def _matters(kept: Study) -> Sequence[str]:
    """What must be asked for, then what moves gain or total by 5 % or more, largest swing first; the first of the table while nothing tells."""
    rows, swings = kept.inputs.rows, kept.costs.tornado if kept.priced else None
    asked = [row.assumption.name for row in kept.rank.ask] if kept.priced and not kept.decision.replaced else []
    plan = ["checking_plan"] if rows["review_share"].value is None else []
    telling = swings.telling if swings else [name for name, row in rows.items() if row.assumption.numeric][:_SHORT]
    return list(dict.fromkeys((*asked, *plan, *telling)))


def _words(row: Input, currency: str, tried: Collection[str], ages: dict[str, PriceAge]) -> str:
    told = row.assumption
    return " ".join((told.label, told.meaning, _unit(row, currency), told.name, tell(f"topic.{told.topic}"), _source(row, tried, ages), told.source)).casefold()


def _unit(row: Input, currency: str) -> str:
    return row.assumption.unit_words(currency, tell("unit.share")) if row.assumption.numeric else ""


def _beside(row: Input, kept: Study, tried: Collection[str], swings: dict[str, float]) -> Doc:
    """What was kept, where another value is tried; and by how much the row moves the result."""
    name, old = row.assumption.name, kept.inputs.rows[row.assumption.name]
    was = tell("assumptions.was", value=plain(tidy(old.range.likely * scale_of(old), old)), source=locale().lowered(_source(old, (), {}))) if name in tried and old.range else ""
    swing = swings.get(name, 0.0)
    moves = [money_short(swing, kept.currency), swing / max(swings.values())] if swing and swing >= 1e-4 * max(swings.values()) else None
    return {"was": was, "kept": old.range.likely * scale_of(old) if was and old.range else None, "moves": moves}


def _sub(kept: Study, which: str, made: Sequence[Doc], found: bool) -> str:
    if found:
        return tell("assumptions.found", count=len(made))
    swings = kept.costs.tornado if kept.priced else None
    if which != "matters" or swings is None:
        return tell("assumptions.sub")
    return tell("assumptions.sub_gain" if swings.against == "today" else "assumptions.sub_saving", pattern=kept.name(swings.better), count=len(swings.telling))


def _changed(row: Input, tried: Collection[str]) -> bool:
    return row.assumption.name in tried or row.changed_by in {"workflow", "engagement"}


def _stale(row: Input, ages: dict[str, PriceAge]) -> bool:
    return row.price_id in ages and ages[row.price_id].state != "fresh"


def _row(study: Study, tried: Collection[str], look: Look, row: Input, ages: dict[str, PriceAge]) -> Doc:
    name, scale = row.assumption.name, scale_of(row)
    base: Doc = {
        "name": name, "label": row.assumption.label, "unit": _unit(row, study.currency), "source": _source(row, tried, ages), "changed": _changed(row, tried),
        "guess": row.guess, "stale": _stale(row, ages), "fault": look.faults.get(name, ""), "bad": look.faults.get(f"{name} part", ""), "typed": look.faults.get(f"{name} typed", ""),
    }
    if not row.assumption.numeric:
        word = study.inputs.word(name)
        choices = row.assumption.choices or tuple(sorted(study.inputs.book.models))
        return {**base, "word": word, "choices": [[c, tell("ui.unknown") if row.value is None and c == word else here(c).replace("_", " ")] for c in dict.fromkeys((word, *choices))]}
    if row.range is None:
        return {**base, "low": "–", "likely": "", "high": "–", "numbers": None, "step": 0, "floor": 0}
    ends = [tidy(end * scale, row) for end in (row.range.low, row.range.likely, row.range.high)]
    shown = ["–", plain(ends[1]), "–"] if row.range.fixed else [plain(end) for end in ends]
    if base["fault"] and base["bad"] in _ENDS:
        base["fault"] = tell("fault.still", why=str(base["fault"]).rstrip("."), value=plain(ends[_ENDS.index(str(base["bad"]))]))
    floor = None if row.assumption.kind == "real" else 0
    return {**base, **dict(zip(_ENDS, shown, strict=True)), "numbers": ends, "step": _step(ends[1]), "floor": floor}


def tidy(value: float, row: Input) -> float:
    """What nobody typed is shown with three figures, other broken numbers with four."""
    if row.assumption.whole:
        return round(value)
    return value if value == int(value) else round_figures(value, 3 if row.changed_by in {"default", "price book"} else 4)


def moved(row: Input, part: str, number: float, *, single: bool = True) -> Estimate:
    """The range of `row` with one of its three numbers changed, and the others pushed where it passes them; `number` is as displayed.

    With `single`, a likely value typed where all three are equal replaces all three.
    """
    old, value = row.range, number / scale_of(row)
    if old is None or (single and old.fixed and part == "likely"):
        return Estimate(value, value, value)
    at, ends = _ENDS.index(part), [round(end) if row.assumption.whole else end for end in (old.low, old.likely, old.high)]
    return Estimate.of([*(min(end, value) for end in ends[:at]), value, *(max(end, value) for end in ends[at + 1 :])])


def ordered(row: Input, part: str, made: Estimate) -> list[str]:
    """What is said where one number of `row` pushed others of its range: how the three stand now; nothing where it pushed none."""
    old, ends = row.range, (made.low, made.likely, made.high)
    if old is None or old.fixed or all(getattr(old, name) == end for name, end in zip(_ENDS, ends, strict=True) if name != part):
        return []
    return [tell("assumptions.ordered", label=row.assumption.label, **{name: plain(end * scale_of(row)) for name, end in zip(_ENDS, ends, strict=True)})]


def scale_of(row: Input) -> float:
    """By how much a value is multiplied for display: shares are shown as percent."""
    return 100.0 if row.assumption.in_percent else 1.0


def _step(likely: float) -> float:
    """A round step of about a twentieth of `likely`."""
    if likely == 0:
        return 1.0
    raw = abs(likely) / 20
    size = 10 ** math.floor(math.log10(raw))
    return float(max(k * size for k in (1, 2, 5) if k * size <= raw * 1.0001))


def _source(row: Input, tried: Collection[str], ages: dict[str, PriceAge]) -> str:
    if row.assumption.name in tried:
        return tell("source.tried")
    if row.changed_by == "answer" and row.assumption.by_answer and not row.assumption.answer:
        return tell("source.derived", label=load_catalog().criterion(row.assumption.by_answer.criterion).label)
    if row.changed_by == "price book":
        age = ages.get(row.price_id)
        return tell("source.price book", days=age.age_days) if age else tell("source.price book_undated")
    return tell(f"source.{row.changed_by}")

"""What is told of the advice on a screen and in a notebook: the verdict, the words above the costs, the charts of reports under shorter titles, still pictures, and what an edit changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from ipywidgets import HTML

from advisorkit.advice.acceptability import LEAD as POINTS, SHARE
from advisorkit.advice.advice import Advice
from advisorkit.advice.answers import words_of
from advisorkit.advice.decision import Run
from advisorkit.advice.words import how_likely, whole_percents
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.charts.figures import spec
from advisorkit.charts.kinds import BeliefMap, Chart, RangeBars, ShareBars, ShareRow
from advisorkit.charts.svg import svg
from advisorkit.charts.theme import LIGHT, SANS, SCREEN, THEMES
from advisorkit.costs.assumption import word_told
from advisorkit.costs.inputs import Input
from advisorkit.costs.results import CostResult
from advisorkit.export.blocks import Block, ChartBlock, Text, table_of
from advisorkit.export.bundles import html
from advisorkit.files.texts import spoken
from advisorkit.report import pictures
from advisorkit.report.printed import lead_points, say
from advisorkit.screens.controls import plain, scale_of, tidy
from advisorkit.screens.parts import Doc, Look, lead, tell
from advisorkit.study.study import Study
from advisorkit.values.criteria import PatternId
from advisorkit.values.displayed import SHORT, Displayed
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.messages import here, locale
from advisorkit.values.quantities import day, hundredths, money, money_range, money_short, number, percent, sampled_parts


def advice(study: Study, look: Look) -> Doc:
    """What to do now and where it will probably end, in words."""
    words, made = study.advice.words, study.decision
    return {
        "when": "" if look.presenting else tell("advice.when", day=day(study.engagement.as_of)), "clear": made.clear and not made.replaced,
        "headline": list(_coloured(study, study.decision.runs)),
        "summary": "" if look.presenting else " ".join((*filter(None, (made.enough,)), *(words.summary or words.why[:2]))), "beside": _beside(study, look),
    }


def _coloured(study: Study, sentences: Iterable[tuple[Run, ...]]) -> Iterator[Doc]:
    """Sentences of the conclusion in runs; a clear destination stands in its colour."""
    goal = study.decision.destination if study.decision.clear else None
    for n, sentence in enumerate(sentences):
        if n:
            yield {"text": " "}
        for text, pattern in sentence:
            yield {"text": text, "pattern": pattern if pattern == goal else ""}


def _beside(study: Study, look: Look) -> list[str]:
    """What goes along with the advice; before a client only what may take its place."""
    lines = []
    if (ramp := study.advice.off_ramp) is not None:
        lines.append(tell("advice.off_ramp", name=study.catalog.off_ramps[ramp.kind].name, reason=ramp.reason))
    if study.advice.companions and not look.presenting:
        names = ", ".join(study.catalog.companions[c].name for c in study.advice.companions)
        lines.append(tell("advice.companions", names=names))
    return [*lines, *filter(None, (study.decision.override,)), *(() if look.presenting else study.decision.warnings)]


def verdict(study: Study, look: Look) -> Doc:
    """Whether the advice is clear, and by how much; draws are left out in presenter mode."""
    made, order, state = study.decision, study.decision.order, verdict_of(study)
    if made.ended or len(order) < 2:
        return {"clear": made.clear, "state": state, "words": "" if made.ended else tell("verdict.alone", first=study.name(order[0]))}
    words = tell(
        "verdict.words_plain" if look.presenting else "verdict.words",
        first=study.name(order[0]), lead=lead_points(made, study.advice.lead, POINTS), needed=f"{POINTS * 100:g}",
        share=sampled_parts(study.advice.acceptability)[order[0]], share_needed=percent(SHARE),
    )
    return {"clear": made.clear, "state": state, "words": words}


def verdict_of(study: Study) -> str:
    """Whether the destination is clear, in a few words."""
    return tell(f"verdict.{study.decision.sure}")


def cost_advice(study: Study) -> Doc:
    """What the destination gains, or, while that is not known, which pattern is probably cheapest, in one sentence."""
    if gain := study.decision.gain:
        told = [runs for runs in study.decision.runs if "".join(words for words, _ in runs) == gain]
        return lead(gain) | ({"headline": list(_coloured(study, told))} if told else {})
    chances = study.costs.cheapest
    first = next(iter(sorted(chances, key=lambda p: -chances[p])), None)
    total = study.amount(first, "all_in") if first else None
    headline, summary = list[Doc](), ""
    if first is None or total is None:
        headline = [{"text": tell("costs.headline_unknown")}]
        names = ", ".join(locale().lowered(row.assumption.label) for row in lacking(study))
        summary = tell("costs.lacks", names=names) if names else ""
    elif chances[first] < SHARE:
        headline = [{"text": tell("costs.headline_open", span=_span(study))}]
    else:
        because = tell("costs.because") if _errors_outweigh(study) else ""
        rest = tell("costs.headline_rest", sure=say(f"sure.{how_likely(chances[first])}"), total=money_short(total, study.currency), because=because)
        headline = [{"text": tell("costs.headline", span=_span(study))}, {"text": study.name(first), "pattern": first}, {"text": rest}]
    return {"when": "", "clear": True, "headline": headline, "summary": summary, "beside": []}


def lacking(study: Study) -> list[Input]:
    """What must be known before the destination of `study` has a price."""
    lines = [line for line in study.bill.of(study.advice.recommended) if line.amount is None and line.phase != "error"]
    names = dict.fromkeys(name for line in lines for name in line.inputs)
    return [study.inputs.rows[name] for name in names if name in study.inputs.rows and study.inputs.rows[name].value is None]


def _span(study: Study) -> str:
    return tell(f"span.{study.months}" if study.months in (12, 24, 36, 48, 60) else "span.months", months=study.months)


def _errors_outweigh(study: Study) -> bool:
    """Whether for every pattern that is left wrong answers cost more than building it."""
    pairs = [(study.bill.total(p, "error"), study.bill.total(p, "build")) for p in study.costs.cheapest]
    return all(wrong is not None and build is not None and wrong > build for wrong, build in pairs)


def read_out(headline: Doc, study: Study) -> str:
    """What is read out after a change."""
    return " ".join(["".join(part["text"] for part in headline["headline"]), verdict_of(study)])


LARGE = 1.45
"""Size of charts in presenter mode."""
_WIDEST = 800
_WIDEST_OF = {"map": 420, "shares": 520, "right": 520, "flips": 520, "path": 1000}
"""Charts that are not drawn wider than this, however much room there is."""
_USUAL = {
    "shares": 388, "right": 388, "map": 344, "waterfall": 584, "flips": 404, "path": 524, "gains": 410, "ranges": 460, "cheapest": 280, "curves": 410, "tornado": 330, "workflows": 660,
}  # fmt: skip
"""Width in pixels until the browser says what it has."""
_FILLED: Mapping[str, tuple[float, float, float]] = {
    "gains": (212, 37, 53), "ranges": (212, 37, 53), "tornado": (315, 34, 45), "waterfall": (262, 18.7, 24),
    "shares": (0, 25.0, 25.0), "flips": (0, 16.0, 16.0), "cheapest": (0, 32.0, 32.0), "workflows": (0, 44.0, 44.0),
}  # fmt: skip
"""Height in pixels that the rows of a chart share, the least and the greatest distance of rows."""
_PRESENTED: Mapping[str, tuple[float, float, float]] = {"ranges": (440, 0, 84), "cheapest": (160, 0, 40)}
"""The same in presenter mode."""
_KEPT = ("map", "ranges", "right")
_TALL = {"curves": 282.0}
"""Height of two axes in pixels."""


def chart(name: str, study: Study, look: Look, kept: Study) -> Doc | None:
    """The chart called `name`, against what was `kept`; None while there is nothing to draw. In presenter mode only those keep a subtitle whose bars or points it explains."""
    found = charted(name, study)
    before = charted(name, kept) if kept is not study else None
    if isinstance(found, ShareBars) and isinstance(before, ShareBars):
        found = replace(found, bars=tuple(_since(before, found)))
    elif isinstance(found, RangeBars) and isinstance(before, RangeBars):
        found = _dashed(before, found)
    return None if found is None else picture(name, replace(found, subtitle="") if look.presenting and name not in _KEPT else found, look)


def _since(before: ShareBars, now: ShareBars) -> Iterator[ShareRow]:
    """The bars of `now`; one that was another share before says which."""
    were = {bar.pattern: say("money.ruled") if bar.share is None else bar.shown for bar in before.bars}
    for bar in now.bars:
        moved = bar.share is not None and were.get(bar.pattern, bar.shown) != bar.shown
        was = tell("shares.was", share=were[bar.pattern]) if moved else ""
        yield replace(bar, note="; ".join(filter(None, (was, bar.note))), brief=was) if was else bar


def _dashed(before: RangeBars, now: RangeBars) -> RangeBars:
    """The bars of `now`, each with a dash where its likely value was before."""
    were = {bar.pattern: bar.range[1] for bar in before.bars if bar.range}
    bars = tuple(replace(bar, was=were[bar.pattern]) if bar.range and were.get(bar.pattern, bar.range[1]) != bar.range[1] else bar for bar in now.bars)
    return now if bars == now.bars else replace(now, bars=bars, subtitle=f"{now.subtitle} {tell('ranges.kept')}")


def charted(name: str, study: Study) -> Chart | None:
    """The chart called `name` as a value; None while there is nothing to draw."""
    told = not study.decision.replaced if name in _OF_PATTERNS else study.priced or name not in _MONEY
    return _CHARTS[name](study) if told else None


def picture(name: str, chart: Chart, look: Look) -> Doc:
    """`chart` as the browser draws it, laid out for the width that it has there; explored charts also as a plotly figure."""
    wide = min(look.widths.get(name, _USUAL.get(name, 400)) / (LARGE if look.presenting else 1), _WIDEST_OF.get(name, _WIDEST))
    sizes = _sizes(name, len(chart.rows()), wide, look)
    theme = THEMES[look.theme] if name in look.explored else None
    return {
        "title": chart.title, "subtitle": chart.subtitle, "alt": chart.alt, "head": list(map(here, chart.head)), "rows": [list(row) for row in chart.rows()],
        "plotly": None if theme is None else spec(chart, theme, wide, **sizes), "width": wide, "svg": svg(chart, SCREEN, wide, tips=True, **sizes),
    }


def _sizes(name: str, rows: int, wide: float, look: Look) -> dict[str, float]:
    """Measures of a chart's layout beside its width."""
    if name == "map" and look.presenting:
        return {"tall": round((wide - 56) * 1.12)}
    if name in _TALL:
        return {"tall": _TALL[name]}
    filled = {**_FILLED, **_PRESENTED} if look.presenting else _FILLED
    if name in filled:
        tall, least, most = filled[name]
        return {"row": min(most, max(least, tall / max(rows, 1)))}
    return {}


def _map(study: Study) -> BeliefMap:
    belief = study.advice.belief
    title = tell("map.title", retrieval=tell(f"map.retrieval.{how_likely(belief.retrieval)}"), training=tell(f"map.training.{how_likely(belief.training)}"))
    return replace(pictures.belief_map(study), title=title, subtitle=tell("map.sub"))


def _ranges(study: Study) -> RangeBars:
    drawn = pictures.range_bars(study)
    known = [row for row in drawn.bars if row.pattern and row.range]
    title, first = drawn.title, known[0] if known else None
    if first and sum(share for pattern, share in study.costs.cheapest.items() if pattern == first.pattern) >= SHARE:
        widest = max(known, key=lambda row: row.range[2] - row.range[0] if row.range else 0)
        title = tell("ranges.title" if widest is first else "ranges.title_wide", first=first.label, widest=widest.label)
    return replace(drawn, title=title)


def _gains(study: Study) -> RangeBars | None:
    """What each pattern gains against today, most first; None while that is not known."""
    bars = sorted((row for p in study.in_play if (row := pictures.gain_row(study, p, study.name(p))).range), key=lambda row: -row.range[1] if row.range else 0)
    if not bars or not bars[0].range:
        return None
    chances = {p: study.costs.money[p].gain_chance or 0.0 for p in study.in_play}
    key = "least" if bars[0].range[1] < 0 else "surely" if chances[bars[0].pattern] == max(chances.values()) else "most"  # type: ignore[index]
    subtitle = tell("portfolio.ranges_sub", months=study.months, draws=number(study.costs.draws))
    return RangeBars(title=tell(f"gains.{key}", first=bars[0].label), subtitle=subtitle, currency=study.currency, bars=tuple(bars))


_MONEY: Mapping[str, Callable[[Study], Chart | None]] = {
    "gains": _gains, "ranges": _ranges, "cheapest": pictures.cheapest_bars, "curves": pictures.gains, "tornado": pictures.tornado,
}  # fmt: skip
"""Charts that tell money."""
_OF_PATTERNS = frozenset({"shares", "right", "map", "waterfall", "flips"})
"""Charts that tell nothing where something simpler takes the place of all patterns."""
_CHARTS: Mapping[str, Callable[[Study], Chart | None]] = {
    "shares": pictures.destinations, "right": pictures.right_bars,
    "map": _map,
    "waterfall": lambda v: replace(pictures.evidence(v.advice), subtitle=tell("waterfall.sub")),
    "flips": lambda v: pictures.flip_bars(v, figures=True),
    "path": lambda v: replace(pictures.path_stairs(v), title=pictures.path_title(v)) if v.decision.path else None,
    **_MONEY,
}


_STYLE = (
    f".ak-still{{background:{LIGHT['page']};color:{LIGHT['ink']};font:14px/1.4 {SANS};padding:8px 12px;display:flex;flex-wrap:wrap;gap:8px 32px}}"
    f".ak-still>div{{flex:1 1 300px;max-width:600px}}.ak-still details{{display:none}}.ak-still p.lead{{font-size:20px;margin:0 0 6px}}"
    f".ak-still span,.ak-still .note{{color:{LIGHT['text2']};font-size:12px}}.ak-still :is(figcaption,caption) :is(b,span){{display:block;text-align:left}}"
    ".ak-still figure{margin:0}.ak-still svg{max-width:100%;height:auto}.ak-still :is(th,td){text-align:left;padding:1px 14px 1px 0}"
)


def still(*columns: Iterable[Block]) -> str:
    """Blocks as one picture that needs no script and asks for nothing, column by column."""
    parts = "".join(f"<div>{''.join(map(html, column))}</div>" for column in columns)
    return f'<div class="ak-still"><style>{_STYLE}</style>{parts}</div>'


@spoken
def shown_study(study: Study) -> str:
    """The advice in a sentence, the shares, and what it costs."""
    made = study.decision
    words = (Text((made.headline,), "lead"), Text((verdict_of(study), *filter(None, (made.enough,)))), Text((tell("still.when", day=day(study.engagement.as_of)),), "note"))
    shares = () if made.replaced else (ChartBlock(pictures.destinations(study)),)
    return still(words, shares, (ChartBlock(pictures.range_bars(study)),) if study.priced and not made.replaced else ())


def _shown_advice(advice: Advice) -> str:
    catalog = load_catalog()
    whole = whole_percents({p: found.probability for p, found in advice.patterns.items()})
    bars = tuple(ShareRow(p, catalog.patterns[p].name, found.probability, hundredths(whole[p])) for p, found in advice.patterns.items())
    shares = ChartBlock(ShareBars(title=tell("still.shares"), bars=bars))
    return still((Text((" ".join((*advice.words.summary, *advice.words.why[:2])),)),), (shares,), (ChartBlock(pictures.evidence(advice)),))


def _shown_costs(costs: CostResult) -> str:
    found = [(name, column) for name, column in costs.columns.items() if column.build or column.total]
    rows = [
        (name, *(
            tell("bill.unknown") if band is None else f"{money(band.p50, costs.currency)} ({money_range(band.p10, band.p90, costs.currency)})"
            for band in (one.build, one.run_per_month, one.total)
        ))
        for name, one in found
    ]  # fmt: skip
    return still((table_of(tell("still.costs", months=costs.horizon_months), [tell(f"still.{name}") for name in ("pattern", "build", "run", "total")], rows, (1, 2, 3)),))


def _shown_workflow(workflow: Workflow) -> str:
    catalog = load_catalog()
    rows = [(catalog.criteria[name].label, tell("still.unknown") if answer.unknown else words_of(catalog.criteria[name], answer)) for name, answer in workflow.answers.items()]
    return still((table_of(workflow.name, [tell("still.question"), tell("still.answer")], rows),))


def _shown_engagement(engagement: Engagement) -> str:
    rows = [(one.id, one.name, str(len(one.answers))) for one in engagement.workflows]
    return still((table_of(engagement.client, [tell("still.id"), tell("still.name"), tell("still.answers")], rows, (2,)),))


Displayed.looks.update({Advice: _shown_advice, CostResult: _shown_costs, Workflow: _shown_workflow, Engagement: _shown_engagement, Study: shown_study})


class BeforeAfter(HTML):  # type: ignore[misc]
    """What an edit changed, before and after; a widget, so that it can stand in a box beside other parts.

    `rows` holds name, before and after of everything that changed, as printed; `heard` is how typed words were understood.
    """

    def __init__(self, before: Study, after: Study, heard: tuple[str, ...] = ()) -> None:
        self.rows = tuple(row for row in _pairs(before, after) if row[1] != row[2])
        self.headline = after.decision.headline
        moves = before.decision.headline != self.headline
        words = tell("changed.nothing" if not self.rows else "changed.advice" if moves else "changed.stays")
        table = table_of(words, [tell("changed.what"), tell("changed.before"), tell("changed.after")], self.rows) if self.rows else Text((words,))
        super().__init__(value=still((*((Text(heard, "note"),) if heard else ()), table, Text((self.headline,)))))

    def __repr__(self) -> str:
        return brief("; ".join(f"{name}: {old} → {new}" for name, old, new in self.rows) or tell("changed.nothing"))

    def _repr_html_(self) -> str:
        return str(self.value)


def brief(text: str) -> str:
    """`text` on one line of at most 200 letters."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"


def _pairs(before: Study, after: Study) -> Iterator[tuple[str, ...]]:
    """Everything that an edit may move: answers, assumptions, shares, and the money of the destination."""
    yield from edited(before, after)
    goal = after.decision.destination
    if not after.decision.replaced:
        yield after.name(goal), *(hundredths(study.decision.chances.get(goal, 0)) for study in (before, after))
    if after.priced:
        yield from earned(before, after, ("build", "all_in", "gain"))


def edited(before: Study, after: Study) -> Iterator[tuple[str, ...]]:
    """Answers and assumptions that differ: name, before, after."""
    answers = {name: [_answer(study, name) for study in (before, after)] for name in dict.fromkeys((*before.answers, *after.answers))}
    for name, words in answers.items():
        yield after.catalog.criterion(name).label, *words
    for name, row in after.inputs.rows.items():
        was, now = answers.get(row.assumption.answer, ("", ""))
        if before.inputs.rows[name].value != row.value and was == now:
            yield row.assumption.label, *(_setting(study, study.inputs.rows[name]) for study in (before, after))


def earned(before: Study, after: Study, names: Iterable[str], told: str = "changed") -> Iterator[tuple[str, ...]]:
    """Money of the destination under both: name, before, after."""
    goal = after.decision.destination
    for name in names:
        yield tell(f"{told}.{name}", pattern=after.name(goal)), *(_likely(study, goal, name) for study in (before, after))


def _likely(study: Study, column: PatternId, name: str) -> str:
    found = study.amount(column, name)
    if found is None:
        return tell("bill.unknown")
    return tell("changed.at_least" if name == "all_in" and study.costs.money[column].at_least else "changed.likely", amount=money(found, study.currency, 9))


def _answer(study: Study, name: str) -> str:
    found = study.answers.get(name, Answer())
    if not found.unknown:
        return words_of(study.catalog.criterion(name), found, study.currency)
    measured = (study.inputs.rows[one] for one in study.measured if study.inputs.rows[one].assumption.answer == name)
    return next((_setting(study, row) for row in measured), tell("still.unknown"))


def _setting(study: Study, row: Input) -> str:
    found = row.range
    if found is None:
        return word_told(str(row.value)) if row.known else tell("bill.unknown")
    ends = (found.likely,) if found.fixed else (found.low, found.likely, found.high)
    told = " / ".join(plain(tidy(study, row, end * scale_of(row))) for end in ends)
    return f"{told} {row.assumption.unit_words(study.currency, tell('unit.share'), one=told == '1')}"

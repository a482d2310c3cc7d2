"""How a session and its results show themselves in a notebook: still pictures, and what an edit changed."""

from collections.abc import Iterable, Iterator

from ipywidgets import HTML

from advisorkit.advice.advice import Advice
from advisorkit.advice.answers import words_of
from advisorkit.advice.words import whole_percents
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.charts.kinds import ShareBars, ShareRow
from advisorkit.charts.theme import LIGHT, SANS
from advisorkit.costs.inputs import Input
from advisorkit.costs.results import CostResult
from advisorkit.export.blocks import Block, ChartBlock, Text, table_of
from advisorkit.export.bundles import html
from advisorkit.files.texts import spoken
from advisorkit.report import pictures
from advisorkit.screens.advising import verdict_of
from advisorkit.screens.controls import plain, scale_of, tidy
from advisorkit.screens.parts import tell
from advisorkit.study.study import Study
from advisorkit.values.criteria import PatternId
from advisorkit.values.displayed import SHORT, Displayed
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.messages import here
from advisorkit.values.quantities import day, hundredths, money, money_range

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
    for name in dict.fromkeys((*before.answers, *after.answers)):
        yield after.catalog.criterion(name).label, *(_answer(study, name) for study in (before, after))
    for name, row in after.inputs.rows.items():
        if before.inputs.rows[name].value != row.value:
            yield row.assumption.label, *(_setting(study.inputs.rows[name], study.currency) for study in (before, after))


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
    return tell("still.unknown") if found.unknown else words_of(study.catalog.criterion(name), found, study.currency)


def _setting(row: Input, currency: str) -> str:
    found = row.range
    if found is None:
        return here(str(row.value)) if row.known else tell("bill.unknown")
    ends = (found.likely,) if found.fixed else (found.low, found.likely, found.high)
    return f"{' / '.join(plain(tidy(end * scale_of(row), row)) for end in ends)} {row.assumption.unit_words(currency, tell('unit.share'))}"

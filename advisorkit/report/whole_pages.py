"""Pages about the whole engagement: cover, overview of several workflows, method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from advisorkit.advice.acceptability import LEAD, SHARE
from advisorkit.advice.answers import KAPPA, words_of
from advisorkit.advice.belief import spread
from advisorkit.advice.decision import open_criteria
from advisorkit.advice.words import whole_percents
from advisorkit.export.blocks import Block, Cell, Cover, Heading, Table, Text, table_of
from advisorkit.export.brand import Brand
from advisorkit.report.money_table import ranked, shared_bill
from advisorkit.report.printed import chance_of, count, lead_points
from advisorkit.report.sentences import columns, say
from advisorkit.study.study import Study
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Answer, Engagement
from advisorkit.values.patterns import PATTERNS, PatternId
from advisorkit.values.quantities import day, money_short, number, percent, plain, sampled

TELLING = 1.0
"""Decibans on both axes from which an answer's sources are listed."""
_NEEDS = {"prompt": "neither", "rag": "retrieval", "finetune": "training", "hybrid": "both"}


def cover(studies: Sequence[Study], brand: Brand) -> tuple[Block, ...]:
    """The cover: title, what it is about, client, date, sender."""
    engagement = studies[0].engagement
    about = say("cover.one", workflow=studies[0].workflow.name) if len(studies) == 1 else say("cover.many", count=count(len(studies)))
    return (Cover(say("cover.title"), "; ".join((about, *basis(studies[0]))), engagement.client, day(engagement.as_of), sample_words(engagement), brand, as_of=engagement.as_of.isoformat()),)


def basis(study: Study) -> tuple[str, ...]:
    """Scenario, currency and horizon, as a cover names them."""
    name, money = study.engagement.scenario, say("cover.money", currency=study.currency, months=study.months)
    return (*((say("cover.scenario", name=name),) if name else ()), *((money,) if study.priced else ()))


def sample_words(engagement: Engagement) -> str:
    """What a cover says of a sample; empty for a real client."""
    return say("cover.sample" if engagement.priced else "cover.sample_published") if engagement.sample else ""


def overview(studies: Sequence[Study]) -> tuple[Block, ...]:
    """All workflows in one table, the firmest first; nothing when there is only one."""
    if len(studies) == 1:
        return ()
    wide = 6 if studies[0].priced else 4
    note = say("overview.note", months=studies[0].months) if studies[0].priced else ""
    table = table_of("", columns("overview.head")[:wide], (_line(study)[:wide] for study in sorted(studies, key=_firmness)), (3, 4, 5), note=note)
    overrides = tuple(f"{study.workflow.name}: {study.decision.override}" for study in studies if study.decision.override)
    return (
        Heading(say("overview.title", count=count(len(studies)).capitalize()), 2), Text((say("overview.lead"),), "lead"), table,
        *((Text(overrides, "bullets"),) if overrides else ()), *shared_bill(studies),
    )


def _firmness(study: Study) -> tuple[bool, int]:
    made = study.decision
    return not (made.clear or made.replaced), 0 if made.replaced else -made.chances[made.destination]


def _line(study: Study) -> tuple[Cell, ...]:
    made = study.decision
    first, ramp = made.destination, made.off_ramp
    goal = Cell(study.catalog.off_ramps[ramp.kind].name) if ramp and made.replaced else Cell(study.name(first), first)
    start = Cell(study.workflow.name), Cell("–") if made.replaced else Cell(study.name(made.now), made.now), goal
    if made.replaced:
        return (*start, Cell("–"), Cell(say("overview.not_priced")), Cell("–"))
    spent = study.outside
    return (*start, Cell(_right(study)), Cell(say("unknown") if spent is None else money_short(spent, study.currency)), Cell(ranked(study)))


def _right(study: Study) -> str:
    """Share right that is expected of the destination, beside what is needed."""
    held = study.decision.prospects
    right, needed = percent(held.expected_right[study.decision.destination].p50), held.target.share
    return right if needed is None else say("overview.right", right=right, needed=percent(min(needed, 1.0)))


def method(studies: Sequence[Study]) -> tuple[Block, ...]:
    """How belief, gates and money are worked out, with the chances before and after gates, limits and sources."""
    study = studies[0]
    prior = [percent(1 / (1 + 10 ** (-d / 10))) for d in study.advice.belief.prior]
    rate = study.inputs.rows["discount_rate"].range
    record = study.catalog.record
    kept = say("method.record", cases=record.cases, called=record.called, right=record.right) if record else ""
    texts: dict[str, dict[str, object]] = {
        "belief": {"retrieval": prior[0], "training": prior[1], "damping": percent(study.catalog.damping)},
        "clear": {"points": f"{LEAD * 100:g}", "share": percent(SHARE), "record": kept},
        "money": {"draws": number(study.costs.draws), "discount": percent(rate.likely if rate else 0)},
        "limits": {},
    }
    sections = {name: (Heading(say(f"method.{name}")), Text((say(f"method.{name}_text", **values),))) for name, values in texts.items()}
    return (
        Heading(say("method.title"), 2), *sections["belief"], *(_gates(study) if len(studies) == 1 else _chances(studies)),
        *sections["clear"], *((Text(told, "bullets"),) if (told := _leads(studies)) else ()), *(sections["money"] if study.priced else ()), *sections["limits"], _sources(studies),
    )


def _gates(study: Study) -> Iterator[Block]:
    before = whole_percents(dict(zip(PATTERNS, spread(study.advice.belief.retrieval, study.advice.belief.training).tolist(), strict=True)))
    rows = []
    for p in PATTERNS:
        out = not study.decision.chances[p]
        rows.append((Cell(study.name(p), "" if out else p), Cell(say(f"method.{_NEEDS[p]}")), Cell(f"{before[p]}%"), _chance(study, p)))
    yield Table(say("method.patterns"), tuple(Cell(c) for c in columns("method.head")), tuple(rows), (False, False, True, True))


def _chances(studies: Sequence[Study]) -> Iterator[Block]:
    head = (Cell(say("method.head_many")), *(Cell(studies[0].name(p), p) for p in PATTERNS))
    rows = tuple((Cell(v.workflow.name), *(_chance(v, p) for p in PATTERNS)) for v in studies)
    yield Table(say("method.patterns"), head, rows, (False, True, True, True, True))


def _chance(study: Study, pattern: PatternId) -> Cell:
    made = study.decision
    return Cell(chance_of(made, pattern)) if made.chances[pattern] else Cell(say("method.out"), "muted")


def _leads(studies: Sequence[Study]) -> tuple[str, ...]:
    """By how much each destination leads, in points and draws; none where something simpler fits or nothing else is allowed."""
    told = (study for study in studies if not study.decision.replaced and not study.decision.only)
    return tuple(
        say("method.lead", workflow=v.workflow.name, first=v.name(v.decision.destination), lead=lead_points(v.decision, v.advice.lead, LEAD),
            share=sampled(v.advice.acceptability[v.decision.destination]))
        for v in told
    )  # fmt: skip


def _sources(studies: Sequence[Study]) -> Table:
    catalog = studies[0].catalog
    telling = [i for v in studies for i in v.advice.belief.items if abs(i.retrieval) + abs(i.training) >= TELLING]
    keys = dict.fromkeys(key for item in telling if item.criterion in catalog.criteria for key in catalog.criteria[item.criterion].sources)
    known = [catalog.sources[key] for key in keys if key in catalog.sources]
    rows = tuple((Cell(s.title), Cell(s.where)) for s in sorted(known, key=lambda s: s.title))
    return Table(say("method.sources"), tuple(Cell(c) for c in columns("method.sources_head")), rows, (False, False))


PRIVATE = frozenset({"budget"})
"""Answers that never reach a deliverable."""


def answers(study: Study) -> tuple[Block, ...]:
    """Every answer in the catalogue's order with its state and note, and what nobody answered."""
    alone = len(study.engagement.workflows) == 1
    told = study.answers if alone else {name: a for name, a in study.answers.items() if a is not study.engagement.answers.get(name)}
    missing = [criterion.label for criterion in open_criteria(study.catalog, study.answers)]
    return (
        Heading(say("answers.title"), 2, study.workflow.name), Text((say("answers.lead" if alone else "answers.lead_own"),), "lead"),
        _answered(study, told),
        *((Text((say("answers.open", names="; ".join(missing)),), "note"),) if missing else ()),
        *((table_of(say("answers.listed"), columns("answers.listed_head"), study.workflow.listed.items()),) if study.workflow.listed else ()),
    )


def shared_answers(studies: Sequence[Study]) -> tuple[Block, ...]:
    """Answers that hold for all workflows; nothing when there is only one workflow or no such answer."""
    study = studies[0]
    if len(study.engagement.workflows) == 1 or not study.engagement.answers:
        return ()
    return Heading(say("answers.title_shared"), 2), Text((say("answers.lead"),), "lead"), _answered(study, study.engagement.answers)


def _answered(study: Study, told: Mapping[str, Answer]) -> Table:
    rows = tuple(_answer_row(study, c, told[c.id]) for c in study.catalog.criteria.values() if c.id in told and c.id not in PRIVATE and _known(told[c.id]))
    return Table("", tuple(Cell(name) for name in columns("answers.head")), rows, (False,) * 3)


def _known(answer: Answer) -> bool:
    return bool(answer.levels) or answer.amount is not None


def _answer_row(study: Study, criterion: Criterion, answer: Answer) -> tuple[Cell, ...]:
    remarks = "; ".join(_remarks(study, criterion, answer))
    return Cell(criterion.label), Cell(words_of(criterion, answer, study.currency)), Cell(remarks, "guess" if answer.confidence == "guess" else "")


def _remarks(study: Study, criterion: Criterion, answer: Answer) -> Iterator[str]:
    if study.pilot is not None and criterion.id in study.pilot.answers:
        yield say("answers.pilot")
    if answer.confidence == "guess":
        yield say("evidence.guess")
    if criterion.unit == KAPPA and answer.amount is not None:
        yield say("answers.kappa", kappa=plain(answer.amount.likely))
    if answer.disputed:
        yield say("answers.disputed")
    if answer.confirm_by is not None:
        yield say("answers.confirm", date=day(answer.confirm_by))
    yield from filter(None, (answer.note, study.workflow.notes.get(criterion.id, "")))

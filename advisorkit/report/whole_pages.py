"""Pages about the whole engagement: cover, programme of several workflows, data protection."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from advisorkit.export.blocks import Block, Cell, Cover, Heading, KeyFigure, KeyFigures, Text, table_of
from advisorkit.export.brand import Brand
from advisorkit.report.cost_pages import steps
from advisorkit.report.money_table import in_unit, ranked, whole
from advisorkit.report.printed import columns, count, say, weeks
from advisorkit.study.programme import Together, together
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import here, linked, locale, told
from advisorkit.values.quantities import day, money_short, percent, sampled, span


def cover(studies: Sequence[Study], brand: Brand) -> tuple[Block, ...]:
    """The cover: title, what it is about, how far it has come, client, date, sender."""
    engagement = studies[0].engagement
    about = say("cover.one", workflow=studies[0].workflow.name) if len(studies) == 1 else say("cover.many", count=count(len(studies)))
    return (cover_of(say("cover.title"), "; ".join((about, *basis(studies[0]), *_status(studies))), engagement, brand),)


def cover_of(title: str, about: str, engagement: Engagement, brand: Brand, *, leaflet: bool = False, running: str = "") -> Cover:
    """The cover of a document about an engagement."""
    worn, on = replace(brand, confidentiality=here(brand.confidentiality)), engagement.as_of
    return Cover(title, about, engagement.client, day(on), sample_words(engagement), worn, locale().language, leaflet, on.isoformat(), running)


def _status(studies: Sequence[Study]) -> tuple[str, ...]:
    """How far all workflows have come: as far as the one that has come least."""
    told, seen = {one.workflow.status for one in studies}, studies[0].engagement.reviewed_by
    least = next(status for status in ("draft", "reviewed", "final") if status in told)
    by = (say("cover.reviewed", name=seen.name, date=day(seen.date)),) if seen and least != "draft" else ()
    return (say(f"cover.status.{least}"), *by)


def basis(study: Study) -> tuple[str, ...]:
    """Scenario, currency and horizon, as a cover names them."""
    money = say("cover.money", currency=study.currency, months=study.months)
    return (*scenario_words(study.engagement), *((money,) if study.priced else ()))


def scenario_words(engagement: Engagement) -> tuple[str, ...]:
    """Which scenario is laid over the file, or what was set for this run; nothing for the file as it stands."""
    return (say("cover.scenario", name=engagement.scenario),) if engagement.scenario else ()


def sample_words(engagement: Engagement) -> str:
    """What a cover says of a sample; empty for a real client."""
    return say("cover.sample" if engagement.priced else "cover.sample_published") if engagement.sample else ""


def overview(studies: Sequence[Study]) -> tuple[Block, ...]:
    """The programme of several workflows: what is asked for, what it gains, in which order, what they share; nothing for one."""
    if len(studies) == 1:
        return ()
    sums, wide = together(studies), 8 if studies[0].priced else 4
    rows = [*(_line(study, sums)[:wide] for study in ordered(studies)), *(_totals(sums) if sums else ())]
    unit = in_unit(studies[0].currency, sums.unit) if sums else ""
    subtitle = say("overview.subtitle", unit=unit, months=studies[0].months) if sums else ""
    unclear = [one.workflow.name for one in studies if not one.decision.clear and not one.decision.ended]
    lines = (*_overridden(studies), *_staged(studies, sums), *_missing(studies), *((say("overview.unclear", names="; ".join(unclear)),) if unclear else ()))
    return (
        Heading(_title(studies, sums), 2, say("overview.part")), KeyFigures(tuple(_sums(studies, sums))) if sums else Text((say("overview.lead"),), "lead"),
        table_of(say("overview.order" if sums else "overview.firmest"), columns("overview.head")[:wide], rows, range(3, 8), subtitle=subtitle, total=bool(sums)),
        *((Text(lines, "bullets"),) if lines else ()), *steps(studies[0], everywhere=True),
    )  # fmt: skip


def _title(studies: Sequence[Study], sums: Together | None) -> str:
    if sums is None:
        return say("overview.title", count=count(len(studies)).capitalize())
    asks, currency = sum(1 for one in studies if one.ask), studies[0].currency
    named = count(asks) if asks == len(studies) else say("overview.some", asks=count(asks), count=count(len(studies)))
    gain = told(money_short(abs(sums.gain), currency), sums.gain)
    both = say("overview.gain" if sums.gain >= 0 else "overview.loss", gain=gain) if sums.known else say("overview.gain_unknown")
    return say("overview.ask" if asks else "overview.no_ask", ask=money_short(sums.ask, currency), named=named, together=both)


def _totals(sums: Together) -> Iterator[tuple[Cell, ...]]:
    """What sharing saves, and the sums of what is printed."""
    blank, unit = [Cell("")] * 3, sums.unit
    saved = Cell(say("unknown"), "muted") if sums.saved is None else Cell(told(whole(-sums.saved, unit), sums.saved))
    yield Cell(say("together.saved")), *blank, Cell(""), saved, _amount(sums.saved, unit) if sums.counted else Cell(""), Cell("")
    least = None in sums.alone.values()
    yield Cell(say("together.all")), *blank, _amount(sums.ask, unit), _amount(sums.spent, unit, least=least), _amount(sums.gain if sums.known else None, unit), Cell("")


def _amount(amount: float | None, unit: int, more: str = "", *, least: bool = False) -> Cell:
    """A whole amount as the table prints it, with a second line."""
    if amount is None:
        return Cell(say("unknown"), "muted")
    words = whole(amount, unit)
    return Cell(linked("\n", filter(None, (say("money.least", amount=words) if least else words, more))), "strong" if more else "")


def _sums(studies: Sequence[Study], sums: Together) -> Iterator[KeyFigure]:
    currency = studies[0].currency
    yield KeyFigure(money_short(sums.ask, currency), say("overview.figure.ask"))
    yield KeyFigure(money_short(sums.gain, currency) if sums.known else say("unknown"), say("overview.figure.gain", count=sums.known, months=studies[0].months))
    yield KeyFigure(say("unknown") if sums.saved is None else money_short(sums.saved, currency), say("overview.figure.saved", months=studies[0].months))
    left = [one for one in studies[0].engagement.actions if one.state == "open" and one.date]
    if left:
        first = min(left, key=lambda one: one.date or studies[0].engagement.as_of)
        yield KeyFigure(day(first.date, year=False) if first.date else "–", first.act)


def ordered(studies: Sequence[Study]) -> list[Study]:
    """As the programme lists them."""
    return sorted(studies, key=_order)


def _order(study: Study) -> tuple[bool, float]:
    """Gain for each euro that is asked for, most first, then the firmest; what something simpler fits comes last."""
    made, gain = study.decision, study.rank.gain if study.priced else None
    worth = -(gain or 0.0) / study.ask.p50 if study.priced and study.ask and gain is not None else 0.0
    return made.ended, worth if study.priced else -made.chances[made.destination]


def _line(study: Study, sums: Together | None) -> tuple[Cell, ...]:
    made, named = study.decision, "\n".join(filter(None, (study.workflow.name, study.workflow.context.get("owner"))))
    first = made.destination
    goal = Cell(instead) if (instead := made.instead) else Cell(study.name(first), first)
    start = Cell(named, "strong"), Cell("–") if instead else Cell(study.name(made.now), made.now), goal
    if instead or sums is None:
        return (*start, Cell("–" if instead else _right(study)), Cell(say("overview.not_priced")), *[Cell("–")] * 3)
    row, rung = study.costs.money[first], next((r for r in made.path if r.state == "here"), None)
    time = weeks(study.facts.build_weeks[made.now].p50) if rung and rung.weeks is not None else ""
    ask, spent, gain = (study.ask.p50 if study.ask else None, study.outside, study.rank.gain)
    ends = span(whole(row.gain.p10, sums.unit), whole(row.gain.p90, sums.unit)) if row.gain else say("overview.assumed")
    asked, sure = _amount(ask, sums.unit, time) if study.ask else Cell("–"), "–" if row.gain_chance is None else sampled(row.gain_chance)
    return (*start, Cell(_right(study)), asked, _amount(spent, sums.unit), _amount(gain, sums.unit, ends), Cell(sure))


def _right(study: Study) -> str:
    """Share right that is expected of the destination, beside what is needed."""
    held = study.decision.prospects
    right, needed = percent(held.expected_right[study.decision.destination].p50), held.target.share
    return right if needed is None or held.target.never else say("overview.right", right=right, needed=percent(min(needed, 1.0)))


def _overridden(studies: Sequence[Study]) -> Iterator[str]:
    return (f"{study.workflow.name}: {study.decision.override}" for study in studies if study.decision.override)


def _staged(studies: Sequence[Study], sums: Together | None) -> Iterator[str]:
    """What is left of the gain where pilots may end a workflow, which is how `portfolio` reckons."""
    if sums and sums.known and (words := money_short(sums.staged, studies[0].currency)) != money_short(sums.gain, studies[0].currency):
        yield say("overview.staged", gain=words)


def _missing(studies: Sequence[Study]) -> Iterator[str]:
    """Workflows that will probably miss what is asked for, which is what could stop them."""
    names = [one.workflow.name for one in studies if not one.decision.ended and one.decision.prospects.missed(one.decision.destination)]
    if names:
        yield say("overview.missed", names="; ".join(names))
    yield from (linked("", (one.workflow.name, ": ", ranked(one), ".")) for one in studies if one.priced and not one.decision.ended and one.rank.gain is None)

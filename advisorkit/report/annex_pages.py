"""The annex: everything that the advice on all workflows rests on, each thing once, with the workflows that it holds for; and where data goes, as far as a field says it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from typing import TypeVar

from advisorkit.advice.acceptability import LEAD, SHARE
from advisorkit.advice.answers import KAPPA, words_of
from advisorkit.advice.gates import open_criteria
from advisorkit.advice.words import apart
from advisorkit.export.blocks import Block, Cell, ChartBlock, Heading, Table, Text, table_of
from advisorkit.files.texts import Texts
from advisorkit.intake.questionnaire import confirmer
from advisorkit.report import pictures
from advisorkit.report.advice_pages import again
from advisorkit.report.cost_pages import assumed, cash_years, compared, yearly
from advisorkit.report.printed import chance_of, columns, enumerated, inside, lead_points, project, say, weeks
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, Criterion, PatternId
from advisorkit.values.engagement import Answer, Engagement
from advisorkit.values.messages import locale
from advisorkit.values.people import Stop
from advisorkit.values.places import linked
from advisorkit.values.quantities import day, number, percent, plain, sampled_parts, span

Studies = Sequence[Study]
Row = tuple[str | Cell, ...]
Told = TypeVar("Told")
TELLING = 1.0
"""Decibans on both axes from which an answer's sources are listed."""
PROTECTED = ("data_class", "access_control", "exposure", "hosting", "data_location", "training_rights", "withdrawal_speed", "regulated")
"""Answers on data, which stand on the page on data protection."""
PRIVATE = frozenset({"budget"})
"""Answers that never reach a deliverable."""


def annex(studies: Studies) -> tuple[Block, ...]:
    """Answers, what it is not and why, when to look again, what others did, assumptions, method and sources."""
    return (
        Heading(say("annex.title"), 2, say("annex.part")), *_told(studies), *_otherwise(studies), *(_figures(studies) if studies[0].priced else ()), *method(studies),
    )


def numbered(studies: Studies) -> Iterator[Text]:
    """The numbers under which workflows are named on the page; nothing where there is one."""
    if len(studies) > 1:
        yield Text((enumerated([say("annex.holds", value=one.workflow.name, numbers=n) for n, one in enumerate(studies, 1)], "; "),), "note")


def merged(studies: Studies, key: str, rows: Callable[[Study], Iterable[Row]], right: Sequence[int] = ()) -> Iterator[Table]:
    """A table with the head `key` that holds each row once; where there are several workflows, the numbers of those it holds for stand last."""
    found = _held(studies, lambda study: (tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows(study)))
    places = {label: n for n, label in enumerate(dict.fromkeys(row[0].text for row in found))}
    told = sorted(found.items(), key=lambda pair: places[pair[0][0].text])
    head, several = columns(key), len(studies) > 1
    if told:
        yield table_of("", (*head, say("annex.workflows")) if several else head, [(*row, Cell(held, "muted")) if several else row for row, held in told], right)


def joined(studies: Studies, key: str, rows: Callable[[Study], Iterable[tuple[str, ...]]]) -> Iterator[Table]:
    """A table of several workflows with the head `key`: rows that differ in their second cell alone are one, and say what holds for which workflow."""
    groups, every = dict[tuple[str, ...], list[str]](), say("annex.all")
    for (label, value, *rest), held in _held(studies, rows).items():
        groups.setdefault((label, *rest), []).append(value if held == every else say("annex.holds", value=value, numbers=held))
    places = {label: n for n, label in enumerate(dict.fromkeys(label for label, *_ in groups))}
    lines = [(label, linked("; ", values), *rest) for (label, *rest), values in sorted(groups.items(), key=lambda pair: places[pair[0][0]])]
    if lines:
        yield table_of("", columns(key if len(studies) > 1 else "answers.head_one"), lines)


def each(studies: Studies, lines: Callable[[Study], Iterable[str]], parted: str = "") -> tuple[str, ...]:
    """Sentences of all workflows, each once, or parts of them joined by `parted`; the numbers of their workflows stand before what does not hold for all."""
    groups = dict[tuple[str, str], list[str]]()
    for line, held in _held(studies, lines).items():
        groups.setdefault((held, "" if parted else line), []).append(line)
    every = say("annex.all")
    told = ((held, linked(parted or " ", found)) for (held, _), found in groups.items())
    return tuple(line if held == every else say("annex.of", numbers=held, line=line) for held, line in told)


def _held(studies: Studies, rows: Callable[[Study], Iterable[Told]]) -> dict[Told, str]:
    """Each of `rows` with the numbers of the workflows that it holds for, runs of three or more with a dash."""
    found = dict[Told, list[int]]()
    for n, study in enumerate(studies, 1):
        for row in dict.fromkeys(rows(study)):
            found.setdefault(row, []).append(n)
    return {row: say("annex.all") if len(held) == len(studies) else enumerated([*_runs(held)]) for row, held in found.items()}


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        first, *rest = [str(number) for _, number in run]
        yield from (first, *rest) if len(rest) < 2 else (f"{first}–{rest[-1]}",)


def _told(studies: Studies) -> Iterator[Block]:
    yield from (Heading(say("answers.title")), Text((say("answers.lead"),)))
    purposes = [(f"{n} {one.workflow.name}" if len(studies) > 1 else one.workflow.name, *_purpose(one)) for n, one in enumerate(studies, 1)]
    if len(studies) > 1 or any(purposes[0][1:]):
        yield table_of("", columns("purpose.head"), purposes)
    left = [name for name in studies[0].catalog.criteria if name not in (*PROTECTED, *PRIVATE)]
    yield from joined(studies, "answers.head_many", lambda one: answers_of(one, left)) if len(studies) > 1 else merged(studies, "answers.head", lambda one: _answers(one, left))
    if missing := each(studies, lambda one: (criterion.label for criterion in open_criteria(one.catalog, one.answers) if criterion.id in left), "; "):
        yield Text((say("answers.open", names=". ".join(missing)),), "note")
    yield from (table_of(f"{say('answers.listed')}: {one.workflow.name}", columns("answers.listed_head"), one.workflow.listed.items()) for one in studies if one.workflow.listed)


def _purpose(study: Study) -> tuple[str, str, str]:
    told = {name: words for name, words in study.workflow.context.items() if words}
    ends = [say(f"purpose.{name}", value=told[name]) for name in ("baseline", "target") if name in told]
    return told.get("problem", ""), "; ".join(filter(None, (told.get("success_metric"), *ends))), study.workflow.led_by


def _answers(study: Study, names: Sequence[str]) -> Iterator[Row]:
    for criterion in map(study.catalog.criterion, names):
        answer = study.answers.get(criterion.id, Answer())
        if not answer.unknown:
            remarks = "; ".join(_remarks(study, criterion, answer))
            yield criterion.label, _counted(study, criterion.id) or words_of(criterion, answer, study.currency), Cell(remarks, "guess" if answer.confidence == "guess" else "")


def _counted(study: Study, criterion: str) -> str:
    """A share that the newest pilot counted, with the range of chance that its review prints; empty for all else."""
    if study.pilot is None or study.answers.get(criterion) != study.pilot.answers.get(criterion):
        return ""
    seen = study.seen
    counts = {"information_share": seen.failures["information"], "behaviour_share": seen.failures["behaviour"], "oracle_fix_share": seen.mended, "search_hit_rate": seen.found}
    if (count := counts.get(criterion)) is None or count.share is None:
        return ""
    return linked("", (percent(count.share), " (", span(percent(count.low), percent(count.high)), ")"))


def answers_of(study: Study, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Answers to the criteria `names` with their remarks, as rows of `joined`."""
    return ((str(label), f"{words} – {remarks.text.rstrip('.')}" if isinstance(remarks, Cell) and remarks.text else str(words)) for label, words, remarks in _answers(study, names))


def _remarks(study: Study, criterion: Criterion, answer: Answer) -> Iterator[str]:
    if study.pilot is not None and criterion.id in study.pilot.answers and not answer.note:
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


def _otherwise(studies: Studies) -> Iterator[Block]:
    """The evidence, what it is not and why, the tests of the path, when to look again, what stands beside it, what others did."""
    kept = [one for one in studies if not one.decision.replaced]
    if kept and len(studies) == 1:
        yield ChartBlock(pictures.evidence(studies[0].advice))
    tables: Sequence[tuple[str, str, Callable[[Study], Iterable[Row]]]] = (
        ("out.title", "out.head", _not_these), ("tests.title", "tests.head", _tests), ("similar.title", "similar.head", _similar),
    )  # fmt: skip
    for title, head, rows in tables:
        if found := tuple(merged(studies, head, _unless_simpler(rows))):
            yield Heading(say(title))
            yield from found
    texts: dict[str, Callable[[Study], Iterable[str]]] = {"detour.title": lambda one: filter(None, [detour(one)]), "beside": _companions, "again.title": _unless_simpler(again)}
    for key, told in texts.items():
        if lines := each(studies, told):
            yield from (Heading(say(key)), Text(lines, "bullets"))


def _unless_simpler(rows: Callable[[Study], Iterable[Told]]) -> Callable[[Study], Iterable[Told]]:
    """`rows` of a workflow, none where something simpler takes the place of all patterns."""
    return lambda study: () if study.decision.replaced else rows(study)


def _not_these(study: Study) -> Iterator[tuple[str, str]]:
    """Why the other patterns are not the advice."""
    return ((study.name(p), not_this(study, p)) for p in PATTERNS if p not in (study.decision.destination, study.decision.told))


def not_this(study: Study, pattern: PatternId) -> str:
    """Why `pattern` is not the advice."""
    outlook = study.advice.patterns[pattern]
    gates = outlook.gates
    ruling = [hit for hit in gates if hit.kind == "lasting" and not hit.provisional]
    lowering = [hit for hit in gates if hit.lowers]
    for hits, key in ((ruling, "out.ruled"), (lowering, "out.lowered"), ([hit for hit in gates if hit.kind == "for_now"], "out.held")):
        if hits:
            reopens = say("out.reopens", reopens=inside(hits[0].reopens)) if hits[0].reopens else ""
            return say(key, reason=linked(" ", dict.fromkeys(h.reason for h in hits)), reopens=reopens)
    open_yet = [hit for hit in gates if hit.kind == "lasting" and hit.provisional and hit.short]
    asked = any(hit.criterion in study.answers for hit in open_yet)
    doubt = say("out.doubtful" if asked else "out.provisional", reasons=", ".join(dict.fromkeys(hit.short for hit in open_yet))) if open_yet else ""
    return linked("", (say("out.unlikely", reason=apart(study.catalog, pattern, study.advice.recommended, outlook.probability)), doubt))


def _companions(study: Study) -> Iterator[str]:
    return (f"{c.name}: {c.what}" for c in map(study.catalog.companions.__getitem__, study.advice.companions))


def _tests(study: Study) -> Iterator[Row]:
    return ((pictures.rung_name(rung, study), rung.enter_when, rung.leave_when) for rung in study.decision.path)


def build_of(build: float | None, currency: str) -> str:
    """A rung's likely build cost; a dash where it has none."""
    return "–" if build is None else project(build, currency)


def _weeks(value: float | None) -> str:
    return "–" if value is None else weeks(value)


def detour(study: Study) -> str:
    """What starting with a prompt costs and saves on average, in a sentence; empty once the prompt was piloted, or without money.

    It is told against the likeliest start but the prompt.
    """
    advice, currency = study.advice, study.currency
    starts = {policy.first: policy for policy in advice.policies}
    ahead = study.decision.next_step.action == "pilot" and any(rung.rung == "prompt_pilot" and rung.state == "here" for rung in study.decision.path)
    others = sorted((p for p in starts if p != "prompt"), key=lambda p: -advice.patterns[p].probability)
    if not (ahead and "prompt" in starts and others):
        return ""
    small, straight = starts["prompt"], starts[others[0]]
    if None in (small.idle_build, small.idle_weeks, straight.idle_build, straight.idle_weeks):
        return ""
    words = {
        "money": build_of(small.idle_build, currency), "weeks": _weeks(small.idle_weeks), "pattern": say(f"pattern.{straight.first}"),
        "saved": build_of(straight.idle_build, currency), "saved_weeks": _weeks(straight.idle_weeks),
    }  # fmt: skip
    return linked(" ", (say("detour.text", **words), *((say("detour.shows"),) if straight.idle_build < small.idle_build else ())))  # type: ignore[operator]


def _similar(study: Study) -> Iterator[Row]:
    """Published deployments most like it, shown without a vote."""
    for case in (near.case for near in study.advice.similar[: 1 if len(study.engagement.workflows) > 1 else 3]):
        yield case.company, str(case.year or "–"), Cell(study.name(case.outcome), case.outcome), Texts("cases").all.get(case.id, case.outcome_reason)


def _figures(studies: Studies) -> Iterator[Block]:
    """Assumptions with their sources, the age of the prices, comparisons between patterns, money by year."""
    priced = [one for one in studies if not one.decision.replaced]
    if not priced:
        return
    yield from (Heading(say("figures.title")), Text((say("figures.lead"), *dict.fromkeys(line for one in priced for line in _models(one)), *_fresh(priced))))
    if len(studies) > 1:
        yield from joined(studies, "figures.head_many", _unless_simpler(_assumed_of))
    else:
        yield from merged(studies, "figures.head", _unless_simpler(assumed), (1, 2, 3))
    yield from merged(studies, "figures.prices_head", _old_prices, (2,))
    if lines := each(studies, _unless_simpler(lambda one: [linked(" ", compared(one))])):
        yield from (Heading(say("figures.compared")), Text(lines, "bullets" if len(studies) == 1 else "note"))
    years = cash_years(priced[0]) if len(studies) == 1 else yearly([one for one in priced if not one.decision.ended])
    yield from ((years,) if years else ())


def _assumed_of(study: Study) -> Iterator[tuple[str, ...]]:
    for label, low, likely, high, unit, source in (tuple(cell.text for cell in row) for row in assumed(study)):
        yield label, likely if low == "–" else say("figures.range", low=low, likely=likely, high=high), unit, source


def _models(study: Study) -> Iterator[str]:
    rate = study.assumption("discount_rate").range
    yield say("figures.models", discount=percent(rate.likely if rate else 0), model=study.inputs.word("model"), tuned=study.inputs.word("tuned_model"))
    if study.inputs.word("tuned_hosting") == "api":
        yield say("figures.hosting")


def _fresh(studies: Studies) -> Iterator[str]:
    ages = {age.id: age for one in studies for age in one.prices()}.values()
    listed = [age for age in ages if not age.lasting]
    if listed and all(age.state == "fresh" for age in ages):
        oldest = max(listed, key=lambda age: age.age_days)
        yield say("figures.fresh", count=len(listed), days=oldest.age_days, date=day(oldest.as_of))
    if surveyed := [age for age in ages if age.lasting]:
        yield say("figures.surveyed", count=len(surveyed), year=min(age.as_of for age in surveyed).year)


def _old_prices(study: Study) -> Iterator[Row]:
    old = sorted((age for age in study.prices() if age.state != "fresh"), key=lambda age: -age.age_days)
    return ((age.id, day(age.as_of), Cell(say("figures.stale", days=age.age_days), "stale")) for age in old)


def method(studies: Studies) -> tuple[Block, ...]:
    """How belief, gates and money are worked out, with the chances, limits and sources."""
    study = studies[0]
    prior = [percent(1 / (1 + 10 ** (-d / 10))) for d in study.advice.belief.prior]
    rate = study.assumption("discount_rate").range
    record = study.catalog.record
    kept = say("method.record", cases=record.cases, called=record.called, right=record.right) if record else ""
    told = [
        say("method.belief_text", retrieval=prior[0], training=prior[1], damping=percent(study.catalog.damping)),
        say("method.clear_text", points=f"{LEAD * 100:g}", share=percent(SHARE), record=kept),
        *([say("method.money_text", draws=number(study.costs.draws), discount=percent(rate.likely if rate else 0))] if study.priced else ()),
        say("method.limits_text"),
    ]
    return (
        Heading(say("method.title")), Text(tuple(told)), _chances(studies), Heading(say("method.sources")), _sources(studies),
    )  # fmt: skip


def _chances(studies: Studies) -> Table:
    """Chances of every workflow; by how much each destination leads, in points and draws, unless something simpler fits or nothing else is allowed."""
    head: tuple[str | Cell, ...] = (say("method.head_many"), *(Cell(studies[0].name(p), p) for p in PATTERNS), *columns("method.head_lead"))
    note = linked(" ", dict.fromkeys(filter(None, map(pictures.beyond, studies))))
    return table_of(say("method.patterns"), head, ((v.workflow.name, *(_chance(v, p) for p in PATTERNS), *_lead(v)) for v in studies), range(1, 7), note=note)


def _lead(study: Study) -> tuple[str, str]:
    made = study.decision
    known = not (made.replaced or made.only)
    return (lead_points(made, study.advice.lead, LEAD), sampled_parts(study.advice.acceptability)[made.destination]) if known else ("–", "–")


def _chance(study: Study, pattern: PatternId) -> Cell:
    made = study.decision
    return Cell(chance_of(made, pattern)) if made.chances[pattern] else Cell(say("method.out"), "muted")


def _sources(studies: Studies) -> Text:
    """What the weights rest on, and how far each was read: running, since no other list of the annex is so long."""
    catalog = studies[0].catalog
    telling = [i for v in studies for i in v.advice.belief.items if abs(i.retrieval) + abs(i.training) >= TELLING]
    keys = dict.fromkeys(key for item in telling if item.criterion in catalog.criteria for key in catalog.criteria[item.criterion].sources)
    known = [catalog.sources[key] for key in keys if key in catalog.sources]
    return Text((" · ".join(f"{one.title}: {one.where}" for one in sorted(known, key=lambda one: one.title)),), "note")


ACROSS = 5
"""Stops that stand side by side."""
_SAID = tuple(field.name for field in fields(Stop))[1:]


@dataclass(frozen=True, slots=True)
class _Question:
    about: str
    asked: str
    to: str
    by: str


def protection(studies: Studies) -> tuple[Block, ...]:
    """Where data goes stop by stop, what was said of it, on which questions duties of law turn, and what is still to be answered."""
    engagement, questions = studies[0].engagement, tuple(_questions(studies))
    known = "unknown" if not engagement.data_flow else "closed" if not questions else "one" if len(questions) == 1 else "open"
    title = say(f"protection.title.{known}")
    lines = tuple(say("protection.question", asked=one.asked, to=one.to, by=one.by) for one in questions)
    asked = (Heading(say("protection.questions")), Text(lines, "numbered")) if lines else ()
    told = tuple(joined(studies, "answers.head_many", lambda study: answers_of(study, PROTECTED)))
    return (
        Heading(title, 2, say("protection.part")), Text((say("protection.lead"),), "lead"), *numbered(studies), *_way(engagement.data_flow, questions),
        *((Heading(say("protection.told")), *told) if told else ()),
        Heading(say("protection.law")), table_of("", columns("protection.law_head"), [columns(f"protection.law.{name}") for name in ("processor", "impact", "act", "staff")]), *asked,
    )  # fmt: skip


def _way(stops: Sequence[Stop], questions: Sequence[_Question]) -> Iterator[Block]:
    """The stops as columns; an open state names its question."""
    numbers = {one.about: n for n, one in enumerate(questions, 1)}
    if stops:
        yield Heading(say("protection.way"))
    across = -(-len(stops) // -(-len(stops) // ACROSS)) if stops else 1
    for first in range(0, len(stops), across):
        some = stops[first : first + across]
        rows: list[tuple[str | Cell, ...]] = [
            (say(f"protection.{name}"), *(
                Cell(said) if (said := getattr(one, name)) else Cell(say("protection.open", number=numbers[one.stop]), "stale") for one in some
            )) for name in _SAID
        ]  # fmt: skip
        yield table_of("", (say("protection.stop"), *(Cell(one.stop, "strong") for one in some)), rows)


def _questions(studies: Studies) -> Iterator[_Question]:
    """What nobody has said, or only guessed: of the way of the data, then of each workflow."""
    engagement = studies[0].engagement
    yield from (_Question(stop, asked, confirmer(engagement, "legal"), say("protection.before")) for stop, asked in way_asked(engagement).items())
    for criterion in (studies[0].catalog.criterion(name) for name in PROTECTED):
        left = [one for one in studies if criterion.id not in one.answers or one.answers[criterion.id].confidence == "guess"]
        dates = [said.confirm_by for one in left if (said := one.answers.get(criterion.id)) and said.confirm_by]
        if left:
            names = "" if len(left) == len(studies) else say("protection.ask.for", names=enumerated([one.workflow.name for one in left]))
            asked = f"{criterion.question}{names}{_guessed(criterion, left)}"
            yield _Question(criterion.id, asked, confirmer(engagement, criterion.who), say("protection.by", date=day(min(dates))) if dates else say("protection.before"))


def way_asked(engagement: Engagement) -> dict[str, str]:
    """What is to be asked of the way of the data, by stop, or of all of it at once."""
    if not engagement.data_flow:
        return {"": say("protection.ask.way")}
    lacking = {one.stop: [locale().lowered(say(f"protection.{name}")) for name in _SAID if not getattr(one, name)] for one in engagement.data_flow}
    return {stop: say("protection.ask.stop", stop=stop, names=", ".join(names)) for stop, names in lacking.items() if names}


def _guessed(criterion: Criterion, left: Studies) -> str:
    """That what is told of it so far is a guess, and of which workflows where nothing at all is told of others."""
    some = [one.workflow.name for one in left if criterion.id in one.answers]
    if not some:
        return ""
    return f" {say('protection.ask.guess') if len(some) == len(left) else say('protection.ask.guess_some', names=enumerated(some))}"

"""Short documents around the report: a brief of two pages, the record of a decision, what a session needs and leaves, and what suppliers are asked for."""

from collections.abc import Iterator
from datetime import date

from advisorkit.advice.answers import words_of
from advisorkit.advice.gates import open_criteria
from advisorkit.export.blocks import Block, Cell, Heading, Text, table_of
from advisorkit.files.texts import spoken
from advisorkit.intake.questionnaire import confirmer, pending
from advisorkit.report.advice_pages import again, asks, decided, summary, warned
from advisorkit.report.annex_pages import PRIVATE, answers_of, each, joined, not_this, numbered
from advisorkit.report.cost_pages import ahead, costs, steps
from advisorkit.report.job import Report
from advisorkit.report.pilot_pages import pilot_cover
from advisorkit.report.printed import columns, inside, say
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.messages import linked, locale, rounded
from advisorkit.values.quantities import day, money_short, percent


@spoken
def brief(report: Report) -> tuple[Block, ...]:
    """Two pages: the decision and the money of one workflow, or the programme of several and where its data goes."""
    first, *more = report.workflows
    pages = (*report.overview, *report.protection) if more else (*summary(first), *costs(first))
    return (*pilot_cover(report, "brief.cover"), *pages)


@spoken
def decision_record(report: Report) -> tuple[Block, ...]:
    """What was decided on each workflow, what was weighed, what re-opens it, what follows and who signs that."""
    return (*pilot_cover(report, "record.cover"), *(block for study in report.workflows for block in _record(study)))


def _record(study: Study) -> Iterator[Block]:
    yield from decided(study)
    if not study.decision.replaced:
        head = columns("record.options_head" if study.priced else "record.options_head.unpriced")
        rows = (_option(study, pattern) for pattern in PATTERNS)
        yield from (Heading(say("record.options")), table_of("", head, rows, range(1, len(head) - 1), note=linked(" ", ahead(study))))
    yield from (*warned(study), Heading(say("again.title")), Text(tuple(again(study)), "bullets"))
    yield from (Heading(say("record.signed")), table_of("", columns("record.signed_head"), [(ask, say("charter.blank"), say("charter.blank")) for ask in asks(study)]))


def _option(study: Study, pattern: PatternId) -> tuple[str | Cell, ...]:
    right, money = study.decision.prospects.expected_right[pattern], tuple[str, ...]()
    if study.priced:
        amounts = (None if study.costs.money[pattern].at_least else study.amount(pattern, "all_in"), study.gain(pattern))
        money = tuple("–" if amount is None else money_short(amount, study.currency) for amount in amounts)
    return Cell(study.name(pattern), pattern), percent(right.p50), *money, _verdict(study, pattern)


def _verdict(study: Study, pattern: PatternId) -> str:
    """Advised, advised now though it will probably end elsewhere, its probable end, that it stops here, or why it is not the advice."""
    now, goal = study.decision.now, study.decision.destination
    if study.decision.ended and pattern in (now, goal):
        return say("state.stop")
    if pattern == goal:
        return say("record.advised" if pattern == now else "record.goal")
    return say("record.now", why=inside(not_this(study, pattern))) if pattern == now else not_this(study, pattern)


def _raised(name: str) -> str:
    """A name as it opens a line."""
    return f"{name[:1].upper()}{name[1:]}"


@spoken
def session_note(report: Report) -> tuple[Block, ...]:
    """What a session decided and heard, without names of speakers; guesses to confirm, and what is to be done."""
    found, engagement = report.workflows, report.workflows[0].engagement
    named, labels = {one.id: one.name for one in engagement.workflows}, found[0].catalog.criteria
    guesses = [(named[one.workflow], labels[one.criterion].label, _raised(one.who), day(date.fromisoformat(one.by)) if one.by else "–") for one in pending(engagement)]
    kept = [name for name in labels if name not in PRIVATE]
    said = tuple(joined(found, "answers.head_many", lambda one: answers_of(one, kept)))
    return (
        *pilot_cover(report, "note.cover"), Heading(say("note.decided"), 2),
        Text(tuple(linked("", (f"{one.workflow.name}: " if found[1:] else "", one.cite(one.decision.headline, "decision.headline"))) for one in found), "numbered" if found[1:] else "body"),
        *steps(found[0], everywhere=True),
        *((Heading(say("note.guesses")), table_of("", columns("note.guesses_head"), guesses)) if guesses else ()),
        *((Heading(say("note.said")), *said) if said else ()),
    )  # fmt: skip


@spoken
def session_prep(report: Report) -> tuple[Block, ...]:
    """Who should come, what to bring, and the open questions by who can answer them."""
    found, engagement = report.workflows, report.workflows[0].engagement
    left = {
        who: each(found, lambda one, who=who: (  # type: ignore[misc]
            c.question for c in open_criteria(one.catalog, one.answers) if c.who == who and (c.id in one.decision.to_ask or c.id in one.answers)
        ))
        for who in ("business", "IT", "legal")
    }
    named = {confirmer(engagement, who): lines for who, lines in left.items() if lines}
    lacking = tuple(dict.fromkeys(locale().lowered(name) for one in found if one.priced for name in one.lacking))
    bring = (say("prep.bring.cases"), *((say("prep.bring.numbers", names=", ".join(lacking)),) if lacking else ()), say("prep.bring.papers"))
    return (
        *pilot_cover(report, "prep.cover"), Heading(say("prep.title", questions=sum(map(len, named.values()))), 2), *numbered(found), Heading(say("prep.who")),
        Text(tuple(say("prep.asked", who=_raised(name), questions=len(lines)) for name, lines in named.items()), "bullets"), Heading(say("prep.bring")), Text(bring, "bullets"),
        *(block for name, lines in named.items() for block in (Heading(_raised(name)), Text(lines, "bullets"))),
    )  # fmt: skip


NEEDS = (
    "calls_per_month", "task_kind", "input_form", "languages", "rare_language", "source_form", "corpus_tokens", "knowledge_change", "citations", "refuse_to_guess", "human_review",
    "error_tolerance", "latency_s", "integration_count", "access_control", "data_class", "exposure", "hosting", "data_location", "withdrawal_speed", "regulated",
)  # fmt: skip
"""Answers that a supplier has to know; none tells what a right answer is worth, what was offered by others, or what was advised."""
PRICED, TERMS, WAYS_OUT = ("setup", "seat", "item", "more", "holds", "ready"), ("where", "kept", "training", "others", "logs", "breach"), ("data", "setup", "notice", "help")


@spoken
def supplier_brief(report: Report) -> Iterator[Block]:
    """A brief for each workflow that any supplier can answer; it names no product, no budget and no other offer."""
    yield from pilot_cover(report, "supplier.cover")
    for study in report.workflows:
        yield from (*_needs(study), *_test(study), *_answers(study))


def _needs(study: Study) -> Iterator[Block]:
    told, context = study.answers, study.workflow.context
    yield Heading(say("supplier.title", workflow=study.workflow.name), 2, study.workflow.name)
    if lines := [say(f"supplier.{name}", value=context[name]) for name in ("problem", "success_metric") if context.get(name)]:
        yield Text(tuple(lines), "lead")
    rows = [(criterion.label, words_of(criterion, told[name], study.currency)) for name in NEEDS if name in told and not told[name].unknown for criterion in [study.catalog.criterion(name)]]
    yield Heading(say("supplier.needs"))
    yield table_of("", columns("supplier.needs_head"), rows) if rows else Text((say("supplier.needs_none"),))


def _test(study: Study) -> Iterator[Block]:
    """The test with the mark that was frozen, or else with one to be agreed, on cases that nobody has seen."""
    frozen = next((pilot for pilot in reversed(study.workflow.pilots) if pilot.pass_mark is not None), None)
    held, usual = study.decision.prospects.target.share, study.assumption("test_case_count").range
    cases = study.plan.mark or (rounded(usual.likely) if usual else 0)
    if frozen and frozen.pass_mark is not None:
        mark = say("supplier.test.frozen", needed=percent(study.cite(frozen.pass_mark, "pilot.pass_mark") if study.pilot else frozen.pass_mark), date=day(frozen.date))
    else:
        mark = say("supplier.test.open") if held is None or study.prospects.target.never else say("supplier.test.wanted", needed=percent(min(held, 1.0)))
    lines = (say("supplier.test.cases", cases=cases), say("supplier.test.marked"), mark, say("supplier.test.alike"))
    yield from (Heading(say("supplier.test")), Text(lines, "numbered"))


def _answers(study: Study) -> Iterator[Block]:
    blank, owner, known = say("charter.blank"), study.workflow.led_by, study.answers.get("calls_per_month")
    at = "" if known and not known.unknown else ".unknown"
    yield Heading(say("supplier.offer"), 2, study.workflow.name)
    yield Heading(say(f"supplier.price{at}", currency=study.currency))
    yield table_of("", columns("supplier.price_head"), [(say(f"supplier.price.{name}{at if name == 'more' else ''}"), blank, blank * 2) for name in PRICED])
    yield Heading(say("supplier.data"))
    yield table_of("", columns("supplier.data_head"), [(say(f"supplier.data.{name}"), blank * 2) for name in TERMS])
    yield from (Heading(say("supplier.out")), Text(tuple(say(f"supplier.out.{name}") for name in WAYS_OUT), "bullets"))
    yield Text((say("supplier.to", owner=owner or blank, blank=blank),), "note")

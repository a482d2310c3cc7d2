"""The brief to suppliers: what is needed whoever sells it, the test that decides, how to name a price, terms on data, the way out."""

from __future__ import annotations

from collections.abc import Iterator

from advisorkit.advice.gates import words_of
from advisorkit.export.blocks import Block, Heading, Text, table_of
from advisorkit.files.texts import spoken
from advisorkit.report.job import Report
from advisorkit.report.pilot_pages import pilot_cover
from advisorkit.report.sentences import columns, say
from advisorkit.study.study import Study
from advisorkit.values.quantities import day, percent

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
    held, usual = study.prospects.target.share, study.inputs.rows["test_case_count"].range
    cases = study.plan.mark or round(usual.likely if usual else 0)
    if frozen and frozen.pass_mark is not None:
        mark = say("supplier.test.frozen", needed=percent(frozen.pass_mark), date=day(frozen.date))
    else:
        mark = say("supplier.test.open") if held is None else say("supplier.test.wanted", needed=percent(min(held, 1.0)))
    lines = (say("supplier.test.cases", cases=cases), say("supplier.test.marked"), mark, say("supplier.test.alike"))
    yield from (Heading(say("supplier.test")), Text(lines, "numbered"))


def _answers(study: Study) -> Iterator[Block]:
    blank, owner = say("charter.blank"), ", ".join(filter(None, (study.workflow.context.get("owner"), study.workflow.context.get("department"))))
    yield Heading(say("supplier.price", currency=study.currency))
    yield table_of("", columns("supplier.price_head"), [(say(f"supplier.price.{name}"), blank, blank) for name in PRICED])
    yield Heading(say("supplier.data"))
    yield table_of("", columns("supplier.data_head"), [(say(f"supplier.data.{name}"), blank) for name in TERMS])
    yield from (Heading(say("supplier.out")), Text(tuple(say(f"supplier.out.{name}") for name in WAYS_OUT), "bullets"))
    yield Text((say("supplier.to", owner=owner or blank, blank=blank),), "note")

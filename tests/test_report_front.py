"""What opens a report: where data goes, in the client's own words or as questions, and what is to be done by whom."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date
from html import unescape

import pytest

from advisorkit.export.blocks import Block, Heading, Table, Text
from advisorkit.export.bundles import html
from advisorkit.report.annex_pages import PROTECTED, protection
from advisorkit.report.cost_pages import steps
from advisorkit.report.whole_pages import overview
from advisorkit.study.study import Study, studies
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.people import Action, Member, Stop

ANSWERED = {
    "data_class": "internal", "access_control": "no", "exposure": "staff", "hosting": "named_region", "data_location": "region", "training_rights": "clean",
    "withdrawal_speed": "days", "regulated": "no",
}  # fmt: skip
WHOLE = Stop("Model", "the question", "Processor A", "Frankfurt", "not kept", "no", "nothing", "contract of 2 November 2026")


def engagement(*stops: Stop, answers: dict[str, Answer] | None = None, **more: object) -> Engagement:
    told = answers if answers is not None else {name: Answer((level,)) for name, level in ANSWERED.items()}
    desk, mail = Workflow("desk", "Service desk", told), Workflow("mail", "Mail", told)
    return Engagement("acme", "Acme (sample)", "EUR", date(2026, 11, 20), (desk, mail), data_flow=stops, **more)  # type: ignore[arg-type]


def found(whole: Engagement) -> tuple[Study, ...]:
    return studies(whole, draws=64)


def words(blocks: tuple[Block, ...]) -> str:
    return unescape(re.sub(r"<[^>]+>", "\n", "\n".join(map(html, blocks))))


def title(blocks: tuple[Block, ...]) -> str:
    return next(block.text for block in blocks if isinstance(block, Heading))


def questions(blocks: tuple[Block, ...]) -> tuple[str, ...]:
    return next((block.paragraphs for block in blocks if isinstance(block, Text) and block.style == "numbered"), ())


def test_every_answer_on_data_has_its_level_here() -> None:
    assert set(ANSWERED) == set(PROTECTED)


def test_without_a_word_on_where_data_goes_the_page_claims_nothing_and_asks() -> None:
    made = protection(found(engagement()))

    assert title(made) == "The data flow is not known; 1 question is open"
    assert [asked.partition("?")[0] for asked in questions(made)] == ["Where does a request go, stop by stop"]
    assert questions(made)[0].endswith("To legal or data protection, before anything is built.")
    assert "Run by" not in words(made)


def test_a_whole_account_with_its_sources_leaves_no_question() -> None:
    made = protection(found(engagement(WHOLE)))

    assert title(made) == "The data flow is written down, and no question on it is open"
    assert questions(made) == ()
    assert all(getattr(WHOLE, field.name) in words(made) for field in fields(Stop))


@pytest.mark.parametrize("name", [field.name for field in fields(Stop)][1:])
def test_what_a_stop_does_not_say_is_open_and_named_by_its_question(name: str) -> None:
    made = protection(found(engagement(WHOLE, replace(WHOLE, stop="Log", **{name: ""}), team=(Member("Ann", "Head of legal"),))))

    assert title(made) == "Data flow written down; 1 question is open"
    assert questions(made)[0].startswith("“Log”: nobody has said yet: ")
    assert "To Ann, " in questions(made)[0]
    table = next(block for block in made if isinstance(block, Table))
    assert [cell.text for row in table.rows for cell in row if cell.tone == "stale"] == ["▲ open: question 1"]


def test_a_guess_and_a_missing_answer_are_questions_with_their_workflow_and_day() -> None:
    told = {name: Answer((level,)) for name, level in ANSWERED.items() if name != "hosting"}
    told["exposure"] = Answer(("staff",), confidence="guess", confirm_by=date(2026, 12, 1), said_by="Ms Keen")
    made = protection(found(engagement(WHOLE, answers=told)))

    assert [("guess" in asked, "1 December 2026" in asked, "To IT" in asked) for asked in questions(made)] == [(True, True, False), (False, False, True)]
    assert "Ms Keen" not in words(made)


def test_more_stops_than_fit_stand_in_tables_below_each_other() -> None:
    made = protection(found(engagement(*(replace(WHOLE, stop=f"Stop {n}") for n in range(7)))))

    assert [len(block.head) - 1 for block in made if isinstance(block, Table)][:2] == [5, 2]


def test_law_is_told_as_questions_and_who_judges() -> None:
    told = words(protection(found(engagement(WHOLE))))

    assert not re.search("probably|applies", told)
    assert "Data protection officer" in told


def test_open_actions_stand_once_by_day_with_who_does_them() -> None:
    left = (Action("Sign", "Bo"), Action("Send forty cases", "Ann", date(2026, 12, 5)), Action("Done already", "Ann", state="done"))
    whole = engagement(actions=left, team=(Member("Ann", "Head of IT", "sends the marks"),))
    both = found(whole)

    (_, table) = steps(both[0], everywhere=True)
    assert [[cell.text for cell in row] for row in table.rows] == [["5 December 2026", "Send forty cases", "Ann, Head of IT"], ["–", "Sign", "Bo"]]  # type: ignore[union-attr]
    assert tuple(steps(both[0])) == ()
    assert words(overview(both)).count("Send forty cases") == 2  # the figure of the next day, and the list
    assert "sends the marks" not in words(overview(both))

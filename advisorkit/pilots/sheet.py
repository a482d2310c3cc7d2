"""The marking sheet: a workbook in which a client's expert marks a pilot, with drop-downs and instructions."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from advisorkit.pilots.marked import FAILURES, OUTCOMES, SEVERITIES
from advisorkit.pilots.planning import Plan
from advisorkit.pilots.results import AGREED, MARKS, SECOND_MARKS
from advisorkit.values.errors import UsageError
from advisorkit.values.quantities import percent

_COLUMNS: tuple[tuple[str, int, tuple[str, ...], str], ...] = (
    ("case", 8, (), "Number or name of the case."),
    ("input", 44, (), "What was asked."),
    ("output", 44, (), "What the assistant answered."),
    ("right", 8, ("yes", "no"), "Would you let this answer go out as it is?"),
    ("failure", 14, FAILURES, "Only when right is no: why it failed."),
    ("fixed_by_text", 14, ("yes", "no"), "Only when right is no: with the right text pasted in, is it right?"),
    ("outcome", 11, OUTCOMES, "Say declined when it said that it does not know or cannot help."),
    ("severity", 11, SEVERITIES, "Only when right is no: how bad would it be?"),
    ("segment", 14, (), "Kind of case, if you have names for it."),
    ("minutes", 9, (), "Minutes you needed to check the answer."),
    ("note", 36, (), "Anything worth knowing."),
    ("marker", 10, (), "Your initials."),
    ("sampling", 11, ("random", "chosen"), "How the case was picked."),
)  # fmt: skip


_WIDTH, _LINE = 90, 15
"""Characters in a line of the instructions, and the height of a line in points."""


@dataclass(frozen=True, slots=True)
class CaseToMark:
    """A case that is put into the sheet beforehand."""

    case: str
    """Number or name."""
    input: str = ""
    """What was asked."""
    output: str = ""
    """What the assistant answered."""
    segment: str = ""
    """Kind of case."""


def marking_sheet(plan: Plan, name: str, cases: Sequence[CaseToMark] = ()) -> bytes:
    """The workbook for the pilot in `plan` of the workflow called `name`, with `cases` filled in or numbered lines.

    The same plan and cases give the same bytes. The second sheet of marks holds the cases that another person marks
    without seeing the first marks. What was agreed is kept in the workbook and read back with the marks.
    """
    todo = tuple(cases) or tuple(CaseToMark(str(number)) for number in range(1, plan.mark + 1))
    if len({case.case for case in todo}) < len(todo):
        raise UsageError("two cases to mark have the same name; give each its own")
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with import_module("xlsxwriter").Workbook(stream, options) as book:
        book.set_properties({"title": f"Pilot of {name}", "created": datetime(2026, 1, 1)})  # noqa: DTZ001
        _instructions_sheet(book, plan, name)
        _marks_sheet(book, MARKS, todo)
        _marks_sheet(book, SECOND_MARKS, twice(todo, plan))
        _agreed_sheet(book, plan)
    return stream.getvalue()


def twice(cases: Sequence[CaseToMark], plan: Plan) -> tuple[CaseToMark, ...]:
    """The cases that a second person marks, spread evenly over all."""
    wanted = min(len(cases), math.ceil(len(cases) * plan.mark_twice / max(plan.mark, 1)))
    return tuple(cases[i * len(cases) // wanted] for i in range(wanted)) if wanted else ()


def instructions(plan: Plan, name: str) -> tuple[tuple[str, str], ...]:
    """What the expert is told: heading and text, in order."""
    return tuple(_instructions(plan, name))


def _instructions(plan: Plan, name: str) -> Iterator[tuple[str, str]]:
    yield "What this is for", f"The marks show whether the answers of '{name}' are good enough, and if not, what is missing."
    yield "How many", (
        f"{plan.mark} cases. {plan.mark_twice} of them are marked by a second person on the sheet '{SECOND_MARKS}', "
        f"without looking at '{MARKS}'."
    )
    yield "Which cases", "Draw them at random from real work of the last weeks. Do not pick easy, hard or striking ones."
    enough = "As things stand, no share of right answers is enough" if plan.terms.never else f"{percent(min(plan.terms.target, 1))} right is enough"
    yield "Agreed beforehand", f"{enough}. It is not changed after the first mark."
    yield "right", "yes when you would let the answer go out as it is, otherwise no. Do not count style that no customer would mind."
    yield "failure: information", "The answer was wrong because the assistant did not have a fact or a text that it needed."
    yield "failure: behaviour", "It had what it needed and still answered badly: wrong form, tone, reasoning, or it ignored the facts."
    yield "failure: unclear", "You cannot tell why. Leave a note."
    yield "failure: label", "The expected answer itself is wrong. The case is set aside."
    yield "fixed_by_text", (
        "For each failure, paste the text with the right facts into the request and ask again. yes when the answer is "
        "then right. This one test tells whether a search would help at all."
    )
    yield "outcome", "Only to be filled in as declined, when the assistant rightly or wrongly said that it cannot answer; right is then no."
    yield "severity", "How bad the wrong answer would be: minor, major, or critical when it must never happen."
    yield "When you are done", "Leave the headings as they are and send the file back. Lines without a mark are left out."


def _instructions_sheet(book: Any, plan: Plan, name: str) -> None:
    sheet = book.add_worksheet("Instructions")
    title = book.add_format({"bold": True, "font_size": 16})
    head = book.add_format({"bold": True, "valign": "top"})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, _WIDTH)
    _on_paper(sheet)
    sheet.write_string(0, 0, f"Marking the pilot: {name}", title)
    for row, (heading, said) in enumerate(instructions(plan, name), 2):
        sheet.set_row(row, _LINE * math.ceil(1.1 * len(said) / _WIDTH))
        sheet.write_string(row, 0, heading, head)
        sheet.write_string(row, 1, said, text)


def _on_paper(sheet: Any) -> None:
    sheet.set_paper(9)  # A4
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _marks_sheet(book: Any, name: str, cases: Sequence[CaseToMark]) -> None:
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EDEDED"})
    text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    sheet.freeze_panes(1, 1)
    _on_paper(sheet)
    last = max(len(cases), 1)
    for column, (title, width, words, hint) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width, None if title == "minutes" else text)
        sheet.write_string(0, column, title, head)
        sheet.write_comment(0, column, hint)
        if words:
            sheet.data_validation(1, column, last, column, _choice(title, words, hint))
    _flag_missing_kind(book, sheet, last)
    for row, case in enumerate(cases, 1):
        for title in ("case", "input", "output", "segment"):
            if getattr(case, title):
                sheet.write_string(row, _place(title), getattr(case, title), text)


def _choice(title: str, words: Sequence[str], hint: str) -> dict[str, Any]:
    return {
        "validate": "list", "source": list(words), "input_title": title, "input_message": hint,
        "error_title": "One of the list, please", "error_message": f"Choose {', '.join(words)}.",
    }  # fmt: skip


def _place(title: str) -> int:
    return next(i for i, column in enumerate(_COLUMNS) if column[0] == title)


def _flag_missing_kind(book: Any, sheet: Any, last: int) -> None:
    amber = book.add_format({"bg_color": "#FFE8B3"})
    right, failure = (chr(ord("A") + _place(title)) for title in ("right", "failure"))
    criteria = f'=AND(${right}2="no",${failure}2="")'
    sheet.conditional_format(1, _place("failure"), last, _place("failure"), {"type": "formula", "criteria": criteria, "format": amber})


def _agreed_sheet(book: Any, plan: Plan) -> None:
    sheet = book.add_worksheet(AGREED)
    sheet.set_column(0, 1, 24)
    for column, title in enumerate(("agreed", "value")):
        sheet.write_string(0, column, title)
    sheet.write_string(1, 0, "pass_mark")
    sheet.write_number(1, 1, round(min(plan.terms.target, 1.0), 4))
    sheet.write_string(2, 0, "cases")
    sheet.write_number(2, 1, plan.mark)

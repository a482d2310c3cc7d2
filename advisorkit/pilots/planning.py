"""Before the pilot: how many cases to mark, which share right will be enough, and the sheet to mark them on."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, Literal

from advisorkit.costs.inputs import Inputs
from advisorkit.files.texts import Texts
from advisorkit.files.workbooks import PLAIN, on_paper
from advisorkit.pilots.marked import ARMS, FAILURES, OUTCOMES, SEVERITIES
from advisorkit.pilots.results import AGREED, MARKS, SECOND_MARKS
from advisorkit.pilots.tally import Share, wilson
from advisorkit.pilots.terms import PilotSize, Terms, evpi, sizes_valued, terms_for, worth_marking
from advisorkit.values.criteria import PatternId, Rules
from advisorkit.values.displayed import Displayed
from advisorkit.values.messages import UsageError
from advisorkit.values.quantities import money, percent

_say = Texts("pilots").say
_NONE = Share(0, 0)


@dataclass(frozen=True, slots=True)
class Width:
    """How far a pilot of one size narrows the share right, when it comes out as expected."""

    n: int
    """Cases marked."""
    low: float
    """Lower end of the 95 % Wilson interval, 0 to 1."""
    high: float
    """Upper end, 0 to 1."""


Basis = Literal["money", "precision", "more", "none"]


@dataclass(frozen=True, slots=True, repr=False)
class Plan(Displayed):
    """The pilot advised for one workflow."""

    workflow: str
    """Workflow id."""
    pattern: PatternId
    """What is to be piloted."""
    currency: str
    """Currency of all money."""
    terms: Terms
    """Target, money at stake, belief before the pilot."""
    evpi: float | None
    """Most that any test can be worth, in money; None when no money is known."""
    sizes: tuple[PilotSize, ...]
    """Value and cost by size; empty when no money is known."""
    widths: tuple[Width, ...]
    """Precision by size."""
    mark: int
    """Cases to mark."""
    mark_twice: int
    """Cases of these that a second person marks."""
    basis: Basis
    """Why so many: worth their cost, precise enough, as the last pilot asks for, or none as no number is worth its cost."""
    why: str
    """The reason in a client's words."""
    marking_cost: float | None = None
    """What marking them costs; None when no money is known."""
    before: Share = _NONE
    """Right answers of the cases on the same sheet that were marked before, which count with these."""

    @property
    def passing(self) -> int | None:
        """Fewest right answers of these whose cautious end, with those before, reaches the mark; None where even all of them would not do."""
        return next((hits for hits in range(self.mark + 1) if self._cautious(hits, self.mark) >= self.terms.target), None)

    @property
    def least(self) -> int:
        """Fewest cases of which all, if they are right, reach the mark at their cautious end, with those before."""
        return next((n for n in range(1, 10_000) if self._cautious(n, n) >= self.terms.target), 10_000)

    def _cautious(self, hits: int, cases: int) -> float:
        return wilson(self.before.hits + hits, self.before.n + cases)[0]


def pilot_plan(
    inputs: Inputs, rules: Rules, pass_mark: float | None = None, pattern: PatternId = "prompt", wanted: float | None = None,
    more: int | None = None, before: Share | None = None,
) -> Plan:
    """How many cases of a workflow to mark: `more` where a pilot has said so (with `before` on the same sheet), 0 where that pays for none, else by money where known and by precision otherwise."""
    terms = terms_for(inputs, rules, pass_mark, pattern, wanted)
    stakes, target = terms.stakes, 1.0 if terms.never else terms.target
    assumed = [_say("plan.assumed")] if stakes and inputs.usually_checked.falling and not inputs.falling else []
    mark, basis = _size(terms, rules, target, more)
    sizes = sorted({*rules.sizes, mark} - {0})
    valued = sizes_valued(terms.expected, stakes, sizes, target) if stakes else ()
    widths = tuple(Width(n, *wilson(terms.expected.mean * n, n)) for n in sizes)
    return Plan(
        workflow=inputs.workflow.id,
        pattern=pattern,
        currency=inputs.currency,
        terms=terms,
        evpi=evpi(terms.expected, stakes, target) if stakes else None,
        sizes=valued,
        widths=widths,
        mark=mark,
        mark_twice=math.ceil(mark * rules.double_marked),
        basis=basis,
        why=" ".join([_why(mark, basis, inputs.currency, valued, terms), *assumed]),
        marking_cost=mark * stakes.marking_cost if stakes else None,
        before=before or _NONE,
    )


def _size(terms: Terms, rules: Rules, target: float, more: int | None) -> tuple[int, Basis]:
    if more is not None:
        return more, "more" if more else "none"
    if terms.stakes is not None and not terms.strict:
        best = worth_marking(terms.expected, terms.stakes, rules, target, terms.most, rules.least_cases)
        return (best.n, "money") if best else (0, "none")
    ends = ((n, wilson(terms.expected.mean * n, n)) for n in rules.sizes)
    can = 1.0 if terms.never or not terms.strict else terms.target
    fine = next((n for n, (low, high) in ends if (high - low) / 2 <= rules.half_width and (can == 1 or wilson(n, n)[0] >= can)), rules.sizes[-1])
    return min(fine, terms.most), "precision"


def _why(mark: int, basis: Basis, currency: str, valued: tuple[PilotSize, ...], terms: Terms) -> str:
    needed = _say("plan.never") if terms.never else _say("plan.usual" if terms.source == "usual" else "plan.needed", target=percent(terms.target))
    if basis == "money":
        size = next(size for size in valued if size.n == mark)
        return _say("plan.money", needed=needed, cases=mark, worth=money(size.value, currency), cost=money(size.cost, currency))
    if basis == "none" and terms.never:
        return _say("plan.no_case", needed=needed)
    if basis != "precision":
        return _say(f"plan.{basis}", needed=needed, cases=mark)
    low, high = wilson(terms.expected.mean * mark, mark)
    return _say("plan.precision", needed=needed, cases=mark, points=round(50 * (high - low)))


_YES_NO, _SAMPLING = ("yes", "no"), ("random", "chosen")
_COLUMNS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "case": (8, ()), "input": (44, ()), "output": (44, ()), "right": (8, _YES_NO), "failure": (14, FAILURES),
    "fixed_by_text": (14, _YES_NO), "outcome": (11, OUTCOMES), "severity": (11, SEVERITIES), "segment": (14, ()),
    "minutes": (9, ()), "note": (36, ()), "marker": (10, ()), "arm": (9, ARMS), "sampling": (11, _SAMPLING),
}
"""Width in characters and the words to choose from, by column."""
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
    measured: Mapping[str, str | float] = field(default_factory=dict)
    """What was measured beside the answer, by column of marked results."""


def marking_sheet(plan: Plan, name: str, cases: Sequence[CaseToMark] = (), engagement: str = "") -> bytes:
    """The workbook for the pilot in `plan` of the workflow called `name`, with `cases` filled in or numbered lines.

    The same plan and cases give the same bytes. The second sheet of marks holds the cases that another person marks
    without seeing the first marks. What was agreed, and for whom in the `engagement` of that id, is kept in the workbook and read back with the marks.
    """
    todo = tuple(cases) or tuple(CaseToMark(str(number)) for number in range(1, plan.mark + 1))
    if len({case.case for case in todo}) < len(todo):
        raise UsageError("two cases to mark have the same name; give each its own")
    stream = io.BytesIO()
    with import_module("xlsxwriter").Workbook(stream, PLAIN) as book:
        book.set_properties({"title": _say("sheet.title", name=name), "created": datetime(2026, 1, 1)})  # noqa: DTZ001
        _instructions_sheet(book, plan, name)
        _marks_sheet(book, MARKS, todo)
        _marks_sheet(book, SECOND_MARKS, twice(todo, plan))
        _agreed_sheet(book, plan, engagement)
    return stream.getvalue()


def twice(cases: Sequence[CaseToMark], plan: Plan) -> tuple[CaseToMark, ...]:
    """The cases that a second person marks, spread evenly over all."""
    wanted = min(len(cases), math.ceil(len(cases) * plan.mark_twice / max(plan.mark, 1)))
    return tuple(cases[i * len(cases) // wanted] for i in range(wanted)) if wanted else ()


def instructions(plan: Plan, name: str) -> tuple[tuple[str, str], ...]:
    """What the expert is told: heading and text, in order."""
    values = {
        "name": name, "cases": plan.mark, "twice": plan.mark_twice, "first": MARKS, "second": SECOND_MARKS,
        "target": percent(min(plan.terms.target, 1)),
    }
    never = {"agreed": "agreed_never"} if plan.terms.never else {}
    parts = [key.split(".")[1] for key in Texts("pilots").all if key.startswith("guide.") and key.endswith(".head")]
    return tuple((_say(f"guide.{part}.head"), _say(f"guide.{never.get(part, part)}", **values)) for part in parts)


def _instructions_sheet(book: Any, plan: Plan, name: str) -> None:
    sheet = book.add_worksheet(_say("sheet.instructions"))
    title = book.add_format({"bold": True, "font_size": 16})
    head = book.add_format({"bold": True, "valign": "top"})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, _WIDTH)
    on_paper(sheet)
    sheet.write_string(0, 0, _say("sheet.heading", name=name), title)
    for row, (heading, said) in enumerate(instructions(plan, name), 2):
        sheet.set_row(row, _LINE * math.ceil(1.1 * len(said) / _WIDTH))
        sheet.write_string(row, 0, heading, head)
        sheet.write_string(row, 1, said, text)


def _marks_sheet(book: Any, name: str, cases: Sequence[CaseToMark]) -> None:
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EDEDED"})
    text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    sheet.freeze_panes(1, 1)
    on_paper(sheet)
    last = max(len(cases), 1)
    for column, (title, (width, words)) in enumerate(_COLUMNS.items()):
        hint = _say(f"hint.{title}")
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
    for column, title in enumerate(dict.fromkeys(name for case in cases for name in case.measured), len(_COLUMNS)):
        sheet.write_string(0, column, title, head)
        for row, case in enumerate(cases, 1):
            sheet.write(row, column, case.measured.get(title))


def _choice(title: str, words: Sequence[str], hint: str) -> dict[str, Any]:
    return {
        "validate": "list", "source": list(words), "input_title": title, "input_message": hint,
        "error_title": _say("sheet.list.title"), "error_message": _say("sheet.list.words", words=", ".join(words)),
    }  # fmt: skip


def _place(title: str) -> int:
    return list(_COLUMNS).index(title)


def _flag_missing_kind(book: Any, sheet: Any, last: int) -> None:
    amber = book.add_format({"bg_color": "#FFE8B3"})
    right, failure = (chr(ord("A") + _place(title)) for title in ("right", "failure"))
    criteria = f'=AND(${right}2="no",${failure}2="")'
    sheet.conditional_format(1, _place("failure"), last, _place("failure"), {"type": "formula", "criteria": criteria, "format": amber})


def _agreed_sheet(book: Any, plan: Plan, engagement: str) -> None:
    sheet = book.add_worksheet(AGREED)
    sheet.set_column(0, 1, 24)
    said = {"pass_mark": round(min(plan.terms.target, 1.0), 4), "cases": plan.mark} | ({"made_for": f"{engagement}/{plan.workflow}/{plan.pattern}"} if engagement else {})
    for row, pair in enumerate((("agreed", "value"), *said.items())):
        sheet.write_row(row, 0, pair)

"""Sheets that a client fills in alone, and the questionnaire: an XLSX file out, answers back in line by line, faulty lines named."""

import io
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from advisorkit.catalog.reading import load as load_catalog, measure
from advisorkit.files.disk import write_bytes
from advisorkit.files.spots import Spot
from advisorkit.files.tables import ReadRow, ReadTable, made_for, read_table
from advisorkit.files.texts import Texts, languages, speaking
from advisorkit.files.trees import shown
from advisorkit.files.workbooks import PLAIN, on_paper
from advisorkit.intake.wording import level_said, levelled, nothing, tongues
from advisorkit.values.criteria import TOPICS, Criterion
from advisorkit.values.engagement import Answer, Engagement
from advisorkit.values.messages import EngagementError, Fault, here, locale, nearest, on_line
from advisorkit.values.quantities import Estimate

_LOOK = {"font_name": "Arial", "font_size": 10, "font_color": "#14202B", "text_wrap": True, "valign": "top"}
_ROOM = {"locked": False, "bg_color": "#F2F5F8", "border": 1, "border_color": "#D5DADF"}

TEXTS = Texts("intake")
_AMOUNTS = frozenset({"answer", "up_to", "value", "low", "high"})
"""Columns that are filled in with amounts, by key of their head."""
Line = tuple[Sequence[str | float | None], str]
"""What stands in a line before its room, and the number format of its amounts; empty for the usual one."""


def form(
    path: str | Path, part: str, columns: Mapping[str, float], room: Collection[str], lines: Sequence[Line],
    fit: Callable[[Any, Any], None] | None = None,
) -> None:
    """Write a workbook with a guide and a sheet in which the columns `room` may be filled in.

    Args:
        path: The XLSX file to make; one that is there is replaced.
        part: How the keys of its texts begin, such as ``actuals.``.
        columns: Width in characters by key of a column's head.
        room: Columns that are filled in; they stand last.
        lines: What stands in the others.
        fit: Told of the book and the sheet, adds what may be chosen.

    Raises:
        OSError: If the file cannot be written.
    """
    stream, text = io.BytesIO(), TEXTS.all
    with import_module("xlsxwriter").Workbook(stream, PLAIN) as book:
        book.set_properties({"title": text[f"{part}title"], "created": datetime(2026, 1, 1)})  # noqa: DTZ001  same bytes each time
        _guide(book, part)
        sheet = book.add_worksheet(text[f"{part}sheet"])
        head = book.add_format(_LOOK | {"bold": True, "bottom": 1})
        for i, (name, width) in enumerate(columns.items()):
            sheet.set_column(i, i, width)
            sheet.write_string(0, i, text[part + name], head)
        on_paper(sheet)
        sheet.freeze_panes(1, 0)
        sheet.protect("", {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True})
        counts = book.add_format(_LOOK | _ROOM)
        looks = {shown: [book.add_format(_LOOK | more | ({"num_format": shown} if shown else {})) for more in ({}, _ROOM)] for _, shown in lines}
        for n, (said, shown) in enumerate(lines, 1):
            sheet.set_row(n, max(_high(word, width) for word, width in zip(said, columns.values(), strict=False)))
            for column, word in enumerate(said):
                write = sheet.write_blank if word is None else sheet.write_string if isinstance(word, str) else sheet.write_number
                write(n, column, word, looks[shown][0])
            for name in room:
                sheet.write_blank(n, list(columns).index(name), None, counts if name in ("cases", "people") else looks[shown][1])
        if fit:
            fit(book, sheet)
    write_bytes(path, stream.getvalue())


def _high(word: object, width: float, size: float = 10) -> float:
    """Points that a cell needs: a column is as wide as so many digits at size 11, which letters do not fill, though words break before its end."""
    return 1.3 * size * math.ceil(1.1 * len(str(word or " ")) * size / 11 / width)


def _guide(book: Any, part: str) -> None:
    sheet, text = book.add_worksheet(TEXTS.all[f"{part}guide"]), TEXTS.all
    sheet.set_column(0, 0, 100)
    sheet.hide_gridlines(2)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.write_string(0, 0, text[f"{part}guide"], book.add_format(_LOOK | {"bold": True, "font_size": 16}))
    line = book.add_format(_LOOK | {"font_size": 12})
    for i, words in enumerate((text[key] for key in text if key.startswith(f"{part}guide.")), 2):
        sheet.set_row(i, _high(words, 100, 12))
        sheet.write_string(i, 0, words, line)


def came_back(path: str | Path, part: str, heads: Collection[str], currency: str, what: str, *needed: str) -> tuple[ReadTable, str]:
    """A sheet that came back, and its language: that in which most of its `heads` stand, English where none does.

    Raises:
        EngagementError: If it cannot be read, or is not `what` it should be, as one of the heads that are `needed` is not there.
    """
    texts = {one: Texts("intake", one).all for one in languages()}
    known = {one: {text[part + name].casefold() for name in heads} for one, text in texts.items()}
    sheets, headings = [text[f"{part}sheet"] for text in texts.values()], frozenset().union(*known.values())
    counted = frozenset(text[part + name].casefold() for text in texts.values() for name in _AMOUNTS.intersection(heads))
    ours, amounts = (lambda head: head.casefold() in headings), (lambda head: head.casefold() in counted)
    table = read_table(path, sheets, ours, currency, amounts=amounts)
    language = max(texts, key=lambda one: len(known[one] & {head.casefold() for head in table.columns}))
    if missing := [head for name in needed if (head := texts[language][part + name]) not in table.columns]:
        raise EngagementError([Fault(table.file, on_line(table.line), f"is not {what}: it lacks {' and '.join(missing)} among its columns")])
    with speaking(language):
        point = locale().point
    if language != locale().language:
        table = read_table(path, sheets, ours, currency, point, amounts)
    own = [head for head in table.columns if head.casefold() not in headings and any(head in row.cells for row in table.rows)]
    said = f"{table.file}: not read, as {'this column was' if len(own) == 1 else 'these columns were'} added to the sheet: {shown(', '.join(own), 200)}"
    return replace(table, notices=(*table.notices, *([said] if own else []))), language


COLUMNS = ("code", "topic", "question", "help", "who", "answer", "up_to", "sure", "said_by", "note")
"""Columns of the sheet, by key of ``intake.yaml``."""

_WIDTHS = (16, 15, 46, 46, 14, 30, 14, 12, 18, 36)
_FILLED_IN = ("answer", "up_to", "sure", "said_by", "note")
ROLES = ("business", "IT", "legal", "finance")
"""Who may get a sheet of their own; finance answers about money, whoever else may know."""
_TOPIC_ROLES = {"economics": "finance"}


def asked(role: str = "") -> tuple[Criterion, ...]:
    """The questions of a questionnaire, in workshop order: all that can be asked, or those that a `role` can answer.

    Example:
        >>> any(row.derived for row in asked()), {row.who for row in asked(role="legal")}, {row.topic for row in asked(role="finance")}
        (False, {'legal'}, {'economics'})
    """
    rows = [row for row in load_catalog().criteria.values() if not row.derived and role in {"", row.who, _TOPIC_ROLES.get(row.topic)}]
    return tuple(sorted(rows, key=lambda row: TOPICS.index(row.topic)))


def new_questionnaire(path: str | Path, *, role: str = "", about: str = "") -> None:
    """Write an empty questionnaire: one line a question, lists with the client's own words, room for remarks.

    Args:
        path: The XLSX file to make; one that is there is replaced.
        role: Only the questions of one of `ROLES`.
        about: What `mark` says of the engagement or workflow that is asked about; stands in every line.

    Raises:
        OSError: If the file cannot be written.
    """
    rows = asked(role)
    first = [about] if about else []
    lines = [((*first, row.id, load_catalog().topics[row.topic], row.question, row.help, TEXTS.all.get(f"who.{row.who}", row.who)), "") for row in rows]
    columns = dict.fromkeys((ABOUT,) if about else (), 22) | dict(zip(COLUMNS, _WIDTHS, strict=True))
    form(path, "", columns, _FILLED_IN, lines, lambda book, sheet: _lists(book, sheet, rows, [*columns]))


ABOUT = "workflow"
"""Column that says what a questionnaire is about, by key of its head; it stands first, where there is one."""


def mark(engagement: str, workflow: str | None = None) -> str:
    """What is asked about: an engagement, or one workflow of it, by id.

    Example:
        >>> mark("northwind"), mark("northwind", "support")
        ('northwind', 'northwind/support')
    """
    return f"{engagement}/{workflow}" if workflow else engagement


def _lists(book: Any, sheet: Any, rows: Sequence[Criterion], columns: Sequence[str]) -> None:
    lists = book.add_worksheet("Lists")
    lists.hide()
    sure, answer, up_to = map(columns.index, ("sure", "answer", "up_to"))
    for line, row in enumerate(rows, 1):
        sheet.data_validation(line, sure, line, sure, {"validate": "list", "source": [TEXTS.all["know"], TEXTS.all["guess"]]})
        if row.words:
            labels = [*(level.label for level in row.levels), TEXTS.all["unknown"]]
            lists.write_row(line, 0, labels)
            source = f"=Lists!$A${line + 1}:${chr(ord('A') + len(labels) - 1)}${line + 1}"
            kind = "information" if row.unit else "stop"
            sheet.data_validation(line, answer, line, answer, {"validate": "list", "source": source, "error_type": kind})
        if row.unit:
            first = up_to if row.words else answer
            sheet.data_validation(line, first, line, up_to, _number(row))


def _number(row: Criterion) -> dict[str, Any]:
    return {
        "validate": "decimal", "criteria": "between", "minimum": row.minimum, "maximum": min(row.maximum, 1e15),
        "input_message": TEXTS.say("number", unit=here(row.unit or ""))[:255], "ignore_blank": True,
    }


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client or a model answered."""

    answers: Mapping[str, Answer]
    """Known answers and guesses by criterion id; what was left empty is absent."""
    faults: tuple[Fault, ...]
    """What could not be taken, each with its line; the rest came in."""
    notices: tuple[str, ...] = ()
    """What the user should know about the file."""


def read_questionnaire(path: str | Path, currency: str = "", about: str = "") -> Reply:
    """Answers in a questionnaire made by `new_questionnaire`, money in `currency`; its sheet may also come as a CSV file.

    Where `mark` of a workflow is given as `about`, a sheet that says that it is about something else is refused.

    Raises:
        EngagementError: If the file is not such a questionnaire, or that of something else, so that nothing can be taken from it.
    """
    table, language = came_back(path, "", (ABOUT, *COLUMNS), currency, "a questionnaire of advisorkit", "code", "answer")
    with speaking(language):
        criteria, text = load_catalog().criteria, TEXTS.all
    unmarked = _about(table, text[ABOUT], about) if about else []
    found, seen = dict[str, Answer](), dict[str, int]()
    for row in table.rows:
        name = _code(row, table.file, seen, found, text)
        if text["answer"] in row.cells:
            beside(row, text["question"], text["code"], {one.id: one.question for one in criteria.values()})
        said = None if name is None or row.faults else _line(row, criteria[name], text)
        if name and said is not None and not row.faults:
            found[name] = said
    faults = tuple(fault for row in table.rows for fault in row.faults)
    return Reply(found, faults, (*table.notices, *unmarked, *table.listener.heard))


def _about(table: ReadTable, head: str, about: str) -> list[str]:
    """What to say of a sheet that names nothing it is about; a line about something else gets a fault.

    Raises:
        EngagementError: If most of the sheet is about something else.
    """
    said = {row.line: (row, str(getattr(row.cells[head].node, "text", ""))) for row in table.rows if head in row.cells}
    other = [(row, name) for row, name in said.values() if name not in (about, about.partition("/")[0])]
    if 2 * len(other) > len(table.rows):
        raise EngagementError([Fault(table.file, on_line(table.line), made_for("workflow", other[0][1], about, head))])
    for row, name in other:
        row.cells[head].fault(here("'{}' is not '{}', which is read here", shown(name, 80), about))
    return [] if said else [here("{}: does not say what it is about, so it was read as one of {}", table.file, about)]


def _code(row: ReadRow, file: str, seen: dict[str, int], found: dict[str, Answer], text: Mapping[str, str]) -> str | None:
    """Which question a line answers; of one that has two lines no answer of `found` counts."""
    spot = row.cells.get(text["code"])
    if spot is None:
        if not row.faults and text["answer"] in row.cells:
            row.faults.append(Fault(file, on_line(row.line), "holds an answer but no code, so the question is not known"))
        return None
    codes = [criterion.id for criterion in asked()]
    name = spot.word(codes, "code of a question")
    if name in seen:
        spot.fault(f"'{name}' was answered on line {seen[name]} already, so neither counts; keep one")
        found.pop(name, None)
        return None
    if name is not None:
        seen[name] = row.line
    return name


def beside(row: ReadRow, shown: str, code: str, known: Mapping[str, str]) -> None:
    """Refuse a line in which another's words of `known`, by code, stand under the head `shown`, as after a column was sorted by itself."""
    name, words = (str(getattr(row.cells[head].node, "text", "")) if head in row.cells else "" for head in (code, shown))
    if words and words != known.get(name, words) and (owner := next((one for one, said in known.items() if said == words), "")):
        row.cells[code].fault(f"'{name}' stands beside the words of '{owner}'; put every code beside its own line again")


def _line(row: ReadRow, criterion: Criterion, text: Mapping[str, str]) -> Answer | None:
    cells = {key: row.cells[label] for key, label in text.items() if label in row.cells}
    value = _value(cells, criterion)
    if value and value.unknown and "note" not in cells:
        return None
    certain, guesses = ([Texts("intake", one).say(key) for one in tongues()] for key in ("know", "guess"))
    words, spot = [certain[0], guesses[0], *certain[1:], *guesses[1:]], cells.get("sure")
    typed = next((one for one in words if spot and one.casefold() == str(getattr(spot.node, "text", "")).casefold()), None)
    sure = typed or (spot.word(words, "choice") if spot else guesses[0] if value and value.confidence == "guess" else certain[0])
    confidence: Literal["known", "guess"] = "guess" if sure in guesses else "known"
    said_by, note = ((cells[key].text() or "") if key in cells else "" for key in ("said_by", "note"))
    return replace(value, confidence=confidence, said_by=said_by, note=note) if value else None


def _value(cells: Mapping[str, Spot], criterion: Criterion) -> Answer | None:
    spot, end = cells.get("answer"), cells.get("up_to")
    if spot is None:
        if end is not None:
            end.fault(f"{end.seen} is the larger end of a range whose smaller end is missing")
        return None if end is not None else Answer()
    word = spot.text() or ""
    if criterion.words and (level := level_said(word, criterion)):
        if end is not None:
            end.fault("a choice from the list has no larger end")
        return levelled(level, word)
    if nothing(word):
        return Answer()
    if criterion.unit is None:
        labels = [level.label for level in criterion.levels]
        near = nearest(word, labels)
        spot.fault(f"{spot.seen} is not in the list of answers{'' if near else ': ' + ' | '.join(labels)}", near)
        return None
    unit = measure(criterion.unit, criterion.label)
    low = spot.estimate(criterion.minimum, criterion.maximum, unit)
    high = None if end is None else end.estimate(criterion.minimum, criterion.maximum, unit)
    if low is None or (end is not None and high is None):
        return None
    if high and low.low > high.high:
        spot.fault(f"is not a range: {low.low:g}, {high.high:g} must rise from low to high")
        return None
    return Answer(amount=low if high is None else Estimate.of([low.low, high.high]))



def together(replies: Mapping[str, Reply]) -> Reply:
    """Several people's replies as one; `replies` are by the name of each, which stands where a line names nobody.

    Where two known answers differ, both stand as a disagreement with their names; nobody's answer is lost.
    """
    found: dict[str, Answer] = {}
    differ, told = list[str](), list[str]()
    for name, reply in replies.items():
        for criterion, said in reply.answers.items():
            one = replace(said, said_by=said.said_by or name)
            guess, known = sorted((found.get(criterion, one), one), key=lambda answer: answer.confidence)
            if guess.confidence != known.confidence and guess.value != known.value and not (guess.unknown or known.unknown):
                told.append(f"{criterion}: {known.spoken} is known and stays; the guess of {guess.spoken} is left out")
            found[criterion] = found[criterion].beside(one) if criterion in found else one
            if "(" in found[criterion].said_by and criterion not in differ:
                differ.append(criterion)
    told += [f"{name}: people differ, both stand: {found[name].said_by}" for name in differ]
    parts = list(replies.values())
    return Reply(found, tuple(fault for one in parts for fault in one.faults), (*(notice for one in parts for notice in one.notices), *told))


@dataclass(frozen=True, slots=True)
class Pending:
    """A guess that somebody is to confirm."""

    workflow: str
    """Its workflow's id."""
    criterion: str
    """What was guessed."""
    who: str
    """Who can confirm it: of the team, whoever has the question's role; else the role."""
    by: str
    """Day by which, as written in files; empty when none was agreed."""


def pending(engagement: Engagement) -> tuple[Pending, ...]:
    """The guesses of an engagement, those with the nearest day first.

    Example:
        >>> from datetime import date
        >>> from advisorkit.values.engagement import Workflow
        >>> from advisorkit.values.people import Member
        >>> flow = Workflow("w", "W", {"regulated": Answer(("no",), confidence="guess")})
        >>> pending(Engagement("a", "A", "EUR", date(2026, 11, 20), workflows=(flow,), team=(Member("Ann", "Legal counsel"),)))[0].who
        'Ann'
    """
    criteria = load_catalog().criteria
    found = [
        Pending(workflow.id, name, confirmer(engagement, criteria[name].who), said.confirm_by.isoformat() if said.confirm_by else "")
        for workflow in engagement.workflows for name, said in engagement.answers_of(workflow).items() if said.confidence == "guess"
    ]
    return tuple(sorted(found, key=lambda one: one.by or "9999"))


def confirmer(engagement: Engagement, who: str) -> str:
    """Who can say it: of the team, whoever has the role `who` (``business``, ``IT``, ``legal``); else that role."""
    able = (one.name for one in engagement.team if who.casefold() in f"{one.role} {one.part}".casefold().split())
    return next(able, TEXTS.all.get(f"who.{who}", who))

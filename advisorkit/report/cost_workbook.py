"""The cost workbook: what workflows cost as sheets whose formulas are the model's own, so that inputs move."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isfinite, isnan, nan
from typing import Any

from advisorkit.costs.assumption import known
from advisorkit.costs.columns import columns as costed
from advisorkit.costs.flows import Column, scene
from advisorkit.costs.formulas import valued
from advisorkit.costs.money import sums
from advisorkit.costs.results import PARTS
from advisorkit.export.blocks import Block, SheetChart
from advisorkit.files.texts import spoken
from advisorkit.report.formula_cells import Grid, Live
from advisorkit.report.pictures import ruled_out
from advisorkit.report.printed import columns, say
from advisorkit.report.whole_pages import sample_words
from advisorkit.report.workbook_sheets import AMOUNTS, SUMS, TOP, Book, bill, cash, inputs
from advisorkit.study.programme import together
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.messages import EngagementError, PriceError
from advisorkit.values.places import or_nought
from advisorkit.values.quantities import sampled


@spoken
def cost_workbook(studies: Sequence[Study]) -> Iterator[Block]:
    """Sheets of every workflow that is priced, after one of all where there are several.

    Raises:
        PriceError: If no money is told, or something simpler fits every workflow.
    """
    priced = [study for study in studies if study.priced and not study.decision.replaced]
    if not priced:
        raise PriceError(say("workbook.none" if studies[0].priced else "workbook.unpriced"))
    books = [Book(study, str(n) if len(priced) > 1 else "") for n, study in enumerate(priced, 1)]
    made = [sheet for book in books for sheet in _sheets(book)]
    if len(led := [book for book in books if not book.study.decision.ended]) > 1:
        yield books[0].cells.sheet(_programme(led, studies))
    yield from made


def _sheets(book: Book) -> Iterator[Block]:
    """Sheets of one workflow, the summary first."""
    movable, results = _scenarios(book)
    book.scenarios = movable
    summary, steps = book.grid("summary", (19.0, *(10.5,) * 13)), book.grid("steps", (60.0, 18.0), "workbook.head.steps")
    grids = [summary, inputs(book, summary), bill(book), cash(book)]
    grids += [_cases(book, summary, results)] if results else []
    _summary(book, summary)
    book.cells.steps(grids, steps, TOP)
    yield from map(book.cells.sheet, [*grids, steps])


def _summary(book: Book, grid: Grid) -> None:
    """The decision, the controls, the money table, charts, break-even and checks."""
    study, first, changed = book.study, book.study.decision.destination, book.named("inputs_changed")
    title = (study.decision.gain or study.decision.headline).rstrip(".")
    if first in book.gaining:
        now = say("workbook.now", pattern=study.name(first), currency=study.currency).split("#")
        grid.put(0, 1, Live(f'IF({changed}=0,"{title}","{now[0]}"&FIXED({grid.at(TOP + book.shown.index(first), 10)},0)&"{now[1]}"&{book.named("horizon_months")}&"{now[2]}")', title), "title")
    else:
        grid.put(0, 1, title, "title")
    for place, label in ((1, "months"), (5, "discount"), (8, "change")):
        grid.put(4, place, say(f"workbook.{label}"), "strong")
    grid.put(4, 10, Live(f'IF({changed}=0,"{say("workbook.no_change")}",IF({changed}=1,"{say("workbook.differs")}",{changed}&" {say("workbook.differ")}"))', say("workbook.no_change")), "strong")
    grid.line(TOP - 1, 1, (book.unit, *columns("workbook.head.summary")), "head right")
    grid.cells[TOP - 1, 1] = book.unit, "head"
    for row, column in enumerate(book.shown, TOP):
        _row(book, grid, row, column)
    row = TOP + len(book.shown)
    for pattern in (pattern for pattern in PATTERNS if study.status(pattern) == "ruled_out"):
        grid.line(row, 1, (study.name(pattern), ruled_out(study.advice, pattern), *[""] * 12), "muted row")
        row += 1
    grid.put(row, 1, say("workbook.note"), "sub")
    _charts(book, grid, row + 2)
    _checks(book, grid, row + 18)


def _row(book: Book, grid: Grid, row: int, column: Column) -> None:
    """One way of working, rounded as the report rounds it."""
    money, study, digits = book.study.costs.money[column], book.study, 3 if book.study.printed.unit > 1 else 0
    added = {"outside": (2, 3), "staff": (5, 6), "all_in": (2, 3, 5, 6, 8)}
    grid.put(row, 1, study.name(column), f"row {column if column in PATTERNS else 'strong'}")
    for place, name in enumerate(AMOUNTS, 2):
        amount, look = book.study.printed.rows[column][name], "row right strong" if name in SUMS else "row right"
        if column == "today" and name in ("build", "run", "outside", "checking", "gain"):
            grid.put(row, place, say("money.base") if name == "gain" else "–", f"{look} muted")
        elif amount is None:
            grid.put(row, place, say("unknown"), f"{look} muted")
        else:
            formula = f"ROUND({book.named(f'{column}_{name}')},{-digits})"
            formula = f"{grid.at(TOP, 9)}-{grid.at(row, 9)}" if name == "gain" else f"SUM({','.join(grid.at(row, one) for one in added[name])})" if name in added else formula
            grid.put(row, place, Live(formula, or_nought(study.amount(column, name))), f"{look} {book.scale}{book.least(column, name)}")
    if column == "today" or money.gain is None:
        asked = [study.inputs.rows[name].assumption.label for name in money.missing]
        grid.line(row, 11, (say("workbook.ask", names=", ".join(asked)), "", "", "") if asked else ["–"] * 4, "row muted" if asked else "row muted right")
        return
    for place, value, style in ((11, money.gain.p10, book.scale), (12, money.gain.p90, book.scale), (13, sampled(or_nought(money.gain_chance)), "")):
        book.reported(grid, row, place, value, style)
    back = money.payback.likely if money.payback else None
    grid.put(row, 14, Live(book.named(f"{column}_payback"), say("money.beyond", months=study.months) if back is None else back), "row right whole")


def _charts(book: Book, grid: Grid, row: int) -> None:
    """Gain so far by month, and what the destination's gain is made of."""
    study, first = book.study, book.study.decision.destination
    if book.gaining:
        series = tuple((study.name(column), column, *book.gains[column]) for column in book.gaining)
        grid.charts.append(SheetChart("line", say("workbook.chart.gain", unit=book.unit), row, 1, 620, say("workbook.month_to", months=study.months), series, study.months))
    if first not in book.gaining:
        return
    ours, rows, unit = TOP + book.shown.index(first), book.study.printed.rows, book.study.printed.unit
    for place, (name, column) in enumerate({"staff": 7, "wrong": 8, "build": 2, "run": 3, "gain": 10}.items(), row + 2):
        saved = column in (7, 8)
        formula = grid.at(ours, column) if column == 10 else f"{grid.at(TOP, column) if saved else ''}-{grid.at(ours, column)}"
        amount = (rows["today"][name] or 0 if saved else 0) - (rows[first][name] or 0)
        more, fewer = say(f"workbook.made_of.more_{name}") if saved else "", say(f"workbook.made_of.{name}")
        grid.put(place, 9, Live(f'IF({grid.at(place, 11)}<0,"{more}","{fewer}")', more if amount < 0 else fewer) if saved else fewer, "muted")
        grid.put(place, 11, Live(formula, float(unit * (-amount if column == 10 else amount))), f"{book.scale} muted")
    cells = grid.at(row + 2, 9, row + 6), grid.at(row + 2, 11, row + 6)
    grid.charts.append(SheetChart("bar", say("workbook.made_of", pattern=study.name(first)), row, 8, 560, "", ((study.name(first), first, *cells),)))


def _checks(book: Book, grid: Grid, row: int) -> None:
    """What must hold whatever is typed, and what is still open."""
    money, changed, months = book.study.costs.money, book.named("inputs_changed"), TOP + len(book.found.months) + 1
    all_in, gain = ({column: book.named(f"{column}_{name}") for column in book.shown} for name in ("all_in", "gain"))
    whole = {column: amount for column in book.shown if not isnan(amount := float(valued(book.found.parts[column]["all_in"])))}
    tests = {
        "lines": {column: f"SUM({book.bills[column]})-{all_in[column]}" for column in whole if not money[column].unknown},
        "gain": {column: f"{all_in['today']}-{all_in[column]}-{gain[column]}" for column in book.gaining},
        "months": {column: f"{book.gains[column][1].rpartition(':')[0].rpartition('$')[0]}${months}-{gain[column]}" for column in book.gaining},
        "report": {column: f"IF({changed}=0,{all_in[column]}-{amount!r},0)" for column, amount in whole.items()},
    }
    grid.put(row, 1, say("workbook.checks"), "section")
    for name, differences in ((name, found) for name, found in tests.items() if found):
        row += 1
        holds = ",".join(f"ABS({difference})<0.005+0.000000000001*ABS({all_in[column]})" for column, difference in differences.items())
        _check(grid, row, Live(f'IF(AND({holds}),"✓","▲")', "✓"), say(f"workbook.check.{name}"), "row")
    guesses = sum(held.guess for name, held in book.study.inputs.rows.items() if name in book.found.inputs)
    unknown = [book.study.name(column) for column in book.shown if money[column].unknown]
    for name, found in (("guesses", guesses), ("unknown", ", ".join(unknown))):
        if found:
            row += 1
            _check(grid, row, "▲", say(f"workbook.check.{name}", found=found), "guess row")


def _check(grid: Grid, row: int, mark: Any, words: str, style: str) -> None:
    """One check, its mark beside its words."""
    grid.line(row, 2, (words, *[""] * 12), style)
    grid.put(row, 1, mark, f"{style} right")


def _scenarios(book: Book) -> tuple[dict[str, dict[str, float]], dict[str, Mapping[Column, Mapping[str, float]]]]:
    """What those scenarios change that formulas can follow, and what the model says of all, but for what a scenario rules out."""
    study, movable, results = book.study, dict[str, dict[str, float]](), dict[str, Mapping[Column, Mapping[str, float]]]()
    for name in () if study.engagement.scenario else study.engagement.scenarios:
        under = study.engagement.under(name)
        if under.workflow(study.workflow.id) == study.workflow:  # it is about others
            continue
        try:
            laid = replace(study, engagement=under, workflow=under.workflow(study.workflow.id))
            told = laid.inputs
            here = scene(told, told.likely())
            results[name] = {column: row for column, row in sums(here, costed(here)).items() if column not in book.shown or laid.status(column) != "ruled_out"}
        except (EngagementError, PriceError):  # what does not fit together or has no price is told by its own run
            continue
        changed = {key: held for key, held in told.rows.items() if held.value != study.inputs.rows[key].value and not held.worked_out}
        values = {key: held.range.likely for key, held in changed.items() if held.range and key in book.found.inputs}
        if len(values) == len(changed) and {*book.shown} <= {*results[name]}:
            movable[name] = values
    return movable, results


def _cases(book: Book, summary: Grid, results: Mapping[str, Mapping[Column, Mapping[str, float]]]) -> Grid:
    """Scenarios as the model told them, the choice among those that formulas can follow, and break-evens."""
    study, wide = book.study, len(book.shown)
    grid, case = book.grid("scenarios", (66.0, *(13.0,) * (2 * wide))), book.named("case")
    heads = [(column, name) for name in ("all_in", "gain") for column in (book.shown if name == "all_in" else book.gaining)]
    grid.line(TOP - 1, 1, ("", *(say(f"workbook.of_{name}", pattern=study.name(column)) for column, name in heads)), "head right")
    rows: list[tuple[str, Mapping[Column, Mapping[str, Any]]]] = [(say("workbook.as_reported"), book.found.parts)]
    rows += ((name, results[name]) for name in sorted(results, key=lambda name: name not in book.scenarios))
    for place, (name, found) in enumerate(rows):
        label = f"{place + 1} {name}" if place <= len(book.scenarios) else say("workbook.other_run", name=name)
        grid.put(TOP + place, 1, label, "row")
        for column, (of, part) in enumerate(heads, 2):
            if of not in found:
                grid.put(TOP + place, column, say("short.ruled_out"), "muted row right")
                continue
            whole = _all_in(book, found["today"]) - _all_in(book, found[of]) if part == "gain" else _all_in(book, found[of])
            figure = replace(study, beside=name if place else "").cite(whole, f"money.{of}.printed.{part}")
            grid.put(TOP + place, column, figure if known(valued(found[of].get(part, nan))) else say("unknown"), f"{book.scale}{book.least(of, part)} row right")
    row = TOP + len(rows)
    grid.put(row, 1, say("workbook.now_row"), "sum")
    for column, (of, part) in enumerate(heads, 2):
        here = summary.at(TOP + book.shown.index(of), 9 if part == "all_in" else 10)
        amount = study.amount(of, part)
        grid.put(row, column, Live(here, say("unknown") if amount is None else amount), f"sum {book.scale}{book.least(of, part)} right")
    if book.scenarios:
        grid.put(4, 1, say("workbook.case"), "strong")
        grid.put(4, 2, Live(f'IFERROR(MIN(MAX(VALUE(LEFT({case},FIND(" ",{case})-1)),1),{len(book.scenarios) + 1}),1)', 1.0), "whole right")
        grid.names.append((book.named("case_number"), 4, 2))
        summary.put(4, 12, say("workbook.case"), "strong")
        summary.put(4, 13, f"1 {say('workbook.as_reported')}", "typed")
        summary.names.append((case, 4, 13))
        summary.typed.append((4, 13, grid.at(TOP, 1, TOP + len(book.scenarios))))
    _break_even(book, grid, row + 2)
    return grid


def _all_in(book: Book, found: Mapping[str, Any]) -> float:
    """The sum of a row's known parts, each rounded as the report rounds it."""
    amounts = (float(valued(found[part])) for part in PARTS)
    return float(sum(round(amount / book.study.printed.unit) * book.study.printed.unit for amount in amounts if not isnan(amount)))


def _break_even(book: Book, grid: Grid, row: int) -> None:
    """How few minutes an item may save, and at which volume patterns cost the same."""
    grid.line(row, 1, (say("workbook.break_even"), ""), "head strong")
    minutes, here = book.found.inputs.get("minutes_saved"), book.found.here
    for column in book.gaining if minutes is not None else ():
        row += 1
        least = minutes - book.found.parts[column]["gain"] / (here.items * here.values["share_taken"] / 60 * here.values["hourly_cost"] * here.clock.months["calls"])
        now = (float(valued(least)) if valued(least) > 0 else say("workbook.at_none")) if isfinite(valued(least)) else "–"
        grid.put(row, 1, say("workbook.least_minutes", pattern=book.study.name(column)), "row")
        grid.put(row, 2, Live(f'IFERROR(IF({{0}}>0,{{0}},"{say("workbook.at_none")}"),"–")', now, (least,)), "row two right")
    for even in book.study.costs.break_even:
        if {*even.between} <= {*book.shown}:
            row += 1
            names = [book.study.name(column) for column in even.between]
            grid.put(row, 1, say("workbook.same_cost", first=names[0], second=names[1]), "row")
            if even.calls_per_month:
                book.reported(grid, row, 2, even.calls_per_month, "whole")
            else:  # to the left, where there is room for it
                grid.put(row, 2, Live(f'IF({book.named("inputs_changed")}=0,"{even.reason}","{say("workbook.again")}")', even.reason), "muted row")


def _programme(books: Sequence[Book], studies: Sequence[Study]) -> Grid:
    """All workflows with what their destinations cost and gain; platforms and documents that several share are paid once."""
    grid, engagement, last = Grid(say("workbook.tab.programme"), (2.0, 46.0, 14.0, *(15.0,) * 4), TOP), studies[0].engagement, TOP + len(books)
    client = ", ".join(filter(None, (engagement.client, sample_words(engagement))))
    for row, words in enumerate((say("workbook.title.programme"), client, say("workbook.lead.programme", currency=engagement.currency))):
        grid.put(row, 1, words, "sub" if row else "title")
    for place, words in enumerate(columns("workbook.head.programme"), 1):
        grid.put(TOP - 1, place, words, "head right" if place > 2 else "head")
    for row, book in enumerate(books, TOP):
        first = book.study.decision.destination
        grid.line(row, 1, (f"{book.number} {book.study.workflow.name}", book.study.name(first)), "row")
        money = book.study.costs.money[first]
        back = money.payback.likely if money.payback and money.payback.likely is not None else say("money.beyond", months=book.study.months)
        amounts = [None if figure is None else figure.likely for figure in (money.outside, money.all_in, money.gain)]
        for place, (name, amount) in enumerate(zip(("outside", "all_in", "gain", "payback"), (*amounts, back if first in book.gaining else None), strict=True), 3):
            grid.put(row, place, say("unknown") if amount is None else Live(book.named(f"{first}_{name}"), amount), f"whole{book.least(first, name)} row right")
    grid.line(last, 1, (say("workbook.sum"), *[""] * 5), "row sum")
    sums = dict[int, tuple[float, str]]()
    for place in (3, 4, 5):
        above = [grid.cells[row, place] for row in range(TOP, last)]
        style = "whole_least" if any("least" in look or not isinstance(told_, Live) for told_, look in above) else "whole"
        sums[place] = float(sum(float(told_.value) for told_, _ in above if isinstance(told_, Live))), f"{style} sum right"
        grid.put(last, place, Live(f"SUM({grid.at(TOP, place, last - 1)})", sums[place][0]), sums[place][1])
    joint = together(studies)
    if joint and joint.saved is not None:
        differ = "+".join(book.named("inputs_changed") for book in books)
        grid.line(last + 1, 1, (say("together.saved"), *[""] * 5), "row")
        grid.line(last + 2, 1, (say("workbook.shared_sum"), *[""] * 5), "sum")
        for place, saved in ((3, -joint.saved), (4, -joint.saved), *(((5, joint.saved),) if joint.counted else ())):
            grid.put(last + 1, place, Live(f'IF({differ}=0,{saved!r},"{say("workbook.again")}")', saved), "whole muted row right")
            grid.put(last + 2, place, Live(f'IF({differ}=0,SUM({grid.at(last, place)},{grid.at(last + 1, place)}),"{say("workbook.again")}")', sums[place][0] + saved), sums[place][1])
    return grid

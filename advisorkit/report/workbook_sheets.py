"""Sheets of the cost workbook that hold the model: inputs, the bill line by line, months."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from math import nan
from typing import Any

from advisorkit.costs.assumption import known, word_told
from advisorkit.costs.bill import Line
from advisorkit.costs.flows import TEXTS as COST_TEXTS, Column, Flow
from advisorkit.costs.formulas import Formulas, formulas, valued
from advisorkit.costs.inputs import Input
from advisorkit.costs.money import stays
from advisorkit.costs.results import PARTS
from advisorkit.report.cost_pages import in_unit, shown, source_of
from advisorkit.report.formula_cells import FormulaCells, Grid, Live
from advisorkit.report.printed import columns, say
from advisorkit.report.whole_pages import sample_words, scenario_words
from advisorkit.study.study import Study
from advisorkit.values.quantities import day, number

AMOUNTS = ("build", "run", "outside", "checking", "people", "staff", "wrong", "all_in", "gain")
"""Parts and sums of the money table, in its order."""
SUMS = ("outside", "staff", "all_in", "gain")
"""Those that are added up from others."""
TOP = 7
"""First row below the heads of columns."""
NAMES = 13
"""Column of the inputs that names the cells, for those who write formulas; it is not printed."""
CONTROLS = {"horizon_months": (4, 3), "discount_rate": (4, 6)}
"""Inputs that are typed on the summary, with row and column."""


@dataclass
class Book:
    """The workbook of one workflow in the making."""

    study: Study
    """The workflow."""
    number: str = ""
    """Its number where there are several."""
    scenarios: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What each scenario that can be chosen changes, by input."""
    cells: FormulaCells = field(default_factory=FormulaCells)
    """Where every number stands."""
    gains: dict[Column, tuple[str, str]] = field(default_factory=dict)
    """Cells of the months, and of what is gained by then, by column."""
    bills: dict[Column, str] = field(default_factory=dict)
    """Cells of every bill's lines, by column."""

    @cached_property
    def found(self) -> Formulas:
        """The model as formulas."""
        return formulas(self.study.inputs)

    @cached_property
    def shown(self) -> tuple[Column, ...]:
        """Today and what is not ruled out."""
        return tuple(column for column in shown(self.study) if self.study.status(column) != "ruled_out")

    @cached_property
    def gaining(self) -> tuple[Column, ...]:
        """Those whose gain is known."""
        return tuple(column for column in self.shown if "gain" in self.found.parts[column])

    @property
    def scale(self) -> str:
        """Style of amounts in the report's unit."""
        return "thousand" if self.study.printed.unit > 1 else "whole"

    @property
    def unit(self) -> str:
        """That unit in words."""
        return in_unit(self.study.currency, self.study.printed.unit)

    def named(self, name: str) -> str:
        """A cell's name, with the workflow's number where there are several."""
        return f"w{self.number}_{name}" if self.number else name

    def least(self, column: Column, name: str) -> str:
        """End of the style of an amount: that of a lower bound where something of it is not known."""
        parts = {"all_in": PARTS, "wrong": PARTS[4:], "outside": PARTS[:2], "staff": PARTS[2:4]}.get(name, ())
        return "_least" if {*parts} & {*self.study.costs.money[column].unknown} else ""

    def grid(self, sheet: str, widths: Sequence[float], head: str = "", left: Container[int] = (1,)) -> Grid:
        """A sheet with its title and heads, those of the columns `left` to the left."""
        grid = Grid(f"{self.number} {say(f'workbook.tab.{sheet}')}".strip(), (2.0, *widths), 0 if sheet == "summary" else TOP)
        study = self.study
        about = (study.engagement.client, study.workflow.name, *scenario_words(study.engagement), say("workbook.of", date=day(study.engagement.as_of)), sample_words(study.engagement))
        grid.put(0, 1, say(f"workbook.title.{sheet}"), "title")
        grid.put(1, 1, ", ".join(filter(None, about)), "sub")
        grid.put(2, 1, say(f"workbook.lead.{sheet}", unit=self.unit, currency=study.currency), "sub")
        for place, words in enumerate(columns(head) if head else (), 1):
            grid.put(TOP - 1, place, words, "head" if place in left else "head right")
        return grid

    def reported(self, grid: Grid, row: int, column: int, value: float | str, style: str) -> None:
        """A figure of the report that does not move, as a number or as it is printed; it says so as soon as an input differs."""
        if style == "thousand" and isinstance(value, float) and round(value / 1000) == 0:
            style = "nought"  # without the sign of less than half a thousand
        written = f'"{value}"' if isinstance(value, str) else repr(value)
        grid.put(row, column, Live(f'IF({self.named("inputs_changed")}=0,{written},"{say("workbook.again")}")', value), f"{style} muted right row")

    def amount(self, grid: Grid, row: int, column: int, number: Any, style: str, name: str = "", figure: object = None) -> None:
        """A number in the cell that others call it by, or that it is not known; what it is in the JSON documents is `figure`."""
        if name and known(valued(number)):
            grid.names.append((name, row, column))
        self.cells.place(number, name or grid.at(row, column))
        grid.put(row, column, told(number), f"{style} right row", figure)


def told(number: Any) -> Any:
    """A number, or that it is not known."""
    return number if known(valued(number)) else say("unknown")


def inputs(book: Book, summary: Grid) -> Grid:
    """Every input from which an amount follows: range, what is typed, what is used, its source, and what the gain is at its ends."""
    grid = book.grid("inputs", (40.0, 1.0, 9.0, 10.0, 9.0, 11.0, 11.0, 20.0, 54.0, 9.0, 9.0, 9.0, 30.0), "workbook.head.inputs", (1, 8, 9, NAMES))
    grid.printed = NAMES
    grid.put(TOP - 1, 8, columns("workbook.head.inputs")[7], "head indent")
    swings, rows, row = book.study.costs.tornado, book.study.inputs.rows, TOP
    bars = {bar.input: bar for bar in swings.bars} if swings and swings.against == "today" else {}
    lines = (number for column in book.shown for flow in book.found.paid[column] for number in (flow.total, flow.quantity, flow.price))
    sums = (number for column in book.shown for name, number in book.found.parts[column].items() if name in AMOUNTS)
    behind = book.found.behind((*lines, *sums, *(number for month in book.found.months for number in month.values()))) | {*CONTROLS}
    groups = {"controls": list(CONTROLS), "telling": [*swings.telling] if swings else []} | {held.assumption.topic: [*rows] for held in rows.values()}
    left = {name for name in book.found.inputs if name in behind}
    for group, members in groups.items():
        fresh = [name for name in members if name in left and group in ("controls", "telling", rows[name].assumption.topic)]
        left -= set(fresh)
        if fresh:
            grid.put(row, 1, say(f"workbook.group.{group}"), "section")
        for place, name in enumerate(fresh, row + 1):
            _input(book, grid, place, name, summary)
            if name in bars:
                book.reported(grid, place, 10, bars[name].low, book.scale)
                book.reported(grid, place, 11, bars[name].high, book.scale)
        row += len(fresh) + bool(fresh)
    grid.put(4, 1, say("workbook.changed"), "strong")
    grid.put(4, 4, Live(f"SUM({grid.at(TOP, 12, row - 1)})", 0.0), "whole strong")
    grid.names.append((book.named("inputs_changed"), 4, 4))
    _settled(book, grid, row)
    return grid


def _input(book: Book, grid: Grid, row: int, name: str, summary: Grid) -> None:
    held, node, rule = book.study.assumption(name), book.found.inputs[name], book.found.rules.get(name)
    likely, ends = float(node.value), [getattr(held.range, end) if held.range and not held.range.fixed else "–" for end in ("low", "high")]
    look = _look(held, likely)
    grid.line(row, 1, (held.assumption.label, ""), "row")
    grid.put(row, NAMES, book.named(name), "mono indent row")
    grid.line(row, 3, (ends[0], likely, ends[1]), f"{look} muted row right")
    grid.put(row, 4, likely, f"{look} strong row", held.range and held.range.likely)
    base, numbers = ("{0}", (rule,)) if rule is not None else (grid.at(row, 4), ())
    given = "FALSE"
    if name in {changed for scenario in book.scenarios.values() for changed in scenario}:
        values = [str(scenario.get(name, base)) for scenario in book.scenarios.values()]
        base = f"CHOOSE({book.named('case_number')},{base},{','.join(values)})"
        given = f"CHOOSE({book.named('case_number')},FALSE,{','.join(str(name in scenario).upper() for scenario in book.scenarios.values())})"
    if name in CONTROLS:
        yours = summary.put(*CONTROLS[name], Live(base, likely, numbers), f"typed strong {look}", held.range and held.range.likely)
        grid.put(row, 6, say("workbook.on_summary"), "sub row right")
    else:
        yours = grid.put(row, 6, "", f"typed {look}")
    kind = "months" if name == "horizon_months" else "above" if held.assumption.above_zero else held.assumption.kind
    (summary if name in CONTROLS else grid).typed.append((*CONTROLS.get(name, (row, 6)), kind))
    typed = f"MAX(0,MIN({yours},{len(book.found.months)}))" if name == "horizon_months" else yours
    grid.put(row, 7, Live(f"IF(ISNUMBER({yours}),{typed},{base})", likely, numbers), f"{look} row")
    grid.names.append((book.named(name), row, 7))
    book.cells.place(node, book.named(name))
    book.cells.place(node.given, f"OR(ISNUMBER({yours}),{given})")
    unit, words = held.assumption.unit_words(book.study.currency), source_of(book.study, held)
    grid.put(row, 8, unit, "sub indent row")
    grid.put(row, 9, f"{say('evidence.guess')}, {words}" if held.guess else f"{words}", "guess wrap middle row" if held.guess else "wrap middle row")
    grid.line(row, 10, ("", ""), "row")
    grid.put(row, 12, Live("IF(ABS({a}-{b})>0.000000001*ABS({b}),1,0)".format(a=grid.at(row, 7), b=grid.at(row, 4)), 0.0), "mark row")


def _look(held: Input, likely: float) -> str:
    ends = (held.range.low, held.range.high) if held.range else ()
    if held.assumption.in_percent:
        return "percent"
    return "whole" if likely >= 100 or all(end == int(end) for end in (likely, *ends)) else "two" if likely >= 1 else "figures"


def _settled(book: Book, grid: Grid, row: int) -> None:
    """What is not known, and what decides what is paid for at all: another value takes another run."""
    missing = {name for one in book.study.costs.money.values() for name in one.missing}
    rows = (book.study.assumption(name) for name, held in book.study.inputs.rows.items() if name not in book.found.inputs and (held.value is not None or name in missing))
    grid.put(row, 1, say("workbook.group.settled"), "section")
    for place, held in enumerate(rows, row + 1):
        value = held.range.likely if held.range else held.value
        grid.line(place, 1, (held.assumption.label, *[""] * 11), "row")
        if isinstance(value, float):
            grid.cells[place, 4] = value, f"row {_look(held, value)}"
            grid.put(place, 8, held.assumption.unit_words(book.study.currency), "sub indent row")
        else:
            grid.cells[place, 4] = say("unknown") if value is None else word_told(str(value)), "row"
        grid.cells[place, 9] = f"{source_of(book.study, held)}", "wrap middle row"


def bill(book: Book) -> Grid:
    """Every line once, with who pays it, then the parts that add up; each pattern's column adds up to all in."""
    grid = book.grid("bill", (46.0, 8.0, 24.0, 12.0, 12.0, 9.0, 14.0, *(14.0,) * len(book.shown)), "workbook.head.bill", (1, 2, 3))
    grid.line(TOP - 1, 8, [book.study.name(column) for column in book.shown], "head right strong")
    lines = {(line.column, line.component_id): line for line in book.study.bill.lines}
    flows = {id(flow): (flow, lines.get((column, flow.component_id))) for column in book.shown for flow in book.found.paid[column]}
    for row, (flow, line) in enumerate(flows.values(), TOP):
        _line(book, grid, row, flow, line)
    row = TOP + len(flows)
    for label, amount in zip(("stays", "mistakes"), stays(book.found.here, book.found.paid), strict=True):
        grid.line(row, 1, (say(f"workbook.{label}"), *[""] * 5), "row")
        book.amount(grid, row, 7, amount, "cents")
        grid.line(row, 8, ["" if column == "today" else told(amount) for column in book.shown], "cents row right")
        row += 1
    book.bills = {column: grid.at(TOP, place, row - 1) for place, column in enumerate(book.shown, 8)}
    for name in AMOUNTS:
        row += 1
        style = "sum" if name in SUMS else ""
        grid.line(row, 1, (say(f"workbook.part.{name}"), *[""] * 6), f"row {style}")
        for place, column in enumerate(book.shown, 8):
            if column == "today" and name in ("build", "run", "outside", "checking", "gain"):
                grid.put(row, place, "–", f"row {style} right")
            else:
                found = getattr(book.study.costs.money[column], name)
                book.amount(grid, row, place, book.found.parts[column].get(name, nan), f"cents {style}", book.named(f"{column}_{name}"), found and found.likely)
    return grid


def _line(book: Book, grid: Grid, row: int, flow: Flow, line: Line | None) -> None:
    words = (COST_TEXTS.say(f"component.{flow.component_id}"), say(f"workbook.phase.{flow.phase}"), COST_TEXTS.say(f"unit.{flow.unit_id}"))
    grid.line(row, 1, (*words, "", "", ""), "row")
    for place, name, content, style in ((4, "quantity", flow.quantity, "figures"), (5, "price", flow.price, "figures"), (6, "months", flow.months if flow.summed is None else nan, "two")):
        if known(valued(content)):
            book.amount(grid, row, place, content, style, "", getattr(line, name, None))
    if known(monthly := float(valued(flow.quantity) * valued(flow.price))) and known(valued(flow.total)) and flow.summed is not None:
        months = float(valued(flow.total)) / monthly if monthly else 0.0
        grid.put(row, 6, Live(f"IFERROR({grid.at(row, 7)}/({grid.at(row, 4)}*{grid.at(row, 5)}),0)", months), "two right row", line and line.months)
    book.amount(grid, row, 7, flow.total, "cents", "", line and line.amount)
    grid.line(row, 8, [told(flow.total) if any(flow is one for one in book.found.paid[column]) else "" for column in book.shown], "cents row right")


def cash(book: Book) -> Grid:
    """Each month: time, what leaves the house, and what has been gained so far."""
    table, last = book.found.months, TOP + len(book.found.months)
    profiles = list(table[0])
    stairs = {id(flow): flow for column in book.shown for flow in book.found.paid[column] if flow.stairs}
    users = {key: ", ".join(book.study.name(column) for column in book.shown if key in map(id, book.found.paid[column])) for key in stairs}
    known_ = [column for column in book.shown[1:] if all(known(valued(book.found.parts[column][part])) for part in ("build", "run"))]
    grid = book.grid("cash", (8.0, *(15.0,) * (len(profiles) + len(stairs) + len(known_) + 3 * len(book.gaining) + 1)))
    grid.put(TOP - 1, 1, say("workbook.month"), "head")
    for month in range(len(book.found.months) + 1):
        grid.put(TOP + month, 1, float(month), "whole row")
    told_: list[tuple[str, Sequence[Any], str]] = [
        (say("workbook.profile.later", months=number(key, 1)) if isinstance(key, float) else say(f"workbook.profile.{key}"), [0.0, *(month[key] for month in table)], "four") for key in profiles
    ]
    told_ += [
        (
            f"{users[key]}: {COST_TEXTS.say(f'component.{flow.component_id}')}",
            [0.0, *(flow.stairs.at(month["use"]) * month["month"] for month in table if flow.stairs)], "month",
        ) for key, flow in stairs.items()
    ]
    told_ += [(say("workbook.cash", pattern=book.study.name(column)), book.found.spent(column, outside=True), "month") for column in known_]
    for place, (label, amounts, style) in enumerate(told_, 2):
        _months(book, grid, place, label, amounts, style)
    drawn = 2 + len(told_) + 3 * len(book.gaining)
    for place, column in enumerate(book.gaining):
        _gained(book, grid, 2 + len(told_) + 3 * place, column, drawn)
    grid.put(TOP - 1, drawn, say("workbook.drawn"), "head right")
    for row in range(TOP, last + 1):
        grid.put(row, drawn, Live(f"MIN({grid.at(row, 1)},{book.named('horizon_months')})", float(min(row - TOP, book.study.months))), "whole row right")
    return grid


def _months(book: Book, grid: Grid, place: int, label: str, amounts: Sequence[Any], style: str) -> None:
    grid.put(TOP - 1, place, label, "head right")
    for row, amount in enumerate(amounts, TOP):
        book.amount(grid, row, place, amount, style)


def _gained(book: Book, grid: Grid, place: int, column: Column, drawn: int) -> None:
    """What a pattern gains by month, so far, and whether it is not yet paid back for good; a chart draws it over the months in column `drawn`."""
    amounts, name, last = book.found.gained(column), book.study.name(column), TOP + len(book.found.months)
    _months(book, grid, place, say("workbook.gained", pattern=name), amounts, "month")
    grid.line(TOP - 1, place + 1, (say("workbook.so_far", pattern=name), say("workbook.open")), "head right")
    so_far = list(accumulate(float(valued(amount)) for amount in amounts))
    waits, reported = list(accumulate((float(amount < 0) for amount in reversed(so_far)), max))[::-1], {one.month: one.likely for one in book.study.costs.money[column].so_far}
    for row, (amount, still) in enumerate(zip(so_far, waits, strict=True), TOP):
        before, after = f"{grid.at(row - 1, place + 1)}+" if row > TOP else "", f",{grid.at(row + 1, place + 2)}" if row < last else ""
        grid.put(row, place + 1, Live(f"{before}{grid.at(row, place)}", amount), "month row right", reported.get(row - TOP))
        grid.put(row, place + 2, Live(f"MAX(({grid.at(row, place + 1)}<0)*1{after})", still), "mark row")
    beyond = f'"{say("money.beyond", months="")}"&{book.named("horizon_months")}'
    back = Live(f"IF({grid.at(last, place + 2)}=1,{beyond},SUM({grid.at(TOP, place + 2, last)}))", say("money.beyond", months=book.study.months) if waits[-1] else sum(waits))
    for row, content in ((3, say("workbook.back")), (4, back)):  # one below the other: a page may end between two columns
        grid.put(row, place + 1, content, "whole strong right wrap")
    grid.names.append((book.named(f"{column}_payback"), 4, place + 1))
    book.gains[column] = grid.at(TOP, drawn, last), grid.at(TOP, place + 1, last)

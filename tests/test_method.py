"""The method page: written from the catalogue, whole, and never out of date."""

from __future__ import annotations

import re

import pytest

from advisorkit.catalog.reading import assumptions, load
from advisorkit.values.criteria import Criterion
from advisorkit.values.quantities import number
from docs.method import PAGE, page

CATALOG = load()
TEXT = page()


def test_the_page_in_the_docs_is_fresh() -> None:
    assert PAGE.read_text("utf-8") == TEXT, "the catalogue changed: run `make docs`"


def test_the_same_catalogue_gives_the_same_page() -> None:
    assert page() == TEXT


@pytest.mark.parametrize("criterion", CATALOG.criteria.values(), ids=lambda c: c.id)
def test_every_weight_is_printed_beside_the_experts(criterion: Criterion) -> None:
    section = TEXT.partition(f"(`{criterion.id}`)\n")[2].partition("\n#")[0]

    assert criterion.rationale in section
    for level in criterion.levels:
        weights = (level.expert[0], level.retrieval, level.expert[1], level.training)
        if any(weights):
            line = next(line for line in section.splitlines() if line.startswith(f"| {level.label} (`{level.id}`"))
            assert line.endswith(f"| {' | '.join(number(w, 1) for w in weights)} |")


def test_every_gate_pattern_and_source_is_printed() -> None:
    patterns = [*CATALOG.patterns.values(), *CATALOG.off_ramps.values(), *CATALOG.companions.values()]
    lines = TEXT.splitlines()

    assert all(any(gate.reason in line and gate.reopens in line for line in lines) for gate in CATALOG.gates)
    assert all(any(line.startswith(f"| **{pattern.name}** |") for line in lines) for pattern in patterns)
    assert all(any(line.startswith(f"| {source.key} | {source.title}") for line in lines) for source in CATALOG.sources.values())


def test_a_table_row_has_as_many_cells_as_its_head() -> None:
    width = 0
    for line in TEXT.splitlines():
        width = line.count("|") if line.startswith("|") and not width else width * line.startswith("|")
        assert not width or line.count("|") == width, line


def rows_after(heading: str) -> list[list[str]]:
    """Cells of the first table below a heading, without its head."""
    lines = TEXT.partition(f"{heading}\n")[2].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    end = next(i for i, line in enumerate(lines) if i > start and not line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start + 2 : end]]


def amount(cell: str) -> float:
    return float(cell.strip("*").replace(",", ""))


def test_a_controller_can_redo_the_bill_by_hand_from_the_page() -> None:
    """The numbers are the page's: shares and prices from its default table, months from its formulas."""
    *lines, total = rows_after("### A bill by hand")
    by_name = {line[0]: line for line in lines}
    default = {row[0].strip("`"): row[2].split(" / ") for row in rows_after("### Every default")}
    likely = {name: float(cells[len(cells) // 2].replace(",", "")) for name, cells in default.items() if cells[0][0].isdigit()}
    discount = (1 + likely["discount_rate"]) ** (-1 / 12)
    in_use = sum(min(t / likely["adoption_months"], 1) * discount**t for t in range(1, 37))
    evenly = sum(discount**t for t in range(1, 37))
    calls = 10_000 * (1 + likely["retry_share"])

    for line in lines:
        assert amount(line[1]) * amount(line[3]) * amount(line[4]) == pytest.approx(amount(line[5]), rel=1e-4, abs=0.006)
    assert sum(amount(line[5]) for line in lines) == pytest.approx(amount(total[5]), abs=0.1)
    assert amount(by_name["Model: output"][1]) == pytest.approx(calls * likely["output_tokens"] / 1e6)
    assert amount(by_name["Model: output"][4]) == pytest.approx(in_use, rel=1e-5)
    assert amount(by_name["Watching it run"][4]) == pytest.approx(evenly, rel=1e-5)
    assert amount(by_name["Checking by people"][1]) == pytest.approx(10_000 * likely["share_taken"] * 0.1 * 1.5 / 60), "at 1.5 minutes a check, as the page says where nobody answered"
    engineers = sum(amount(line[1]) for line in lines if line[0].startswith("Engineers"))
    assert amount(by_name["Project lead"][1]) == pytest.approx(likely["project_lead_share"] * engineers)
    assert amount(by_name["Your own people's hours"][1]) == pytest.approx(likely["client_hours"] * engineers)
    tokens = likely["instruction_tokens"] + likely["prompt_examples"] * (likely["input_tokens"] + likely["output_tokens"])
    minute = calls / (likely["active_hours"] * 60)
    hit = 1 - 2.718281828459045 ** (-minute * 60)  # an entry that lives an hour costs less here than one of five minutes
    assert amount(by_name["Model: input from the cache"][1]) == pytest.approx(calls * tokens * hit / 1e6, rel=1e-5)


def test_every_assumption_stands_in_the_table_of_defaults_with_a_source_and_every_formula_uses_known_names() -> None:
    table = {row[0].strip("`"): row for row in rows_after("### Every default")}
    formulas = TEXT.partition("## How a bill is worked out")[2].partition("### A bill by hand")[0]

    assert list(table) == list(assumptions())
    assert all(row[5] and re.fullmatch(r"\d+ [A-Z][a-z]+ 2026", row[6]) for row in table.values())
    assert set(re.findall(r"`([a-z_]+)`", formulas)) - table.keys() == set()


def test_every_reviewed_price_that_a_default_names_is_printed() -> None:
    printed = {row[0].strip("`") for row in rows_after("### Prices")}
    named = {one.price for one in assumptions().values() if one.price and "{" not in one.price}

    assert named <= printed

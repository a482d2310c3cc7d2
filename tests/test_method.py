"""The method page: written from the catalogue, whole, and never out of date."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisorkit.catalog.method import PAGE, main, page
from advisorkit.catalog.reading import load
from advisorkit.values.criteria import Criterion
from advisorkit.values.quantities import number

CATALOG = load()
TEXT = page(CATALOG)
KEPT = Path(__file__).parents[1] / PAGE


def test_the_page_in_the_docs_is_fresh() -> None:
    assert KEPT.read_text("utf-8") == TEXT, "the catalogue changed: run `make docs`"


def test_the_same_catalogue_gives_the_same_page(tmp_path: Path) -> None:
    main([str(tmp_path / "method.md")])

    assert (tmp_path / "method.md").read_text("utf-8") == TEXT


@pytest.mark.parametrize("criterion", CATALOG.criteria.values(), ids=lambda c: c.id)
def test_every_weight_is_printed_beside_the_experts(criterion: Criterion) -> None:
    section = TEXT.partition(f"(`{criterion.id}`)\n")[2].partition("\n#")[0]

    assert criterion.rationale in section
    for level in criterion.levels:
        weights = (level.expert_retrieval, level.retrieval, level.expert_training, level.training)
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

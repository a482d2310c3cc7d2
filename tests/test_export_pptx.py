"""The slides: native charts with the advice's own numbers, words that fit, the same bytes everywhere, on any master."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pptx import Presentation
from test_export_html import notebook, whole

from advisorkit.export.blocks import Done
from advisorkit.export.exporters import AdvisorPPTXExporter
from advisorkit.export.pptx import render
from advisorkit.report import slides
from advisorkit.report.job import Report, make_report
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.documents import advice_document, cost_document
from advisorkit.study.pilots import pilots_of

HERE = Path(__file__).parents[1]


@cache
def report(name: str) -> Report:
    path = samples.path(name)
    engagement = read(path)
    return make_report(engagement, pilots=pilots_of(engagement, path))


@cache
def made(name: str) -> bytes:
    return render(notebook(*report(name).cover, *slides(report(name)), Done()))


def opened(content: bytes) -> Any:
    return Presentation(io.BytesIO(content))


def titles(deck: Any) -> list[str]:
    return [slide.shapes.title.text_frame.text for slide in deck.slides]


def shapes(holder: Any) -> Iterator[Any]:
    for shape in holder:
        yield shape
        if shape.shape_type == 6:
            yield from shapes(shape.shapes)


def charts(deck: Any, kind: str) -> Iterator[Any]:
    for slide in deck.slides:
        yield from (shape.chart for shape in slide.shapes if shape.has_chart and shape.name == kind)


def sheet(chart: Any) -> list[tuple[Any, ...]]:
    """What stands in the workbook inside a chart."""
    return list(load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob), data_only=True).active.values)


@pytest.mark.parametrize("name", samples.names())
def test_every_slide_says_something_in_its_title(name: str) -> None:
    said = titles(opened(made(name)))

    assert all(len(title) > 8 for title in said)
    assert len(set(said)) == len(said)


def test_the_board_sees_the_advice_as_it_was_decided() -> None:
    study = report("marked-pilot").workflows[0]

    assert study.decision.headline.rstrip(".") in titles(opened(made("marked-pilot")))


def test_the_ranges_of_the_chart_are_those_of_the_costs() -> None:
    (chart,) = charts(opened(made("marked-pilot")), "Range chart")
    study = report("marked-pilot").workflows[0]
    document = cost_document(study.engagement, [study])["workflows"][0]["money"]

    by_name = {study.name(column): document[column]["all_in"] for column in ("today", *study.in_play)}
    told = {row[0]: row[6:] for row in sheet(chart)[1:]}

    assert told == {name: pytest.approx([amount[key] for key in ("p10", "p50", "p90")], rel=1e-14) for name, amount in by_name.items()}


def test_the_chances_of_the_chart_are_those_of_the_advice() -> None:
    (chart,) = charts(opened(made("marked-pilot")), "Bar chart")
    study = report("marked-pilot").workflows[0]
    document = advice_document(study.engagement, [study])["workflows"][0]

    assert dict(sheet(chart)[1:]) == {study.name(pattern): pytest.approx(found["probability"], rel=1e-14) for pattern, found in document["patterns"].items()}


@pytest.mark.parametrize("content", [lambda: made("marked-pilot"), lambda: render(whole())])
def test_every_chart_and_drawing_is_told_to_those_who_cannot_see(content: Any) -> None:
    for slide in opened(content()).slides:
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table or shape.shape_type in (6, 13):
                assert shape._element.xpath(".//p:cNvPr")[0].get("descr")


def test_the_exporter_gives_the_same_file() -> None:
    assert AdvisorPPTXExporter().from_notebook_node(whole())[0] == render(whole())


def test_the_file_is_the_same_on_every_machine_and_day(tmp_path: Path) -> None:
    code = "import sys; sys.path[:0] = ['tests']; from test_export_pptx import made; from hashlib import sha256; print(sha256(made('marked-pilot')).hexdigest())"
    found = {
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "TZ": zone, "PYTHONHASHSEED": seed}, cwd=HERE, capture_output=True, text=True, check=True).stdout
        for zone, seed in (("UTC", "1"), ("Asia/Tokyo", "2"))
    }

    assert len(found) == 1
    with zipfile.ZipFile(io.BytesIO(made("marked-pilot"))) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}

"""The roadmap: the solver's choice against every possible one, what is shared paid once, limits kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from html import escape
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run
from hypothesis import given, settings, strategies as st
from priced import engagement

from advisorkit.batch.runner import weigh_list
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.export.blocks import Table
from advisorkit.report import make_report, slides
from advisorkit.report.whole_pages import programme
from advisorkit.study.candidates import Candidate, Foundation, Freed, Weighed, candidate, drawn, joint, weigh_once, weighed
from advisorkit.study.documents import programme_document
from advisorkit.study.programme import selection, sound, weigh
from advisorkit.study.roadmap import beyond, fits, greedy, one_more, people, roadmap, worth
from advisorkit.study.study import Study, studies
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.messages import AdvisorError, UsageError
from advisorkit.values.people import Programme
from advisorkit.values.quantities import Estimate

amounts = st.integers(1, 200).map(float)


@st.composite
def lists(draw: st.DrawFn) -> list[Candidate]:
    """Two to five workflows; some share a platform or an index, some wait for one before, some free hours of one team."""
    names, made = "abcde"[: draw(st.integers(2, 5))], []
    hours, dear = draw(st.integers(20, 200)), draw(amounts) / 100
    for n, name in enumerate(names):
        shares = {part: Foundation(draw(amounts), draw(st.integers(1, 40)), {"engineers": draw(st.integers(0, 20))}) for part in ("platform", "manuals") if draw(st.booleans())}
        freed = Freed("Claims", draw(amounts), hours, dear) if draw(st.booleans()) else None
        cost = draw(amounts) + sum(part.cost for part in shares.values())
        after = tuple(names[: n][-1:]) if n and draw(st.integers(0, 3)) == 0 else ()
        made.append(Candidate(name, draw(amounts), draw(st.integers(0, 20)), cost, 1.0,
            {"engineers": draw(st.integers(0, 60)), "staff": draw(st.integers(0, 40))}, draw(st.integers(1, 2)), shares, after, freed))
    return made


programmes = st.builds(
    Programme, st.none() | st.integers(0, 500).map(float), st.dictionaries(st.just("engineers"), st.integers(0, 90).map(float)), st.none(), st.integers(1, 3)
)


def best(candidates: list[Candidate], programme: Programme) -> float:
    """Every choice and order, one after the other."""
    tries = product([None, *range(programme.quarters)], repeat=len(candidates))
    found = ({one.id: q for one, q in zip(candidates, places, strict=True) if q is not None} for places in tries)
    return max(worth(candidates, starts)[0] for starts in found if fits(candidates, starts, programme))


@settings(max_examples=50)
@given(lists(), programmes)
def test_no_choice_gains_more_than_the_solver_s(candidates: list[Candidate], programme: Programme) -> None:
    found = roadmap(candidates, programme)

    assert fits(candidates, found.starts, programme)
    assert found.gain == pytest.approx(best(candidates, programme), abs=1e-4)
    assert found.gap == pytest.approx(0, abs=1e-4)
    assert greedy(candidates, programme).gain <= found.gain + 1e-6


TWO = [
    Candidate("claims", 300.0, 0.0, 100.0, 10.0, {"engineers": 20.0}, shares={"platform": Foundation(50.0, 40.0, {"engineers": 10.0}), "manuals": Foundation(30.0, 20.0)}),
    Candidate("mail", 200.0, 0.0, 90.0, 10.0, {"engineers": 15.0}, shares={"platform": Foundation(45.0, 35.0, {"engineers": 8.0}), "manuals": Foundation(20.0, 25.0)}),
]


def test_a_shared_platform_and_index_are_paid_once_by_the_dearest_of_their_users() -> None:
    """Alone 300 and 200; together the cheaper platform (45) and index (20) need not be built: 500 + 45 + 20. Money: 190 − 35 − 20."""
    assert worth(TWO, {"claims": 0}) == (300.0, 100.0)
    assert worth(TWO, {"claims": 0, "mail": 1}) == (565.0, 135.0)
    assert worth(TWO, {"mail": 0}) == (200.0, 90.0)


def test_sharing_brings_both_under_a_budget_that_two_single_builds_would_break() -> None:
    assert roadmap(TWO, Programme(budget=134.0)).starts == {"claims": 0}
    assert roadmap(TWO, Programme(budget=135.0)).starts == {"claims": 0, "mail": 0}


def test_people_of_a_quarter_put_the_second_build_off_and_the_platform_falls_to_the_first() -> None:
    programme = Programme(people_per_quarter={"engineers": 30.0}, quarters=2)

    found = roadmap(TWO, programme)

    assert sorted(found.starts.values()) == [0, 1]
    assert people(TWO, {"claims": 0, "mail": 1}, "engineers", 2) == [30.0, 15.0]


def test_one_that_waits_for_another_begins_when_that_has_ended() -> None:
    first = Candidate("index", 1.0, 0.0, 10.0, 1.0, quarters=2)
    second = Candidate("search", 100.0, 1.0, 10.0, 1.0, after=("index",))

    assert roadmap([second, first], Programme(quarters=4)).starts == {"index": 0, "search": 2}
    assert roadmap([second, first], Programme(quarters=2)).starts == {"index": 0}
    assert roadmap([second], Programme(quarters=4)).starts == {}


def test_a_circle_is_refused_by_name() -> None:
    circle = of_two(a={"after": ("b",)}, b={"after": ("a",)})

    with pytest.raises(UsageError, match="wait for each other: a, b"):
        sound(circle)


def of_two(**changes: dict[str, Any]) -> Engagement:
    """An engagement of one workflow for each name, alike but for the changes."""
    base = engagement()
    return replace(base, workflows=tuple(replace(base.workflows[0], id=name, **change) for name, change in changes.items()))


def test_a_team_frees_no_more_hours_than_it_works() -> None:
    """Each alone frees under 200 hours a month; of 1.5 times what one frees, half of the second is not counted."""
    flow = {"context": {"department": "Claims", "owner": "Head of Claims"}}
    base = of_two(a=flow, b=flow)
    each = candidate(Study(replace(base, programme=Programme(team_hours={"Claims": 1e6})), base.workflows[0]))
    assert isinstance(each, Candidate)
    assert each.freed
    few = selection(studies(replace(base, programme=Programme(team_hours={"Claims": 1.5 * each.freed.hours})), {}))

    assert few.chosen.gain == pytest.approx(worth([replace(one, freed=None) for one in few.candidates], few.chosen.starts)[0] - each.freed.hours / 2 * each.freed.worth)
    assert sum(beyond(few.candidates, few.chosen.starts).values()) == pytest.approx(each.freed.hours / 2 * each.freed.worth)
    with pytest.raises(UsageError, match="no workflow's department or owner is Sales; there is Claims"):
        sound(replace(base, programme=Programme(team_hours={"Sales": 10.0})))


def test_a_list_is_weighed_alike_in_this_process_and_in_processes_of_its_own() -> None:
    found = of_two(a={}, b={"answers": {"calls_per_month": Answer(amount=Estimate.of(90_000))}})

    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        apart = weigh_list(found, {}, pool)

    assert apart == weigh_list(found, {})
    assert [one.share.id for one in apart] == ["a", "b"]


def test_rows_that_only_words_tell_apart_are_weighed_once_and_as_each_alone() -> None:
    base = of_two(a={}, b={})
    first = base.workflows[0]
    told = {"department": "Claims", "problem": "Long waits"}
    rows = (
        first, replace(first, id="c", name="Another name", notes={"calls_per_month": "as told"}, listed={"Vendor": "none"}, context=told),
        replace(first, id="d", context={"department": "Sales"}), replace(first, id="e", context={"target": "90 %"}),
        replace(first, id="f", answers={**first.answers, "calls_per_month": Answer(amount=Estimate.of(90_000))}),
    )
    found = replace(base, workflows=rows, programme=Programme(team_hours={"Claims": 40.0}))
    asked: list[str] = []

    def alone(several: Sequence[Workflow]) -> Iterator[Weighed]:
        asked.extend(one.id for one in several)
        return (weighed(Study(found, one)) for one in several)

    assert weigh_once(found, {}, alone) == weigh(found, {}) == tuple(weighed(Study(found, one)) for one in rows)
    assert asked == ["a", "c", "e", "f"], "d differs from a by a name and by a team whose hours nobody has told; those of Claims are known"


def test_what_is_wrong_with_a_workflow_is_told_from_a_process_of_its_own_as_from_this_one() -> None:
    found = of_two(a={"assumptions": {"model": "none:such"}})

    with ProcessPoolExecutor(1, get_context("spawn")) as pool, pytest.raises(AdvisorError) as apart:
        weigh_list(found, {}, pool)
    with pytest.raises(type(apart.value)) as here:
        weigh_list(found, {})

    assert str(apart.value) == str(here.value)


def test_a_sorted_list_is_beaten_where_a_large_one_fills_the_budget_better() -> None:
    """By gain for money small (3.0) comes before large (2.4): 90 for 30 against 240 for 100, under a budget of 100."""
    choice = [Candidate("small", 90.0, 0.0, 30.0, 1.0), Candidate("large", 240.0, 0.0, 100.0, 1.0)]

    assert greedy(choice, Programme(budget=100.0)).starts == {"small": 0}
    assert roadmap(choice, Programme(budget=100.0)).starts == {"large": 0}


def test_what_a_tenth_more_would_bring_is_told_for_every_limit() -> None:
    choice = [Candidate("small", 90.0, 0.0, 30.0, 1.0, {"staff": 5.0}), Candidate("large", 240.0, 0.0, 100.0, 1.0, {"staff": 5.0})]
    programme = Programme(budget=120.0, people_per_quarter={"staff": 100.0})

    assert one_more(choice, programme, roadmap(choice, programme)) == {"budget": pytest.approx(90.0), "staff": pytest.approx(0.0)}


def test_one_draw_of_a_price_holds_for_all_and_what_is_each_one_s_own_is_drawn_for_each() -> None:
    base = of_two(a={"assumptions": {}}, b={"assumptions": {}})
    found = replace(base, assumptions=engagement().workflows[0].assumptions)
    both = [Study(found, one) for one in found.workflows]
    one, other = (drawn(study.inputs) for study in both)

    assert np.array_equal(one["engineer_day_rate"], other["engineer_day_rate"])
    assert sorted(one["minutes_per_item"]) == sorted(other["minutes_per_item"])
    assert abs(np.corrcoef(one["minutes_per_item"], other["minutes_per_item"])[0, 1]) < 0.05

    shares = {name: Candidate(name, 0.0, 0.0, 0.0, 1_000.0) for name in "ab"}
    single, double = (joint(studies, shares, {"a": 0, "b": 0}, (0.0, 0.0), 2) for studies in (both[:1], both))
    assert 2 * single.gain.p10 < double.gain.p10 < double.gain.p90 < 2 * single.gain.p90
    assert double.cost.p90 < 2 * single.cost.p90
    ends = [(one, one.decision.destination) for one in both]
    paid = [1_000 + (one.usual_money[end].build.likely - 1_000) * (one.decision.prospects.reach[end] or 1.0) for one, end in ends]  # type: ignore[union-attr]
    assert double.cash[0].likely == pytest.approx(sum(paid))
    assert joint(both, shares, {"a": 0, "b": 0}, (500.0, 70.0), 2).gain.p50 == pytest.approx(double.gain.p50 + 500)
    assert joint(both, shares, {"a": 0, "b": 0}, (500.0, 70.0), 2).cost.p50 == pytest.approx(double.cost.p50 - 70)


# From a file to a programme

LIST = """id;name;calls_per_month;minutes_per_item;hourly_cost;cost_wrong;error_rate_today;citations;corpus_tokens;corpus;after
{rows}
"""
MAPPING = """advisorkit: 1
client: Sample Works
currency: EUR
as_of: 2026-11-20
columns: {}
programme: {budget: 120000, people_per_quarter: {engineers: 60}, start: 2027-01-01, quarters: 3}
"""


def listed(folder: Path, count: int) -> Path:
    """So many ideas: each with a volume and today's minutes, some with texts, every tenth with a name alone."""
    lines = [
        f"idea-{n};Idea {n};" + (
            ";;;;;;;;" if n % 10 == 9
            else f"{400 * (41 - count + n)};{9 + n % 5};{38 + n % 3};{5 + n % 4};0.05;"
                 f"{'required' if n % 4 == 0 else ''};{300_000 if n % 4 == 0 else ''};{'manuals' if n % 8 == 0 else ''};{'idea-1' if n == 2 else ''}"
        )
        for n in range(count)
    ]
    (folder / "ideas.csv").write_text(LIST.format(rows="\n".join(lines)), encoding="utf-8")
    (folder / "m.yaml").write_text(MAPPING, encoding="utf-8")
    return folder / "ideas.csv"


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return listed(tmp_path, 3)


def test_a_list_of_forty_becomes_a_programme_that_keeps_to_its_budget_and_people_and_a_document(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One command for the list, one for the document: the programme first, then a page for each that is chosen."""
    forty = listed(tmp_path, 40)
    mapping = forty.with_name("m.yaml")
    done = run("portfolio", forty, "--mapping", mapping, "--json")

    assert (done.exit_code, capfd.readouterr().out) == (0, ""), "the solver writes beside the document"
    found = json.loads(done.stdout)
    assert len(found["ranked"]) == 40
    assert sorted(found["chosen"] + [one["id"] for one in found["dropped"]]) == sorted(one["id"] for one in found["ranked"])
    assert 0 < found["sums"]["cost"] <= 120_000
    assert all(wave["days"]["engineers"] <= 60.001 for wave in found["waves"])
    assert [wave["start"] for wave in found["waves"]] == [f"2027-{3 * (wave['quarter'] - 1) + 1:02}-01" for wave in found["waves"]]
    assert {one["id"]: one["why"] for one in found["dropped"]}["idea-9"].startswith("Not rankable: ask for")
    assert found["sums"]["gain"] >= found["sums"]["by_hand"]
    assert set(found["sums"]["a_tenth_more"]) == {"budget", "engineers"}
    gain, paid = found["sums"]["gain_range"], found["cash"]
    alone = [one["gain_range"] for name in found["chosen"] for one in found["ranked"] if one["id"] == name]
    assert sum(one["p10"] for one in alone) < gain["p10"] < found["sums"]["gain"] < gain["p90"] < sum(one["p90"] for one in alone)
    assert [one["quarter"] for one in paid] == [1, 2, 3]
    assert all(0 <= one["p10"] <= one["p50"] <= one["p90"] for one in paid)

    made = run("report", forty, "--mapping", mapping, "--template", "portfolio", "--to", "html,pptx,xlsx", "--out", tmp_path / "out")

    assert made.exit_code == 0, made.output
    page = re.sub("</?data[^>]*>", "", (tmp_path / "out" / "ideas_portfolio.html").read_text(encoding="utf-8"))
    assert f"from {len(found['chosen'])} of 40 workflows" in page
    assert page.index("What to begin, and when") < page.index("What waits, and why")
    assert all(one["name"] in page for one in found["ranked"])
    begun = [one["headline"] for name in found["chosen"] for one in found["ranked"] if one["id"] == name]
    assert [page.count(escape(headline.partition(".")[0])) > 0 for headline in begun] == [True] * len(begun)


def test_of_many_workflows_that_wait_for_one_reason_the_page_names_the_first_and_says_how_many_there_are() -> None:
    base = of_two(a={})
    found = selection(studies(replace(base, workflows=tuple(Workflow(f"idea-{n}", f"Idea {n}") for n in range(1, 61))), {}))
    table = next(block for block in programme(found) if isinstance(block, Table) and block.title == "What waits, and why")

    assert [row[1].text for row in table.rows] == ["60 workflows: " + ", ".join(f"Idea {n}" for n in range(1, 51)) + " and others"]
    assert programme_document(found.engagement, found)["reasons"] == [{"why": table.rows[0][0].text, "workflows": 60}]


def test_a_list_too_long_for_pages_of_each_is_refused_at_once_and_its_portfolio_names_no_thousand_rows(tmp_path: Path) -> None:
    long = tmp_path / "long.csv"
    long.write_text("id,name,regulated\n" + "\n".join(f"idea-{n},Idea {n},{'yes' if n % 2 else 'no'}" for n in range(1, 252)), encoding="utf-8")
    refused = run("report", long, "--out", tmp_path / "out")

    assert refused.exit_code == 1
    assert "client_report of 251 workflows would fill hundreds of pages; the portfolio ranks them in one document" in " ".join(refused.output.split())
    assert not list((tmp_path / "out").glob("long*"))

    made = run("report", long, "--template", "portfolio", "--out", tmp_path / "out")

    assert made.exit_code == 0, made.output
    page = (tmp_path / "out" / "long_portfolio.html").read_text(encoding="utf-8")
    assert "1, 3, 5," in page
    assert ", 99 and others" in page
    assert "101, 103" not in page
    assert "Idea 51" not in page


@pytest.mark.parametrize("limits", [Programme(budget=60_000.0), None])
def test_the_client_s_report_and_slides_ask_for_what_the_portfolio_chooses(limits: Programme | None) -> None:
    told = make_report(replace(of_two(a={}, b={}), programme=limits), draws=2**8)

    assert told.overview[0] == told.programme[0] == next(slides(told))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("programme: {budget: 1}", "is below the cheapest next step"),
        ("programme: {people_per_quarter: {wizards: 3}}", "unknown role 'wizards'"),
        ("programme: {budget: many}", "programme.budget"),
        ("programme: {start: 9999-12-31}", "end beyond any calendar"),
        ("programme: {budget: 0}", "is below the cheapest next step"),
        ("programme: {people_per_quarter: {engineers: -3}}", "m.yaml"),
        ("programme: {quarters: 1}", "of 3 workflows"),
        ("programme: {start: 2025-01-01}", "programme.start: 2025-01-01 is more than a quarter before the day of the advice"),
    ],
)
def test_limits_that_cannot_be_met_or_read_are_told(line: str, words: str, three: Path) -> None:
    mapping = three.with_name("m.yaml")
    mapping.write_text(MAPPING.partition("programme")[0] + line + "\n", encoding="utf-8")

    assert words in " ".join(run("portfolio", three, "--mapping", mapping).output.split())


def test_a_workflow_that_waits_for_one_that_is_not_there_is_told(three: Path) -> None:
    three.write_text(three.read_text(encoding="utf-8").replace(";idea-1\n", ";idea-x\n"), encoding="utf-8")

    for command in (["portfolio"], ["report", "--template", "portfolio", "--out", three.with_name("out")]):
        told = run(command[0], three, "--mapping", three.with_name("m.yaml"), *command[1:])
        assert told.exit_code == 1, "a row fails alone"
        assert "after: 'idea-x' is no id or name of another row. Did you mean idea-" in " ".join(told.output.split())


def test_rows_of_two_clients_or_currencies_and_ids_given_twice_are_told(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("advisorkit: 1\nas_of: 2026-11-20\ncolumns: {}\n", encoding="utf-8")
    said = {}
    for name, rows in (("client", "a;A;X;EUR\nb;B;Y;EUR"), ("currency", "a;A;X;EUR\nb;B;X;USD"), ("twice", "a;A;X;EUR\na;B;X;EUR\nc;C;X;EUR\nd;D;X;EUR")):
        (tmp_path / "l.csv").write_text(f"id;name;client;currency\n{rows}\n", encoding="utf-8")
        said[name] = " ".join(run("portfolio", tmp_path / "l.csv", "--mapping", tmp_path / "m.yaml").output.split())

    assert "one document needs one client, not X, Y" in said["client"]
    assert "one document needs one currency, not EUR, USD" in said["currency"]
    assert "'a' is given 2 times" in said["twice"]
    assert "Whether 2 workflows pay for themselves is not known yet; the next steps cost about €" in said["twice"], "all rows that are left lack what ranks them"


def test_two_rows_that_say_the_same_are_asked_about_and_two_that_differ_by_a_number_are_not() -> None:
    base = of_two(**{name: {"name": told} for name, told in (("a", "Answer supplier mails"), ("b", "Answer mails, supplier"), ("c", "Plant 1 shift report"), ("d", "Plant 2 shift report"))})

    assert selection(studies(base, {})).alike == (("a", "b"),)


def test_a_long_programme_tells_of_each_what_the_advice_on_it_alone_tells() -> None:
    """With costs left as they are under other answers this one was firm in a list of more than twelve, and not yet clear alone."""
    said = {"calls_per_month": 13_856, "minutes_per_item": 20, "corpus_tokens": 20_000, "cost_wrong": 5, "error_rate_today": 0.02}
    told = {name: Answer(levels=(level,)) for name, level in (("private_knowledge", "none"), ("citations", "no"))}
    given = {name: Answer(amount=Estimate.of(value)) for name, value in said.items() if name in load_catalog().criteria}
    work = replace(engagement().workflows[0], answers=told | given, workload={}, assumptions={name: Estimate.of(value) for name, value in said.items() if name not in given})
    client = Engagement("x", "X", "EUR", date(2026, 12, 1), workflows=tuple(replace(work, id=f"w{n}") for n in range(13)))

    last, alone = weigh(client, {})[-1], Study(client, client.workflows[-1])

    assert not last.decision.clear
    assert (last.decision, last.rank) == (alone.decision, alone.rank)

"""The screens: which parts each workbook has and where they lie, and the document that all of them are drawn from."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from advisorkit.export.blocks import Cell, Table, Text
from advisorkit.report.cost_pages import money_table, said, whole
from advisorkit.report.printed import say
from advisorkit.report.whole_pages import consultants, programme
from advisorkit.screens import advising, controls, pages
from advisorkit.screens.advising import chart, earned, edited
from advisorkit.screens.controls import assumption_table
from advisorkit.screens.delivery import Delivery, deliver
from advisorkit.screens.parts import Doc, Look, Tree, block, blocks, lead, names, tell
from advisorkit.screens.work import Work
from advisorkit.store.reading import CONTEXT
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.messages import UsageError, nearest

layouts: Mapping[str, Tree] = {
    "assessment": (
        "ak-main ak-assessment",
        ("ak-left ak-leading", ("ak-stack", "question", "answers"), ("ak-stack ak-first", "blocks listed", "questions")),
        (
            "ak-right-side", "advice", ("ak-split ak-split-d", "chart shares", "chart right"), "verdict",
            ("ak-split ak-split-b", "chart map", "chart flips"), "chart waterfall", "chart path", "chart ranges", "blocks scenarios",
            "blocks brief",
        ),
    ),
    "costs": (
        "ak-main ak-costs",
        ("ak-left", "assumptions"),
        (
            "ak-right-side", "advice costs", "blocks bill",
            ("ak-split ak-split-f", "chart gains", "chart curves"), ("ak-split ak-split-e", "chart ranges", "chart cheapest"), "chart tornado", "blocks notes",
        ),
    ),
    "pilot": ("ak-main ak-pilot", ("ak-left", "results", "files"), (
        "ak-right-side", "advice pilot", "blocks figures", ("ak-split ak-split-g", "blocks found", ("ak-stack", "chart right", "chart shares")), "verdict", "chart path", "blocks pilot",
    )),
    "portfolio": (
        "ak-main ak-portfolio", "advice portfolio", "blocks sums", "blocks workflows", "blocks programme", ("ak-split ak-split-d", "chart workflows", "blocks together"), "led",
    ),
    "deliver": ("ak-main ak-deliver", ("ak-left", "formats"), ("ak-right-side", "advice deliver", "files", "blocks deliver")),
}  # fmt: skip
"""The layout of each workbook: boxes, each its class and what it holds, and parts by name; to be copied and changed."""
_PRESENTED: Mapping[str, Tree] = {
    "assessment": ("ak-main ak-assessment", ("ak-half", ("ak-above", "advice", "chart shares", "verdict"), "question"), ("ak-half", "chart map", "chart right")),
    "costs": ("ak-main ak-costs", ("ak-half", "advice costs", "chart cheapest", "blocks notes"), ("ak-half", "chart ranges")),
    "pilot": ("ak-main ak-pilot", "advice pilot", "blocks figures", ("ak-split ak-split-g", "blocks found", ("ak-stack", "chart right", "chart shares")), "verdict", "blocks pilot"),
    "portfolio": ("ak-main ak-portfolio", "advice portfolio", "blocks sums", "blocks workflows", "blocks programme", "chart workflows"),
    "deliver": ("ak-main ak-deliver", "advice deliver", "files", "blocks deliver"),
}
_UNPRICED: Tree = ("ak-main ak-portfolio", "advice costs")
SECTIONS = tuple(layouts)
"""Workbooks, in the order of a session."""
LOOSE = "parts"
"""What stands instead of a workbook where parts are placed one by one: no tabs, no presenter mode."""
_PAGE_OF = {name: page for trees in (_PRESENTED, layouts) for page, layout in trees.items() for name in names(layout)}
"""The workbook that works a part out, by the part's name."""


def tree(work: Work, look: Look) -> Tree:
    """What a screen that stands as `look` holds below its bar."""
    if own := look.layouts.get(look.section):
        return own
    if look.section == "costs" and not work.engagement.priced:
        return _UNPRICED
    return _PRESENTED.get(look.section, layouts[look.section]) if look.presenting else layouts[look.section]


def document(work: Work, look: Look, delivery: Delivery) -> dict[str, Any]:
    """What every part of a screen shows, from one study, so that none can disagree."""
    wanted, judged, found = names(tree(work, look)), work.judged(), dict[str, Any]()
    study = _previewed(work, look) if "results" in wanted else judged
    kept = work.judge(work.state.dropped()) if study is judged else judged
    drawn = [name for name in wanted if name.startswith("chart ") and name != "chart workflows"]
    for page in dict.fromkeys(page_of(name) for name in wanted if name not in ("bar", "verdict", *drawn)):
        found |= _PAGES[page](work, look, delivery)
    if study is not judged:
        found["advice"] = advising.advice(study, look) | {"when": tell("pilot.if_used")}
    found |= {"verdict": advising.verdict(study, look), **{name: chart(name.removeprefix("chart "), study, look, kept) for name in drawn}}
    found |= {name: _assumptions(work, look, name.partition(" ")[2]) for name in wanted if name.startswith("assumptions ")}
    lead = next((found[name] for name in wanted if name.startswith("advice")), None) or advising.advice(study, look)
    return {"bar": _bar(work, look, advising.read_out(lead, study)), **{name: found[name] for name in wanted if name in found}}


def page_of(name: str) -> str:
    """The workbook that works out the part called `name`.

    Raises:
        UsageError: If there is no such part; names the nearest.
    """
    if name.startswith("assumptions "):
        return "costs"
    if name not in _PAGE_OF:
        hint = nearest(name, list(_PAGE_OF))
        raise UsageError(f"no part '{name}'; " + (f"did you mean {' or '.join(hint)}?" if hint else f"there is {', '.join(_PAGE_OF)}"))
    return _PAGE_OF[name]


def _bar(work: Work, look: Look, spoken: str) -> Doc:
    engagement, state, time = work.engagement, work.state, f"{work.file.at:%H:%M}"
    return {
        "client": engagement.client, "sample": engagement.sample, "workflow": state.workflow,
        "workflows": [[w.id, w.name] for w in engagement.workflows], "sections": [[name, tell(f"section.{name}")] for name in SECTIONS if look.section != LOOSE],
        "section": look.section, "presenting": look.presenting, "scenario": state.scenario, "scenarios": list(state.engagement.scenarios),
        "tried": tell("scenarios.tried", name=state.scenario or tell("ui.base")) if state.workflow in state.tried else "",
        "trying": None if look.presenting else _trying(work), "undo": bool(work.past), "redo": bool(work.future), "spoken": spoken,
        "saved": tell("saved.not" if work.file.refused else "saved.at", time=time), "saved_words": tell("saved.words", time=time),
        "notices": [{"kind": n.kind, "words": n.words, "actions": [list(a) for a in n.actions]} for n in look.notices if n.kind != "info" or not look.presenting],
    }  # fmt: skip


def _trying(work: Work) -> Doc | None:
    """What is tried for the workflow on screen against what was kept; None while nothing is."""
    state = work.state
    if state.workflow not in state.tried:
        return None
    kept, study, here = work.judge(state.dropped()), work.judged(), state.scenario or tell("ui.base")
    changes = {name: f"{name}: {old} → {new}" for name, old, new in edited(kept, study) if old != new}
    figures = earned(kept, study, ("gain", "all_in"), "tried") if study.priced and kept.priced and not study.decision.replaced else ()
    return {
        "title": tell("scenarios.tried", name=here), "what": tell("tried.what", changes="; ".join(changes.values())), "figures": list(map(list, figures)),
        "keep": tell("tried.keep", name=here),
    }  # fmt: skip


def _assumptions(work: Work, look: Look, group: str = "") -> Doc:
    table = assumption_table(work.judged(), work.judge(work.state.dropped()), work.tried, look, group)
    return {**table, "tried": _trying(work) if look.section == LOOSE else None}


def _assessment(work: Work, look: Look, _: Delivery) -> Mapping[str, Doc]:
    study, state = work.judged(), work.state
    cases = {name: work.known(case) for name, case in state.cases.items()}
    known = {w.id: found for w in state.engagement.workflows if (found := work.known(replace(state, workflow=w.id)))} | {state.workflow: study}
    return {
        "advice": advising.advice(study, look), "question": controls.question(study, state, look),
        "blocks listed": blocks(pages.listed(
            state.engagement.workflows, known, state.workflow
        )), "answers": controls.answers(study, state, look), "questions": controls.questions(study, state, look), "blocks brief": controls.brief(study, look),
        "blocks scenarios": blocks(*([pages.side_by_side(cases, state.scenario)] if state.engagement.scenarios else ())),
    }  # fmt: skip


def _costs(work: Work, look: Look, _: Delivery) -> Mapping[str, object]:
    study = work.judged()
    if not study.priced:
        return {"advice costs": lead(say("money.none"))}
    lines = tuple(line for line in said(study) if line != study.decision.gain)  # the headline says that
    return {
        "advice costs": advising.cost_advice(study), "assumptions": _assumptions(work, look),
        "blocks bill": blocks(block(_bill(study, work.judge(work.state.dropped())), wide=True)), "blocks notes": blocks(*([block(Text(lines, "bullets"), wide=True)] if lines else ())),
    }  # fmt: skip


def _bill(study: Study, kept: Study) -> Table:
    """The table of money; while something is tried, the gains as kept stand beside those that are tried."""
    table = money_table(study)
    if kept is study:
        return table
    was = {kept.name(p): whole(gain, study.printed.unit) for p in PATTERNS if (gain := kept.gain(p)) is not None}
    head, *rows = ((*row[:10], cell, *row[10:]) for row, cell in ((table.head, Cell(tell("bill.kept"))), *((row, Cell(was.get(row[0].text, "–"), "muted")) for row in table.rows)))
    return replace(table, head=head, rows=tuple(rows), numeric=(*table.numeric, True))


def _pilot(work: Work, look: Look, _: Delivery) -> Mapping[str, Doc]:
    return pages.pilot(_previewed(work, look), work.file.results, look, preview=look.previewed(work.state.engagement) is not None)


def _previewed(work: Work, look: Look) -> Study:
    """The workflow on screen as it would be once the results that were read are used; as it is where none were."""
    read = look.previewed(work.state.engagement)
    return work.judge(replace(work.state, engagement=read)) if read else work.judged()


def _portfolio(work: Work, look: Look, _: Delivery) -> Mapping[str, Doc | None]:
    workflows = work.state.engagement.workflows
    found = {w.id: work.known(replace(work.state, workflow=w.id)) for w in workflows}
    parts = pages.together(workflows, {name: study for name, study in found.items() if study}, look)
    return {**parts, "blocks programme": _programme(work, look), "led": _led(work, look)}


def _programme(work: Work, look: Look) -> Doc:
    """What the solver chooses, as the report shows it; beside it, for the consultant alone, what that rests on."""
    try:
        chosen = work.programme()
    except UsageError as error:
        return blocks(block(Text((str(error),)), wide=True))
    pages = (programme(chosen), () if look.presenting else consultants(chosen)) if chosen else ()
    return blocks(*(block(*page, wide=True) for page in pages if page))


def _led(work: Work, look: Look) -> Doc:
    """Client, workflows and what is told about the one on screen, each to be typed over; with what was refused."""
    agreed, here = work.state.engagement, work.state.engagement.workflow(work.state.workflow)
    of_all = {"client": agreed.client, "currency": agreed.currency, "as_of": agreed.as_of.isoformat()}
    own = {"corpus": here.corpus, **{name: here.context.get(name, "") for name in CONTEXT}}
    fields = [[[name, tell(f"led.{name}"), value, "describe"] for name, value in group.items()] for group in (of_all, own)]
    return {
        "client": fields[0], "workflow": [["name", tell("led.name"), here.name, "rename_workflow"], *fields[1]], "title": tell("led.about", name=here.name),
        "workflows": [[w.id, w.name] for w in agreed.workflows], "here": here.id, "faults": dict(look.faults),
    }  # fmt: skip


def _deliver(work: Work, look: Look, delivery: Delivery) -> Mapping[str, Doc]:
    """The page of deliverables; they are made from what was agreed, so what is only tried must not count here either."""
    agreed = work.judge(replace(work.state, tried={}))
    return deliver(agreed, work.tried, str(controls.questions(agreed, work.state, look)["tally"]), look, work.file.brands, delivery)


_PAGES: Mapping[str, Callable[[Work, Look, Delivery], Mapping[str, object]]] = {
    "assessment": _assessment, "costs": _costs, "pilot": _pilot, "portfolio": _portfolio, "deliver": _deliver,
}  # fmt: skip

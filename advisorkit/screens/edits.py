"""Everything that a browser may ask for, by name; each edit checks again what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.catalog.tables import assumptions
from advisorkit.export.formats import RENDERERS
from advisorkit.screens.delivery import Delivery
from advisorkit.screens.showing import moved
from advisorkit.screens.sitting import Sitting
from advisorkit.screens.stage import SECTIONS
from advisorkit.screens.typed_in import amount
from advisorkit.study.pilots import read_pilot
from advisorkit.values.errors import AdvisorError, UsageError
from advisorkit.values.quantities import percent

Args = Mapping[str, Any]


def _hello(sitting: Sitting, args: Args) -> None:
    """A browser is there: lay the charts out for its width, and look at the file again."""
    width, theme = max(320, min(3840, int(args["width"]))), "dark" if args.get("theme") == "dark" else "light"
    sitting.stage = replace(sitting.stage, width=width, theme=theme)
    sitting.work.catch_up()
    sitting.refresh()


def _answer(sitting: Sitting, args: Args) -> None:
    value, before = args["value"], sitting.stage
    sitting.stage = replace(before, asked="")
    try:
        sitting.work.answer(
            str(args["criterion"]), [str(v) for v in value] if isinstance(value, list) else str(value),
            guess=bool(args.get("guess")), note=str(args.get("note", "")), private_note=str(args.get("private_note", "")),
        )
    except AdvisorError:
        sitting.stage = before
        raise


def _ask(sitting: Sitting, args: Args) -> None:
    name = str(args["criterion"])
    sitting.stand(asked=load_catalog().criterion(name).id if name else "")


def _part(sitting: Sitting, args: Args) -> None:
    """One of the three numbers of an assumption, or its word."""
    name, text = str(args["name"]), str(args["text"])
    row = sitting.work.judged().inputs.rows[name]
    value = moved(row, str(args["part"]), amount(text).likely) if row.assumption.numeric else text
    sitting.work.assume(**{name: value})


def _hold(sitting: Sitting, args: Args) -> None:
    """The user's hands are on one number: its other positions are worked out before they are asked for."""
    name, part = str(args["name"]), str(args["part"])
    sitting.held = (name, part) if name in assumptions() and part in ("low", "likely", "high") else None
    sitting.refresh()


def _turn(sitting: Sitting, args: Args) -> None:
    section = str(args.get("section", sitting.stage.section))
    asked = load_catalog().criterion(str(args["criterion"])).id if args.get("criterion") else ""
    sitting.stage = replace(sitting.stage, section=section if section in SECTIONS else sitting.stage.section, asked=asked)
    sitting.work.show(workflow=str(args["id"]))


def _section(sitting: Sitting, args: Args) -> None:
    if args["name"] in SECTIONS:
        sitting.held = None
        sitting.stand(section=str(args["name"]))


def _explore(sitting: Sitting, args: Args) -> None:
    others = sitting.stage.explored - {str(args["chart"])}
    sitting.stand(explored=others | {str(args["chart"])} if args["on"] else others)


def _load(sitting: Sitting, _: Args) -> None:
    """Take the file as somebody else left it."""
    work = sitting.work
    before, engagement = work.state.engagement, work.desk.read_again()
    sitting.stage = replace(sitting.stage, notices=())
    if not engagement.of_same_client(before):
        sitting.delivery = Delivery(work.desk, sitting.delivery.tell)
    work.take(engagement)


def _mine(sitting: Sitting, _: Args) -> None:
    """Write this session's state over the file."""
    sitting.work.desk.take_over()
    sitting.stand(notices=())


def _make(sitting: Sitting, args: Args) -> None:
    formats = [str(name) for name in args["formats"] if name in RENDERERS]
    if not formats:
        raise UsageError("name at least one format")
    brand = str(args["brand"]) if args.get("brand") in sitting.brands else ""
    sitting.delivery.start(sitting.work.state.agreed, formats, brand)
    sitting.refresh()


def _fetch(sitting: Sitting, args: Args) -> None:
    path = str(args["path"])
    sitting.send_file(path.rpartition("/")[2], sitting.delivery.read(path))


def _read(sitting: Sitting, args: Args) -> None:
    """Marked results into the engagement."""
    name, typed = str(args["file"]), str(args.get("mark", "")).strip()
    if name not in sitting.results:
        raise UsageError("choose a file that lies beside the engagement")
    plan, state, file = sitting.work.judged().plan, sitting.work.state, sitting.work.desk.path
    share = _share(typed, plan.terms.target)
    found = read_pilot(
        sitting.folder / name, state.engagement, file, state.workflow, pattern=plan.pattern, pass_mark=share, reason=str(args.get("reason", ""))
    )
    sitting.work.take(found.engagement)


def _share(typed: str, proposed: float) -> float | None:
    """The pass mark in the field; as the sheet carries it when it stands there as it was proposed."""
    if typed == percent(proposed):
        return round(proposed, 4)
    mark = amount(typed).likely if typed else None
    return mark if mark is None or mark <= 1 else mark / 100


EDITS: Mapping[str, Callable[[Sitting, Args], None]] = {
    "hello": _hello,
    "answer": _answer,
    "assume_part": _part,
    "focus": _hold,
    "reset": lambda s, args: s.work.reset(str(args["name"])),
    "keep": lambda s, _: s.work.keep(),
    "drop": lambda s, _: s.work.drop(),
    "undo": lambda s, _: s.work.undo(),
    "redo": lambda s, _: s.work.redo(),
    "park": lambda s, args: s.work.park(str(args["criterion"])),
    "ask": _ask,
    "room": lambda s, args: s.work.invite(str(args["who"]), there=bool(args["there"])),
    "scenario": lambda s, args: s.work.show(scenario=str(args["name"])),
    "new_scenario": lambda s, args: s.work.scenario(str(args["name"])),
    "workflow": _turn,
    "section": _section,
    "present": lambda s, args: s.stand(presenting=bool(args["on"])),
    "rows": lambda s, args: s.stand(every_row=bool(args["every"])),
    "explore": _explore,
    "load": _load,
    "mine": _mine,
    "make": _make,
    "fetch": _fetch,
    "pilot": _read,
    "dismiss": lambda s, _: s.stand(notices=()),
}
"""Edits by name."""

"""Everything that a browser may ask for, by name; each edit checks again what it is given and returns how the screen then stands."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from advisorkit.catalog.reading import load as load_catalog, measure
from advisorkit.costs.assumption import TOPICS
from advisorkit.export.formats import RENDERERS
from advisorkit.files.numbers import Listener
from advisorkit.pilots.judging import Choice
from advisorkit.pilots.planning import marking_sheet
from advisorkit.screens.controls import moved, ordered, scale_of, typed
from advisorkit.screens.delivery import Delivery, documents
from advisorkit.screens.led import amount, answer
from advisorkit.screens.parts import Look, tell
from advisorkit.screens.sections import SECTIONS
from advisorkit.screens.work import Work
from advisorkit.study.pilots import read_pilot
from advisorkit.values.engagement import Adopted, Answer
from advisorkit.values.messages import AdvisorError, PilotError, UsageError, here
from advisorkit.values.quantities import Estimate, percent

Args = Mapping[str, Any]
Change = Callable[[Work, Look, Delivery, Args], object]
"""Changes the work, or gives the `Look` of the screen afterwards, or both."""
_NARROW, _WIDE = 200, 3840
"""Pixels that a chart may be told to have."""


def _hello(work: Work, look: Look, delivery: Delivery, args: Args) -> Look:
    """A browser is there: lay the charts out for its widths, and look at the file again."""
    widths = {str(name).removeprefix("chart "): max(_NARROW, min(_WIDE, int(wide))) for name, wide in dict(args["widths"]).items()}
    ahead = work.started_ahead
    work.catch_up()
    if ahead:
        delivery.begin(work.file)
    return replace(_at(look, args.get("section")), widths=widths, theme="dark" if args.get("theme") == "dark" else "light")


def _answer(work: Work, look: Look, _: Delivery, args: Args) -> Look:
    name, value = str(args["criterion"]), args["value"]
    before = work.state.shown.answers_of(work.state.current).get(name, Answer())
    told = {field: str(args.get(field, getattr(before, field))) for field in ("note", "said_by", "private_note")}  # presenter mode has no fields for them
    said = before.amount if before.amount and value == typed(before.amount) else [str(v) for v in value] if isinstance(value, list) else str(value)
    work.answer(name, said, guess=bool(args.get("guess")), **told)
    return replace(look, asked="", echo=("", ""))


def _echo(work: Work, look: Look, _: Delivery, args: Args) -> Look:
    """What an amount would be taken for, while it is typed; nothing of what is none yet."""
    criterion, listener = load_catalog().criterion(str(args["criterion"])), Listener.of(work.engagement.currency)
    with suppress(AdvisorError):
        answer(criterion, str(args["text"]), Answer(), listener)
        return replace(look, echo=(criterion.id, "".join(listener.echoes)))
    return replace(look, echo=("", ""))


def _ask(_: Work, look: Look, __: Delivery, args: Args) -> Look:
    name = str(args["criterion"])
    return replace(look, asked=load_catalog().criterion(name).id if name else "")


def _settle(work: Work, args: Args, *, known: bool) -> None:
    """Take the guess at a question for known, or forget it."""
    own, name = work.state.engagement.workflow(work.state.workflow), str(args["criterion"])
    said = replace(own.answers[name], confidence="known")
    answers = {key: said if key == name else one for key, one in own.answers.items() if known or key != name}
    work.take(work.state.engagement.having(replace(own, answers=answers)))


def _adopted(work: Work, plan: str) -> Adopted:
    """A plan of checking in the name of the workflow's owner, with today's date; none that falls where a person decides each case."""
    if plan == "usual" and (why := work.judged().inputs.decides):
        raise UsageError(tell("fault.decides", why=why))
    owner = work.state.engagement.workflow(work.state.workflow).context.get("owner")
    return Adopted(plan, owner or work.engagement.client, datetime.now().astimezone().date())


def _part(work: Work, look: Look, _: Delivery, args: Args) -> Look:
    """One of the three numbers of an assumption, all of them where a range is typed, or its word."""
    name, text = str(args["name"]), str(args["text"])
    row = work.judged().inputs.rows[name]
    if not row.assumption.numeric:
        work.assume(**{name: _adopted(work, text) if name == "checking_plan" else text})
        return look
    part, ended = str(args["part"]), name in look.ended and name in work.tried
    listener, scale = Listener.of(work.engagement.currency), scale_of(row)
    unit = "%" if row.assumption.in_percent else row.assumption.unit_in("currency", "share")
    found = amount(text, measure(unit, row.assumption.label), listener)
    made = moved(row, part, found.likely, single=not ended) if found.fixed else Estimate(*(end / scale for end in (found.low, found.likely, found.high)))
    if found.fixed and made == row.range and name in work.tried:
        return look  # a browser sends Enter and the change that it makes
    if why := row.assumption.fits(made, *[percent] if row.assumption.in_percent else []):
        raise UsageError(tell("fault.fits", typed=text.strip(), why=why))
    work.assume(**{name: made})
    work.heard = (*listener.told, *(ordered(row, part, made) if found.fixed else ()))
    return replace(look, ended=look.ended | {name} if ended or part != "likely" else look.ended - {name})


def _turn(work: Work, look: Look, _: Delivery, args: Args) -> Look:
    asked = load_catalog().criterion(str(args["criterion"])).id if args.get("criterion") else ""
    work.show(workflow=str(args["id"]))
    return replace(_at(look, args.get("section")), asked=asked)


def _moved(work: Work, _: Look, __: Delivery, args: Args) -> None:
    """A workflow to the place of another in the list, or one up."""
    names = [workflow.id for workflow in work.state.engagement.workflows]
    here_now = names.index(str(args["id"]))
    names.insert(names.index(str(args["at"])) if "at" in args else max(here_now - 1, 0), names.pop(here_now))
    work.reorder(*names)


def _at(look: Look, section: object) -> Look:
    """Turned to another workbook; parts that were placed one by one stay what they are."""
    return replace(look, section=str(section)) if section in SECTIONS and look.section in SECTIONS else look


def _list(_: Work, look: Look, __: Delivery, args: Args) -> Look:
    which = str(args.get("which", look.listed))
    return replace(look, listed=which if which in ("matters", "changed", "all", *TOPICS) else look.listed, sought=str(args.get("sought", ""))[:80].strip())


def _explore(_: Work, look: Look, __: Delivery, args: Args) -> Look:
    others = look.explored - {str(args["chart"])}
    return replace(look, explored=others | {str(args["chart"])} if args["on"] else others)


def _load(work: Work, look: Look, delivery: Delivery, _: Args) -> Look:
    """Take the file as somebody else left it."""
    before, engagement = work.state.engagement, work.file.read_again()
    if not engagement.of_same_client(before):
        delivery.begin(work.file)
    work.take(engagement)
    return replace(look, notices=())


def _mine(work: Work, look: Look, _: Delivery, __: Args) -> Look:
    """Write this session's state over the file."""
    work.file.take_over()
    return replace(look, notices=())


def _make(work: Work, _: Look, delivery: Delivery, args: Args) -> None:
    formats, template = [str(name) for name in args["formats"] if name in RENDERERS], str(args.get("template", "client_report"))
    if why := next((why for name, _, why in documents(work.state.agreed) if name == template), "") if formats else here("name at least one format"):
        raise UsageError(why)
    delivery.start(work.final(), formats, str(args["brand"]) if args.get("brand") in work.file.brands else "", template)


def _read(work: Work, look: Look, _: Delivery, args: Args) -> Look:
    """Marked results, from a file beside the engagement or one that the browser sends; they are shown, and count once they are used."""
    name, sent = str(args["file"]), args.get("content")
    if sent is None and name not in work.file.results:
        raise UsageError(here("choose a file that lies beside the engagement, or one of yours"))
    with TemporaryDirectory() as folder:
        path = work.file.path.parent / name if sent is None else Path(folder) / _plain_name(name)
        if sent is not None:
            path.write_bytes(b64decode(str(sent), validate=True))
        plan, state = work.judged().plan, work.state
        try:
            found = read_pilot(
                path, state.engagement, work.file.path, state.workflow, pattern=plan.pattern, pass_mark=_share(str(args.get("value", "")).strip(), plan.terms.target),
                reason=str(args.get("reason", "")), choice=Choice(*(str(args.get(name, "")) for name in ("scorer", "model", "version", "threshold"))),
            )
        except PilotError as error:
            raise PilotError([replace(fault, file=path.name, message=_off_screen(fault.message)) for fault in error.faults], error.rows) from None
    work.heard = tuple(_off_screen(words.replace(str(path), path.name)) for words in found.results.notices)
    return replace(look, asks={}, read=(state.engagement, found.engagement))


def _off_screen(words: str) -> str:
    """What is said of results, without the options of the command line: on a screen there is a control for each."""
    return re.sub(r"(?<=[.;]) [^.;]*--(scorer|model|version|threshold)\b.*", "", words).rstrip(";").replace("--threshold", "threshold")


def _use(work: Work, look: Look, _: Delivery, __: Args) -> Look:
    if read := look.previewed(work.state.engagement):
        work.take(read)
    return replace(look, read=None, handed=False)


def _plain_name(name: str) -> str:
    """A file name that a browser sent, as one name of letters, digits and a few signs."""
    return re.sub(r"[^\w.-]+", "-", name.replace("\\", "/").rpartition("/")[2])[-80:].lstrip(".-") or "results.csv"


def _sheet(work: Work, look: Look, delivery: Delivery, _: Args) -> Look:
    """The marking sheet of the workflow on screen, for the browser to keep."""
    plan = work.judged().plan
    name = f"marks-{plan.workflow}{'' if plan.pattern == 'prompt' else f'-{plan.pattern}'}.xlsx"
    delivery.give(name, marking_sheet(plan, work.state.current.name, engagement=work.state.engagement.id))
    return replace(look, handed=True)


def _share(typed: str, proposed: float) -> float | None:
    """The pass mark in the field; as the sheet carries it when it stands there as it was proposed."""
    if typed == percent(proposed):
        return round(proposed, 4)
    mark = amount(typed, measure("share")) if typed else None
    if mark and not mark.fixed:
        raise UsageError(here("give one pass mark, such as {}", percent(0.85)))
    return None if mark is None else mark.likely / (1 if mark.likely <= 1 else 100)


EDITS: Mapping[str, Change] = {
    "hello": _hello,
    "answer": _answer,
    "echo": _echo,
    "assume_part": _part,
    "reset": lambda work, _, __, args: work.reset(str(args["name"])),
    "use_results": _use,
    "discard_results": lambda _, look, *__: replace(look, read=None),
    "keep": lambda work, *_: work.keep(),
    "drop": lambda work, *_: work.drop(),
    "undo": lambda work, *_: work.undo(),
    "redo": lambda work, *_: work.redo(),
    "park": lambda work, _, __, args: work.park(str(args["criterion"])),
    "ask": _ask,
    "accept": lambda work, _, __, args: _settle(work, args, known=True),
    "forget": lambda work, _, __, args: _settle(work, args, known=False),
    "ask_on": lambda _, look, __, ___: replace(look, asking_on=True),
    "room": lambda work, _, __, args: work.invite(str(args["who"]), there=bool(args["there"])),
    "scenario": lambda work, _, __, args: work.show(scenario=str(args["name"])),
    "new_scenario": lambda work, _, __, args: work.scenario(str(args["name"])),
    "workflow": _turn,
    "section": lambda _, look, __, args: _at(look, args["name"]),
    "present": lambda _, look, __, args: replace(look, presenting=bool(args["on"])),
    "list": _list,
    "explore": _explore,
    "load": _load,
    "mine": _mine,
    "make": _make,
    "fetch": lambda _, __, delivery, args: delivery.hand(str(args["path"])),
    "pilot": _read,
    "sheet": _sheet,
    "describe": lambda work, _, __, args: work.describe(**{str(args["name"]): str(args["value"])}),
    "add_workflow": lambda work, _, __, args: work.add_workflow(str(args["name"])),
    "copy_workflow": lambda work, _, __, args: work.copy_workflow(tell("led.copy_of", name=work.engagement.workflow(str(args["id"])).name), str(args["id"])),
    "rename_workflow": lambda work, _, __, args: work.rename_workflow(str(args["value"])),
    "delete_workflow": lambda work, _, __, args: work.delete_workflow(str(args["id"])),
    "move_workflow": _moved,
    "dismiss": lambda _, look, __, ___: replace(look, notices=()),
}
"""Edits by name."""

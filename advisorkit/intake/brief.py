"""A prompt for the language model that the client allows, and its reply read back as guesses.

With a model it goes in a few rounds, every quote checked, and its own reading stands beside them.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from importlib.resources import files
from json import JSONDecoder
from textwrap import dedent

from advisorkit.catalog.reading import load as load_catalog, measure
from advisorkit.catalog.vocabulary import answer
from advisorkit.files.amounts import either
from advisorkit.files.disk import fingerprint
from advisorkit.files.numbers import ONE, Listener, Measure, currencies, unclear
from advisorkit.files.spots import Spot
from advisorkit.files.texts import Texts
from advisorkit.files.trees import Node, parse_json, parse_yaml
from advisorkit.intake.questionnaire import Reply, asked
from advisorkit.intake.wording import level_said
from advisorkit.values.criteria import PATTERNS, Criterion
from advisorkit.values.engagement import Answer
from advisorkit.values.messages import AdvisorError, EngagementError, Fault, UsageError
from advisorkit.values.people import SecondReading

_NOTES = re.compile(r"\n={10}\n(.*)\n={10}\s*\Z", re.DOTALL)
_START = re.compile(r"^[ \t]*answers:(?![ \t]*\w)|\{\s*(?:\"brief\"\s*:\s*\"?\w*\"?\s*,\s*)?\"answers\"\s*:", re.MULTILINE)
_MARK = re.compile(r"^\W*brief\W{1,6}([0-9a-f]{8})\b", re.MULTILINE | re.IGNORECASE)
_HEAD = re.compile(r"^([ \t]*)\**answers\**:\**[ \t]*$", re.MULTILINE | re.IGNORECASE)
_SIGNS = str.maketrans({**dict.fromkeys("“”„«»", '"'), **dict.fromkeys("‘’‚‹›", "'"), **dict.fromkeys("–—", "-")})
_ORDER = re.compile(r"\b(ignore|disregard|forget|override)\b.{0,40}\b(instructions?|prompts?)\b", re.IGNORECASE)
_LEAST, _NEAR, _READ = 6, 0.25, 200
"""Fewest letters and digits of a quote that is not a whole line of the notes; share by which a figure may be off what the quote says; words of it that are looked at."""


def prompt(notes: str, about: str = "") -> str:
    """The text to give to the model: the questions that may be asked and the consultant's notes, `about` an engagement or a workflow by id.

    Example:
        >>> "citations: Must each answer" in prompt("Auditors want sources.")
        True
    """
    text = (files("advisorkit") / "data" / "text" / "en" / "brief.txt").read_text(encoding="utf-8")
    before, after = text.replace("{mark}", _mark(notes, about)).split("{notes}")
    return before.replace("{questions}", "\n".join(map(_question, asked()))) + notes.strip() + after


def notes_in(text: str) -> str | None:
    """The notes that a prompt made by `prompt` holds; None when `text` is not such a prompt.

    Example:
        >>> notes_in(prompt("Auditors want sources."))
        'Auditors want sources.'
    """
    found = _NOTES.search(text)
    return found[1] if text.startswith("advisorkit brief\n") and found else None


def _mark(notes: str, about: str) -> str:
    """What a reply says to be known as one to these notes, for that engagement or workflow."""
    return fingerprint(f"{about}\n{' '.join(notes.split())}".encode())[:8]


def notes_for(reply: str, sources: Collection[str], abouts: Collection[str], file: str) -> tuple[str, list[str]]:
    """The notes that a reply answers, and what to say where it or its prompt does not tell.

    Args:
        reply: The model's reply.
        sources: Prompts made by `prompt`, one of which it answers, or the notes themselves.
        abouts: The engagement and the workflow that take it, by id.
        file: Name of the reply for messages.

    Raises:
        EngagementError: If it answers other notes, or they were sent for another engagement or workflow.
        UsageError: If none or several of the sources may be meant.
    """
    said, fitting = {*map(str.lower, _MARK.findall(reply))}, dict[str, bool]()
    for source in sources:
        held = notes_in(source)
        notes = source if held is None else held
        valid, own = {_mark(notes, about) for about in abouts}, set() if held is None else {*_MARK.findall(source.partition("\n==========\n")[0])}
        if said | own <= valid | {_mark(notes, "")}:
            fitting[notes.strip()] = bool((said | own) & valid)
    if sources and not fitting:
        what = f"is the reply to another brief: its notes are not these, or were sent for something else than {' or '.join(abouts)}"
        raise EngagementError([Fault(file, "", f"{what}; put the prompt that it answers beside it, or name its notes with --notes")])
    if len(fitting) != 1:
        count = f"{len(fitting)} prompts" if fitting else "no prompt"
        raise UsageError(f"{count} made by 'advisorkit brief' beside {file}: name your notes with --notes, so that quotes can be checked")
    ((notes, tied),) = fitting.items()
    told = "which brief it answers, so it was read as a reply to these notes" if not said else "for which engagement its brief was made" if not tied else ""
    return notes, [f"{file}: does not say {told}"] if told else []


def choices(criterion: Criterion) -> list[str]:
    """The words of its answers with what they mean."""
    return [f"{level.id} ({level.label})" for level in criterion.levels]


def _question(criterion: Criterion) -> str:
    words = " | ".join(choices(criterion)) if criterion.words else ""
    number = f"a number of {criterion.unit}, or [low, high]" if criterion.unit else ""
    return f"- {criterion.id}: {criterion.question} Answer: {' or '.join(part for part in (words, number) if part)}"


def read_reply(text: str, notes: str, file: str = "reply", currency: str = "") -> Reply:
    r"""The guesses in a reply; what is not a criterion, not a level or not backed by the notes is a fault.

    Each guess has its quote as a private note and is to be confirmed by a person.

    Args:
        text: The model's reply: YAML as asked for or JSON, in a code fence or not, with any words around it.
        notes: The same notes that the prompt held; every quote must stand in them, white space aside.
        file: Name of the reply for messages.
        currency: Code of the money that amounts are in.

    Raises:
        EngagementError: If the reply holds no answers in the form asked for, or two sets of them, so that nothing can be taken from it.

    Example:
        >>> said = "answers:\n  citations: {value: required, quote: Auditors want sources}"
        >>> read_reply(said, "Auditors want sources.").answers["citations"].levels
        ('required',)
    """
    criteria, root = load_catalog().criteria, root_of(text, file, currency)
    found = {name: _guess(*one, criteria[name]) for name, one in quoted(root, criteria, "criterion", notes)}
    return Reply({name: guess for name, guess in found.items() if guess is not None}, tuple(root.faults), tuple(root.listener.told))


def root_of(text: str, file: str, currency: str = "") -> Spot:
    """The answers of a reply in YAML or JSON, in a code fence or not, with any words around it.

    Raises:
        EngagementError: If it holds none, or two sets of them.
    """
    plain = re.sub("\r\n?", "\n", text.replace("\u00a0", " "))
    return Spot(_answers_in(_HEAD.sub(r"\1answers:", plain), file), "", file, [], listener=Listener.of(currency))


def quoted(root: Spot, valid: Collection[str], what: str, notes: str) -> Iterator[tuple[str, tuple[Spot, Spot, str]]]:
    """The entries of a reply by name, each with the places of its value and its quote, and the quote, which stands in the notes."""
    place = root.at("answers") or root
    if place.absent:
        place.fault("holds no answer: each stands below 'answers:', indented, as the prompt shows")
    for name, spot in place.fields(valid, what).items():
        members = spot.fields(("value", "quote"))
        if missing := [key for key in ("value", "quote") if key not in members or members[key].absent]:
            spot.fault(f"needs a {' and a '.join(missing)}")
        elif quote := _quote(members["quote"], notes):
            yield name, (members["value"], members["quote"], quote)


def _answers_in(text: str, file: str) -> Node:
    """The answers of a reply, each on the line where it stands, without the words around them."""
    blocks, end = list[tuple[int, str]](), 0
    while start := _START.search(text, end):
        block = text[start.start() :]
        if "{" in start[0]:
            with suppress(ValueError, RecursionError):
                block = block[: JSONDecoder().raw_decode(block)[1]]
        elif stop := re.compile(rf"\n[ \t]{{0,{len(start[0]) - len('answers:')}}}[^\s#}}\]]").search(text, start.end()):
            block = text[start.start() : stop.start()]
        end = start.start() + len(block)
        blocks.append((text.count("\n", 0, start.start()), block))
    if len(blocks) != 1:
        what = f"holds {len(blocks)} sets of answers; keep one" if blocks else "is not a reply to the brief: no line 'answers:' is in it"
        raise EngagementError([Fault(file, "", what)])
    ((above, block),) = blocks
    return (parse_json if block.startswith("{") else parse_yaml)("\n" * above + dedent(block), file)


def _negated() -> str:
    """A pattern of what turns the words behind it into their opposite."""
    return rf"(?<!\w)(?:{either('negations')}|\w+n't)(?!\w)"


def _quote(spot: Spot, notes: str) -> str:
    """The quote, on one line; empty after a fault, where it proves nothing."""
    quote, said = " ".join((spot.text() or "").split()).strip('“”„"'), _plain(notes)
    before = [said[: found.start()] for found in re.finditer(rf"(?<!\w){re.escape(_plain(quote))}(?!\w)", said)] if quote else []
    if not before:
        spot.fault("the notes do not hold these words, so the answer is not taken")
    elif len(re.findall(r"\w", quote)) < _LEAST and _plain(quote) not in map(_plain, notes.splitlines()):
        spot.fault("is too short to show that the notes say so; the answer is not taken")
    elif all(re.search(rf"{_negated()} \Z", text[-20:]) for text in before):
        spot.fault("leaves out the no or not before these words, so the answer is not taken")
    elif _ORDER.search(quote) or any("_" in word and word in load_catalog().criteria for word in re.findall(r"\w+", quote)):
        spot.fault("speaks to the model and says nothing of the work, so the answer is not taken")
    else:
        return quote
    return ""


def _plain(text: str) -> str:
    """A text as quotes are compared: without capitals, forms of quotation marks and dashes, and ends of lines."""
    return " ".join(text.translate(_SIGNS).casefold().split())


def _guess(value: Spot, place: Spot, quote: str, criterion: Criterion) -> Answer | None:
    if criterion.derived:
        value.fault(f"{criterion.id} is never asked: it follows from the pilot or other answers")
        return None
    said = answer(value, criterion)
    if said is None or said == Answer():
        return None
    if _off(said, quote, criterion, value.listener.currency):
        place.fault(f"the figures in these words are not {value.seen}, so the answer is not taken")
        return None
    words = [] if re.search(_negated(), _plain(quote)) else re.findall(r"\w{5,}", quote)[:_READ]
    named = {level for word in words if (level := level_said(word, criterion))}
    if said.levels and named and named.isdisjoint(said.levels):
        place.fault(f"these words name another answer, {' or '.join(sorted(named))}, so {value.seen} is not taken")
        return None
    return replace(said, confidence="guess", private_note=f"“{quote}”")


def _off(said: Answer, quote: str, criterion: Criterion, currency: str) -> bool:
    """Whether a quote holds figures and none of them is that of an answer, in its unit and currency."""
    named = currencies(quote) if currency and "currency" in (criterion.unit or "").split() else []
    if named and not any(currency in one for one in named):
        return True
    heard = (Listener.of(""), *(Listener(mark) for mark in ".," if unclear(quote)))  # 1.200 may be meant either way, and nothing else
    found = [amount for one in heard for amount in one.amounts(quote, measure(criterion.unit, criterion.label))] if criterion.unit and len(said.levels) < 2 else []
    if not found or said.amount is None:
        return bool(found) and all(_band(one.likely, criterion) != said.levels for one in found)
    return not all(any(one.low * (1 - _NEAR) <= end <= one.high * (1 + _NEAR) for one in found) for end in (said.amount.low, said.amount.high))


def _band(number: float, criterion: Criterion) -> tuple[str, ...]:
    return tuple(level.id for level in criterion.levels if level.below is None or number < level.below)[:1]


Ask = Callable[[Sequence[Mapping[str, str]]], str]
"""Sends the turns of a conversation, each with ``role`` and ``content``, and gives the model's words."""
ROUNDS = 3
"""The first reply and at most two repairs."""
_MOST = 2
"""Answers that one quote may stand behind."""
_PERCENT = Measure("percent", {"%": ONE, "percent": ONE})
say = Texts("briefing").say


def second_prompt(notes: str) -> str:
    """The text that asks for the model's own reading of the notes."""
    return say("ask.second", notes=notes.strip())


def briefed(notes: str, ask: Ask, currency: str = "") -> Reply:
    """The guesses that a model finds in notes, money in `currency`, with what was refused at last.

    An answer once taken is never lost or changed by a later round.

    A quote has to stand in the notes and to bear its answer out: by its figures, else in the model's own judgement of the quote alone.

    Raises:
        AdvisorError: If the model cannot be asked, before anything was taken.
    """
    taken, refused, notices, turns = dict[str, Answer](), list[Fault](), list[str](), [_turn("user", prompt(notes))]
    for n in range(1, ROUNDS + 1):
        try:
            said = ask(turns)
            found = _read(said, notes, f"reply {n}", currency)
            new = {name: one for name, one in found.answers.items() if name not in taken}
            doubts = _doubts(new, Counter(one.private_note for one in (*taken.values(), *new.values())), ask, f"reply {n}")
        except AdvisorError as error:
            if not taken:
                raise
            return Reply(taken, (*_open(refused, taken), Fault("", "", str(error))), tuple(notices))
        taken |= {name: one for name, one in new.items() if name not in doubts}
        faults, notices = (*found.faults, *doubts.values()), [*notices, *found.notices]
        refused += faults
        if not faults:
            break
        turns += [_turn("assistant", said), _turn("user", say("ask.again", faults="\n".join(f"- {fault}" for fault in faults)))]
    return Reply(taken, _open(refused, taken), tuple(notices))


def _open(refused: Sequence[Fault], taken: Mapping[str, Answer]) -> tuple[Fault, ...]:
    """What was refused in any round and never taken, each once."""
    last = {(fault.path, fault.message): fault for fault in refused if not set(re.findall(r"\w+", fault.path)) & taken.keys()}
    return tuple(last.values())


def _turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _read(said: str, notes: str, file: str, currency: str) -> Reply:
    try:
        return read_reply(said, notes, file, currency)
    except EngagementError as error:
        return Reply({}, error.faults)


def _doubts(new: Mapping[str, Answer], stands: Mapping[str, int], ask: Ask, file: str) -> dict[str, Fault]:
    """What speaks against answers whose quotes stand in the notes, by criterion: a quote too many rest on, or the model's own reading of the quote alone."""
    against = {name: say("too_many", count=stands[one.private_note], most=_MOST) for name, one in new.items() if stands[one.private_note] > _MOST}
    left = {str(n): name for n, name in enumerate((name for name in new if name not in against), 1)}
    items = [_asked(n, name, new[name]) for n, name in left.items()]
    heard = dict(re.findall(r"^\W*(\d+)\W+(\w+)", ask([_turn("user", say("ask.quotes", items="\n".join(items)))]), re.MULTILINE)) if items else {}
    against |= {name: say("unsupported", quote=new[name].private_note) for n, name in left.items() if heard.get(n) not in (new[name].levels or ("yes",))}
    return {name: Fault(file, name, why, path=name) for name, why in against.items()}


def _asked(n: str, name: str, said: Answer) -> str:
    criterion = load_catalog().criteria[name]
    offered = [f"yes ({said.amount.low:g} to {said.amount.high:g} {criterion.unit})"] if said.amount else choices(criterion)
    return say("ask.quote", n=n, question=criterion.question, answers=" | ".join((*offered, "none")), quote=said.private_note.strip("“”"))


def second_reading(notes: str, ask: Ask, model: str, on: date) -> SecondReading:
    """The model's own chances of the four patterns, each with words of the notes; they enter no sum.

    Raises:
        AdvisorError: If it cannot be asked, or its reply is no such reading.
    """
    root = root_of(ask([_turn("user", second_prompt(notes))]), "second reading")
    found = {name: (value.estimate(0, 100, _PERCENT), quote) for name, (value, _, quote) in quoted(root, PATTERNS, "way", notes)}
    shares = {pattern: share.likely for pattern in PATTERNS if pattern in found and (share := found[pattern][0])}
    total = sum(shares.values())
    if root.faults or not 90 <= total <= 110:
        raise EngagementError(root.faults or [Fault("second reading", "", say("no_sum", total=f"{total:g}"))])
    return SecondReading(on, model, {p: round(share / total, 2) for p, share in shares.items()}, {p: found[p][1] for p in shares})

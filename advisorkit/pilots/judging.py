"""Which answers of a log count and what came of each: what the log leaves open is asked, never pooled or guessed."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from advisorkit.files.texts import Texts
from advisorkit.pilots.formats import logbook, means_failure, means_verdict, number, outcome, unjudged
from advisorkit.pilots.logs import Log, Logged, Score
from advisorkit.values.messages import Fault, PilotError, UnmarkedError, here, nearest
from advisorkit.values.quantities import percent

_say = Texts("pilots").say
_ABOUT_FAILURE = frozenset({"failure", "severity", "fixed_by_text"})
_MOST = 12
_PLAIN = {1.0: "right", 0.0: "wrong"}
_TURNED = {"right": "wrong", "wrong": "right"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen where a log holds several; empty where nothing was."""

    scorer: str = ""
    """Whose verdict counts."""
    model: str = ""
    """Which model was piloted."""
    version: str = ""
    """Which prompt or run was piloted."""
    threshold: str = ""
    """From which grade on an answer is right, or every grade that counts as right, parted by commas."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The answers that count, as rows of marks."""

    rows: tuple[tuple[str, Mapping[str, Any]], ...]
    """Place and cells of each."""
    warnings: tuple[str, ...]
    """What weakens them."""
    notices: tuple[str, ...]
    """What was settled by the log itself."""


def judged(file: str, log: Log, choice: Choice) -> Judged:
    """The answers of a log that count, each right, wrong or declined.

    Raises:
        PilotError: If the log leaves open what counts; each fault names the option that settles it, and what there is.
    """
    answers, faults = log.answers, [replace(fault, file=file) for fault in log.faults]
    for what in ("model", "version"):
        if wanted := getattr(choice, what):
            name = _chosen(file, what, wanted, [getattr(one, what) for one in answers], faults)
            answers = [one for one in answers if getattr(one, what) == name]
    scorer = _scorer(file, log, answers, choice, faults)
    if scorer and any(rule.one for rule in logbook().formats[log.form].scores):
        answers = [one for one in answers if scorer in one.scores]
    faults += _several(file, answers, scorer, choice.threshold)
    scores = [_score(one, scorer) for one in answers]
    if scorer is not None and not faults:
        faults += _threshold(file, scores, scorer, choice.threshold)
    if faults:
        raise PilotError(faults, len(log.answers))
    return _counted(file, log, answers, verdicts(scores, choice.threshold) or [], scorer or "", choice)


def _counted(file: str, log: Log, answers: Sequence[Logged], outcomes: Sequence[str], scorer: str, choice: Choice) -> Judged:
    left = log.left + Counter({"nobody": outcomes.count("not_judged")})
    total = len(answers) + log.left.total()
    warnings = [_say(f"warn.{why}", count=count, answers=total) for why, count in left.items()]
    warnings += [_say(key, value=value) for key, value in log.said.items()]
    names = list(dict.fromkeys(name for one in answers for name in one.scores))
    stated = "headline" if scorer and scorer == log.headline else "" if scorer else "overall"
    notices = [_say(f"notice.{stated}", file=file, name=scorer, others=", ".join(_shares(answers, names).values()))] if stated and len(names) > 1 else []
    if log.form == "table" and not choice.scorer and scorer != "right":
        notices.append(_say("notice.column", file=file, name=scorer))
    if (graded := number(choice.threshold) is not None) or (means_failure(scorer) and any(one.scores[scorer].stated is None for one in answers if scorer in one.scores)):
        key = "notice.failure" if not graded else "notice.most" if means_failure(scorer) else "notice.least"
        notices.append(_say(key, file=file, name=scorer, threshold=choice.threshold))
    if left["nobody"] == len(answers):
        raise UnmarkedError([Fault(file, "", _say("ask.nothing", title=here(logbook().formats[log.form].title), why=" ".join(warnings) if total else _say("ask.empty")))], total)
    pairs = [(one, came) for one, came in zip(answers, outcomes, strict=True) if came != "not_judged"]
    return Judged(tuple(_rows(pairs, scorer, () if log.form == "table" else _ABOUT_FAILURE)), tuple(warnings), tuple(notices))


def _rows(pairs: Sequence[tuple[Logged, str]], scorer: str, wrong_only: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Answers as rows of marks; what stands in `wrong_only`, nothing in a table, is left out where one is right; a tool's repeats are runs."""
    runs = Counter[tuple[Any, ...]]()
    for one, came in pairs:
        cells = {name: value for name, value in one.cells.items() if name != "refused" and (came != "right" or name not in wrong_only)}
        refused = came == "wrong" and one.cells.get("refused") in (True, "content_filter")
        cells = {"marker": scorer, "version": ", ".join(filter(None, (one.model, one.version)))[:200]} | cells | {"outcome": "declined" if refused else came}
        key = str(cells["case"]), cells["marker"], cells.get("arm")
        runs[key] += 1
        yield one.where, cells | {"run": cells.get("run") or (runs[key] if runs[key] > 1 and wrong_only else None)}


def _score(answer: Logged, scorer: str | None) -> Score:
    found = (answer.overall if scorer == "" else answer.scores.get(scorer or "")) or Score(None)
    return replace(found, less=means_failure(scorer or ""))


def _chosen(file: str, what: str, wanted: str, names: Sequence[str], faults: list[Fault]) -> str:
    known = [name for name in dict.fromkeys(names) if name]
    plain = wanted.strip().casefold()
    found = [name for name in known if name.casefold() == plain] or [name for name in known if name.casefold().startswith(plain)]
    if len(found) != 1:
        message = _say("ask.unknown", what=what, wanted=wanted[:80], known=", ".join(known[:_MOST]) or here("none"))
        faults.append(Fault(file, "", message, nearest(wanted, known), what, tuple((name, "") for name in known)))
    return found[0] if len(found) == 1 else ""


def _scorer(file: str, log: Log, answers: Sequence[Logged], choice: Choice, faults: list[Fault]) -> str | None:
    """Whose verdict counts; empty for the tool's own on all; None while that is open."""
    names = list(dict.fromkeys(name for one in answers for name in one.scores))
    if choice.scorer:
        return _chosen(file, "scorer", choice.scorer, names, faults) or None
    if all(one.overall is not None for one in answers):
        return ""
    if len(names) <= 1 or log.headline in names:
        name = log.headline if log.headline in names else "".join(names)
        if log.form != "table" or name == "right" or means_verdict(name):
            return name
    faults.append(_ask(file, "scorer", _shares(answers, names), "column" if len(names) == 1 else "scorer"))
    return None


def _several(file: str, answers: Sequence[Logged], scorer: str | None, threshold: str) -> Iterator[Fault]:
    models = dict.fromkeys(one.model for one in answers)
    if len(models) > 1:
        yield _ask(file, "model", {name: _share([one for one in answers if one.model == name], scorer, threshold, name) for name in models})
    versions = dict.fromkeys(one.version for one in answers)
    if len({(one.model, one.version) for one in answers}) > len(models):
        yield _ask(file, "version", {name: _share([one for one in answers if one.version == name], scorer, threshold, name) for name in versions})


def _ask(file: str, what: str, shares: Mapping[str, str], why: str = "") -> Fault:
    shown = "; ".join([*list(shares.values())[:_MOST], *(["…"] if len(shares) > _MOST else [])])
    return Fault(file, "", _say(f"ask.{why or what}", count=len(shares), shares=shown), (), what, tuple(shares.items()))


def _shares(answers: Sequence[Logged], names: Sequence[str]) -> dict[str, str]:
    return {name: _share([one for one in answers if name in one.scores], name, "", name) for name in names}


def _share(answers: Sequence[Logged], scorer: str | None, threshold: str, name: str) -> str:
    """A name with what its share right is, or how it grades."""
    scores, name = [_score(one, scorer) for one in answers], name[:80] or _say("ask.unnamed")
    found = verdicts(scores, threshold) if scorer is not None else []
    if found is None:
        return _say("ask.graded", name=name, grades=_grades(scores))
    right, n = found.count("right"), sum(one in ("right", "wrong") for one in found)
    return _say("ask.share", name=name, right=right, of=n, share=percent(right / n)) if n else _say("ask.answers", name=name, count=len(answers))


def verdicts(scores: Sequence[Score], threshold: str = "") -> list[str] | None:
    """What came of each answer; None while grades have no threshold.

    Example:
        >>> verdicts([Score("yes"), Score(0), Score(None)]), verdicts([Score(4)]), verdicts([Score(4)], "3")
        (['right', 'wrong', 'not_judged'], None, ['right'])
    """
    made = [_verdict(one, threshold) for one in scores]
    return None if None in made else [str(one) for one in made]


def _verdict(score: Score, threshold: str) -> str | None:
    value, known = score.value, outcome(score.value) if isinstance(score.value, str) else None
    limit, given = number(threshold), number(value)
    if score.stated is not None and (not threshold or value is None):
        return "right" if score.stated else "wrong"
    if unjudged(value) or known == "declined":
        return known or "not_judged"
    if limit is not None and given is not None:
        return "right" if (given <= limit if score.less else given >= limit) else "wrong"
    if threshold and limit is None:
        return "right" if _word(value) in _words(threshold) else "wrong"
    said = known or (None if given is None else _PLAIN.get(given))
    turned = score.less and str(value).strip().casefold() not in logbook().verdicts
    return _TURNED.get(said, said) if turned and said else said


def _words(threshold: str) -> list[str]:
    return [word.strip().casefold() for word in threshold.split(",")]


def _word(value: Any) -> str:
    return f"{number(value):g}" if number(value) is not None else str(value).strip().casefold()


def _grades(scores: Sequence[Score]) -> str:
    seen = [one.value for one in scores if not unjudged(one.value)]
    numbers = [one for value in seen if (one := number(value)) is not None]
    words = sorted({str(value)[:20] for value in seen if number(value) is None})
    return ", ".join([*([f"{min(numbers):.4g} to {max(numbers):.4g}"] if numbers else []), *words[:_MOST]])


def _threshold(file: str, scores: Sequence[Score], scorer: str, threshold: str) -> Iterator[Fault]:
    """Grades without a threshold, or one that cannot be meant for them."""
    seen, cut, less = {_word(one.value): one.value for one in scores if not unjudged(one.value)}, number(threshold), means_failure(scorer)
    ranked = sorted(seen, key=lambda name: (number(seen[name]) is None, -(number(seen[name]) or 0), name))
    numbers = [one for value in seen.values() if (one := number(value)) is not None]
    fits = bool(numbers) and ("%" not in threshold or any("%" in str(value) for value in seen.values())) and not (
        cut > 1 >= max(numbers) or (cut < 1 <= min(numbers) and max(numbers) > 1) or (cut >= 1 >= max(numbers) if less else cut <= 0 <= min(numbers))
    ) if cut is not None else bool({*seen} & {*_words(threshold)})
    if (found := re.fullmatch(r"(\d+),(\d+)", threshold)) and {*found.groups()} not in ({*ranked[:2]}, {*ranked[-2:]}):
        yield Fault(file, "", _say("ask.comma", threshold=threshold, point=".".join(found.groups()), both=", ".join(found.groups())), (), "threshold")
        return
    if verdicts(scores, threshold) is not None and (fits or not threshold):
        return
    cuts = {name: verdicts(scores, ",".join(ranked[: i + 1]) if number(seen[name]) is None else name) for i, name in enumerate(ranked[:_MOST])}
    choices = tuple((name, percent(found.count("right") / len(found))) for name, found in cuts.items() if found)
    key = "ask.threshold" if not threshold else "ask.misfit" if seen else "ask.stated"
    yield Fault(file, "", _say(key, name=scorer, grades=_grades(scores), threshold=threshold[:40]), (), "threshold", choices)

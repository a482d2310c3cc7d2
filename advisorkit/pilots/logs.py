"""What a file of an evaluation tool is, told by its content, and the answers in it before a scorer is chosen.

The tools are described in ``data/logs.yaml``; what Inspect AI and promptfoo mean in ways of their own is put so that `described` can read it.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisorkit.pilots.formats import ScoreAt, logbook, means_failure, number, outcome, said, unjudged
from advisorkit.pilots.marked import COLUMNS
from advisorkit.values.messages import Fault, here

Row = Mapping[str, Any]
"""One answer as a tool wrote it."""
_LOOKED_AT = 100
_NOTED = frozenset(COLUMNS) - {"case", "right", "outcome", "input", "output"}


@dataclass(frozen=True, slots=True)
class Score:
    """One verdict on one answer."""

    value: Any
    """True or false, a word or a number; None where nobody judged."""
    stated: bool | None = None
    """Whether it passes, where the log says so."""
    less: bool = False
    """Whether it says what is wrong with the answer, so that less of it is better."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One answer with every verdict on it."""

    where: str
    """Its place in the file."""
    cells: Row
    """Our columns but for the verdict."""
    scores: Mapping[str, Score]
    """Verdicts by scorer."""
    model: str = ""
    """Which model answered."""
    version: str = ""
    """Which prompt or run it was."""
    overall: Score | None = None
    """The tool's own verdict on all of it."""


@dataclass(slots=True)
class Log:
    """The answers of one file, and what was left out of it."""

    form: str
    """Id of its kind."""
    answers: list[Logged] = field(default_factory=list)
    """What may be judged."""
    left: Counter[str] = field(default_factory=Counter)
    """How many answers were left out, by reason."""
    headline: str = ""
    """Scorer that the log itself names first among several."""
    said: dict[str, str] = field(default_factory=dict)
    """What else the reader should know: the one value of a sentence, by its key."""
    reported: dict[str, float] = field(default_factory=dict)
    """Counts and scores of the tool's own."""
    faults: list[Fault] = field(default_factory=list)
    """What cannot be."""


def told(document: Any) -> tuple[str, list[Row], list[str]] | None:
    """The kind of a document, its answers and their places; None where no tool is known to write so.

    Example:
        >>> told([{"traceId": "t", "name": "ok", "value": 1, "dataType": "NUMERIC"}])[0]
        'langfuse_scores'
    """
    for name, form in logbook().formats.items():
        paths = form.rows.split("|") if isinstance(document, dict) else [""]
        found = {path: rows for path in paths if isinstance(rows := under(document, path) if path else document, list) and rows}
        pairs = [(row, f"{path}[{i}]") for path, rows in found.items() for i, row in enumerate(rows)]
        fits = isinstance(document, dict) and all(key in document for key in form.whole) if form.whole else bool(form.needs and pairs)
        if fits and all(any(isinstance(row, dict) and under_any(row, need) for row, _ in pairs[:_LOOKED_AT]) for need in form.needs):
            return name, [row for row, _ in pairs], [place for _, place in pairs]
    return None


def under(row: Any, path: str) -> Any:
    """What lies at a path, each step a key; a star takes every key that begins so.

    Example:
        >>> under({"a": {"b.c": 1}}, "a.b.c"), under({"in.x": 1, "in.y": 2}, "in.*")
        (1, {'x': 1, 'y': 2})
    """
    if not isinstance(row, dict) or not path:
        return None
    head, _, rest = path.partition(".")
    if path in row or not path.endswith("*"):
        return row[path] if path in row else under(row.get(head), rest)
    return {key[len(path) - 1 :]: value for key, value in row.items() if key.startswith(path[:-1])} or under(row.get(head), rest)


def first(row: Any, paths: str) -> Any:
    """The first thing that lies at one of some paths, parted by ``|``; None where there is none."""
    for path in paths.split("|"):
        if (value := under(row, path)) is not None and value not in ("", {}, []):
            return value
    return None


def items(row: Row, paths: str) -> list[Row]:
    """The mappings in the list at one of some paths, written as text or not."""
    found = _loaded(first(row, paths))
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _loaded(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value
    except (ValueError, RecursionError):
        return value


def flag(value: Any, where: str, log: Log) -> bool | None:
    """True, false or None; anything else is a fault at its place."""
    if value is None or isinstance(value, bool):
        return value
    log.faults.append(Fault("", where, here("expected true or false, got {}", json.dumps(value, ensure_ascii=False, default=str)[:60])))
    return None


def described(log: Log, placed: Iterable[tuple[Row, str]]) -> Log:
    """The log with its answers, as the data describe them."""
    kind, pairs, records = logbook().formats[log.form], [*placed], dict[str, Row]()
    columns = [name for rule in kind.scores if rule.rest for name in verdict_columns([row for row, _ in pairs], kind.text)]
    for i, (row, place) in enumerate(pairs, 1):
        same = records.setdefault(str(row["id"]), row) if row.get("id") and log.form != "table" else row
        if left := row.get("left") or ("errors" if first(row, kind.failed) is not None else "twice" if same is not row and same == row else ""):
            log.left[left] += 1
            continue
        broken = any(first(one, rule.failed) is not None for rule in kind.scores if rule.failed for one in items(row, rule.items))
        cells = {name: first(row, path) for name, path in kind.cells.items()}
        cells |= {name: said(cells[name]) for name in ("input", "output", "note") if name in cells}
        cells |= {"date": str(cells.get("date") or "")[:10], "case": cells["case"] if "case" in kind.cells and under_any(row, kind.cells["case"]) else i}
        metadata = first(row, kind.metadata)
        noted = {name: value for name, value in metadata.items() if name in _NOTED} if isinstance(metadata, dict) else {}
        scores = {name: score for rule in kind.scores for name, score in _scores(row, rule, columns)}
        unknown = broken or (bool(kind.scores) and not scores)
        overall = None if kind.overall not in row else Score(None, None if unknown else flag(row[kind.overall], f"{place}.{kind.overall}", log))
        model, version = (said(first(row, path)) for path in (kind.model, kind.version))
        log.answers.append(Logged(place, noted | {name: value for name, value in cells.items() if value is not None or name == "case"}, scores, model, version, overall))
    return log


def under_any(row: Row, paths: str) -> bool:
    """Whether one of some paths is there, with something at it or not."""
    return any(path in row or under(row, path) is not None for path in paths.split("|"))


def _scores(row: Row, rule: ScoreAt, columns: Sequence[str]) -> Iterator[tuple[str, Score]]:
    for one in items(row, rule.items):
        stated, broken = one.get(rule.stated), bool(rule.failed and one.get(rule.failed))
        yield str(one.get(rule.name)), Score(None) if broken else Score(first(one, rule.value), stated if isinstance(stated, bool) else None)
    found = _loaded(under(row, rule.under))
    for name, value in found.items() if isinstance(found, dict) else ():
        yield name, Score(under(value, rule.value), value.get(rule.stated)) if isinstance(value, dict) else Score(value)
    if rule.one in row and under_any(row, rule.value):
        yield str(row[rule.one]), Score(first(row, rule.value))
    limit = number(under(row, rule.limit))
    for name in columns if rule.rest else ():
        value = row.get(name)
        yield name, Score(value, None if limit is None or (given := number(value)) is None else given <= limit if means_failure(name) else given >= limit)


def verdict_columns(rows: Sequence[Row], text: Collection[str]) -> list[str]:
    """Columns that hold nothing but verdicts: numbers, words for right and wrong, or any words below a heading for grades."""
    names = dict.fromkeys(name for row in rows for name in row if name not in text)
    seen = {name: [value for row in rows if not unjudged(value := row.get(name))] for name in names}
    graded = logbook().grades
    return [n for n, values in seen.items() if values and (n.casefold() in graded or all(number(v) is not None or (isinstance(v, str) and outcome(v)) for v in values))]


Placed = Iterator[tuple[Row, str]]
"""Answers with their places."""
_GRADES = {"C": True, "I": False, "P": 0.5, "N": "declined"}
_READ = ("input_tokens", "input_tokens_cache_read", "input_tokens_cache_write")


def answers(form: str, document: Any, rows: Sequence[Row], places: Sequence[str]) -> Log:
    """The answers in a document of a known kind, each with its place."""
    log = Log(form)
    if first(document, "has_more|hasMore") is True or (number(under(document, "meta.totalItems")) or 0) > len(rows):
        log.said["warn.pages"] = ""
    placed: Placed = zip(rows, places, strict=True)
    if form == "inspect":
        return described(log, _inspect(log, document, placed))
    if form == "promptfoo_csv":
        return described(log, _promptfoo(log, {}, [*_cells(placed)]))
    return described(log, _promptfoo(log, document, [*placed]) if form == "promptfoo" else placed)


def _inspect(log: Log, document: Mapping[str, Any], placed: Placed) -> Placed:
    spec, results, pairs = document["eval"], document.get("results") or {}, [*placed]
    entries, head = results.get("scores") or [], (results.get("headline") or spec.get("headline_metric")) if spec.get("headline_metric") else {}
    log.headline = str(first(head, "score|scorer") or "")
    log.said |= {"warn.unfinished": str(document["status"])[:40]} if document["status"] != "success" else {}
    limits = {entry["name"]: (entry.get("params") or {}).get("threshold") for entry in entries}
    reduced = _reduced(document, {entry.get("reducer") for entry in entries})
    parts = [dict(_parts((reduced.get(str(row.get("id"))) if reduced else row.get("scores")) or {})) for row, _ in pairs]
    strange = {name for one in parts for name, value in one.items() if _strange(value)}
    metrics = (entries[0].get("metrics") or {}) if len(entries) == 1 else {}
    log.reported = {"samples": float(len(pairs))} | {name: metric["value"] for name, metric in metrics.items()}
    for (row, place), scores in zip(pairs, parts, strict=True):
        void = row.get("invalidation") or document.get("invalidated")
        left = "invalidated" if void else "" if scores else "errors" if row.get("error") else "unscored"
        plain = {name: _GRADES.get(value, value) if isinstance(value, str) and name not in strange else value for name, value in scores.items()}
        kept = {name: {"value": value, "stated": _passes(value, limits.get(name))} for name, value in plain.items()}
        usage, notes = _usage(spec, row), [one.get("metadata") for one in (row.get("scores") or {}).values() if isinstance(one, dict)]
        stop = [one.get("stop_reason") for one in items(row, "output.choices")[:1]]
        own = {"left": left, "verdicts": kept, "stop": "".join(filter(None, stop)), "spec": spec, "usage": usage, "read": sum(usage.get(name) or 0 for name in _READ) or None}
        more = {"metadata": {name: value for one in (row.get("metadata"), *notes) for name, value in (one or {}).items()}}
        if not reduced or row.get("epoch", 1) == 1:
            yield {**row, **own, **more, "epoch": None if reduced else row.get("epoch")}, place


def _strange(value: Any) -> bool:
    """Whether a verdict is a word that is neither one of Inspect's own four nor a yes or no."""
    return isinstance(value, str) and value not in _GRADES and number(value) is None and outcome(value) is None


def _passes(value: Any, limit: Any) -> bool | None:
    return None if (least := number(limit)) is None or (given := number(value)) is None or isinstance(value, bool) else given >= least


def _reduced(log: Mapping[str, Any], reducers: set[str | None]) -> dict[str, dict[str, Any]]:
    """Scores of each sample where its epochs were put together other than by their mean."""
    found: dict[str, dict[str, Any]] = {}
    for one in (log.get("reductions") or ()) if reducers - {None, "mean"} else ():
        name = str(one["scorer"]) if len(reducers) == 1 else f"{one['scorer']} ({one.get('reducer')})"
        for sample in one["samples"]:
            found.setdefault(str(sample.get("sample_id")), {})[name] = sample
    return found


def _parts(scores: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every verdict by its name; a part of a score goes by its own name where no other verdict has it."""
    found = {name: score.get("value") if isinstance(score, dict) else score for name, score in scores.items()}
    inner = {name: dict(enumerate(value)) if isinstance(value, list) else value for name, value in found.items()}
    times = Counter(str(part) for value in inner.values() for part in (value if isinstance(value, dict) else ())) + Counter([*found])
    for name, value in inner.items():
        for part, one in value.items() if isinstance(value, dict) else ((name, value),):
            yield part if isinstance(part, str) and times[part] == 1 else f"{name}.{part}", one


def _usage(spec: Row, row: Row) -> dict[str, float]:
    """Tokens of the model that was tried, without those of judges and other roles."""
    own = (row.get("model_usage") or {}).get(str(spec.get("model"))) or first(row, "output.usage") or {}
    roles = {role for role, used in (spec.get("model_roles") or {}).items() if first(used, "model") == spec.get("model")}
    same = [used for role, used in (row.get("role_usage") or {}).items() if role in roles]
    return {name: tokens - sum(one.get(name) or 0 for one in same) for name, tokens in own.items() if isinstance(tokens, int | float)}


def _promptfoo(log: Log, document: Any, placed: Sequence[tuple[Row, str]]) -> Placed:
    results = found if isinstance(found := under(document, "results"), dict) else {}
    log.reported = {name: float(count) for name, count in (results.get("stats") or {}).items() if isinstance(count, int | float)}
    rows = [row for row, _ in placed]
    columns = list(dict.fromkeys((row.get("promptIdx"), *_name(row)) for row in rows))
    times = Counter(column[1:] for column in columns)
    cases = _cases(rows)
    log.said |= {"warn.alike": ""} if len({*cases}) == 1 < len(rows) and not any(row.get("vars") for row in rows) else {}
    for (row, place), case in zip(placed, cases, strict=True):
        grading, (model, prompt) = row.get("gradingResult") or {}, _name(row)
        parts, right = [*_top(items(grading, "componentResults"))], flag("nothing" if row.get("success") is None else row["success"], f"{place}.success", log)
        broken = row.get("failureReason") == 2 or (row.get("error") and not grading and not right and row.get("failureReason") != 1)
        left = "errors" if broken else "crashed" if any(map(_crashed, [grading, *parts])) else ""
        verdict = _verdict(row, grading, parts, right=right is True)
        log.said |= {"warn.aside": ""} if verdict and not right and not left else {}
        version = prompt if times[model, prompt] == 1 else f"{prompt} (column {columns.index((row.get('promptIdx'), model, prompt)) + 1})"
        more = {"left": left, "verdict": verdict, "case": case, "model": model, "version": version, "day": results.get("timestamp")}
        yield {**row, **more, **_tokens(first(row, "response.tokenUsage") or {})}, place


def _name(row: Row) -> tuple[str, str]:
    model, prompt = first(row, "provider.label|provider.id|provider"), first(row, "prompt.label|prompt.display|prompt.id")
    return said(model)[:200], " ".join(said(prompt).split())[:200]


def _cases(rows: Sequence[Row]) -> list[int]:
    """Number of each row's case: repeats of one test are one case, turns of conversations are not."""
    tests = []
    for row in rows:
        test, given = row.get("testCase") or {}, row.get("vars") or {}
        own = {name: value for name, value in given.items() if name not in ("_conversation", "sessionId")} if isinstance(given, dict) else given
        talk = first(test, "metadata.conversationId")
        tests.append(json.dumps([test.get("description"), own, test.get("assert"), talk, row.get("testIdx") if talk else None], sort_keys=True, default=str))
    numbers = {test: i for i, test in enumerate(dict.fromkeys(tests), 1)}
    return [numbers[test] for test in tests]


def _top(parts: Sequence[Row]) -> Iterator[Row]:
    """Checks of a test; members of a group, which promptfoo writes out once more behind it, are left to the group."""
    inner = 0
    for part in parts:
        if not inner and not first(part, "assertion.metricOnly"):
            yield part
        inner = inner - 1 if inner else len(items(part, "componentResults"))


def _crashed(part: Row) -> bool:
    own = first(part, "metadata.graderError") is True or str(part.get("reason") or "").startswith(logbook().crashed)
    return part.get("pass") is False and (own or any(map(_crashed, items(part, "componentResults"))))


def _aside(part: Row) -> bool:
    """Whether a check, or every member of a group of them, says nothing of an answer's rightness."""
    members = items(part, "componentResults")
    return all(map(_aside, members)) if members else str(first(part, "assertion.type|type")).removeprefix("not-") in logbook().aside


def _verdict(row: Row, grading: Row, parts: Sequence[Row], *, right: bool) -> bool | None:
    """The tool's verdict without what only time or price decided; None where nothing else was checked."""
    test, judging = row.get("testCase") or {}, [part for part in parts if not _aside(part)]
    tests, reason = items(test, "assert"), grading.get("reason")
    asked = not all(map(_aside, tests)) if tests else reason != "No assertions" and bool(reason or grading.get("assertion"))
    if not judging and (items(grading, "componentResults") or not asked):
        return None
    for part in judging:
        if first(part, "assertion.type") == "human":
            return part.get("pass") is True
    if right or not parts:
        return right
    weights = [float(part.get("assertion", {}).get("weight", 1)) for part in judging]
    share = sum(float(part.get("score") or 0) * weight for part, weight in zip(judging, weights, strict=True)) / (sum(weights) or 1)
    return share >= least if (least := number(test.get("threshold"))) is not None else all(map(_holds, judging))


def _holds(part: Row) -> bool:
    """Whether a check passed, or a group of them did but for time and price."""
    members = items(part, "componentResults")
    inner = [one for one in members if not _aside(one)]
    return part.get("pass") is True or (len(inner) < len(members) and all(map(_holds, inner)))


def _tokens(usage: Row) -> dict[str, float | None]:
    read, written, hidden = (first(usage, name) or 0 for name in ("prompt", "completion", "completionDetails.reasoning"))
    apart = hidden if (usage.get("total") or 0) >= read + written + hidden else 0
    return {"read": read or None, "written": written + apart or None}


def _cells(placed: Placed) -> Placed:
    """Results of a table: each prompt's column is followed by Status, Score, Named Scores, Grader Reason and Comment."""
    for row, place in placed:
        names = list(row)
        columns = [i for i, name in enumerate(names) if name.partition(" (")[0] == "Status"]
        given = {name: row[name] for name in names[: columns[0] - 1]}
        for k, at in enumerate(columns):
            status, reason, (provider, _, label) = str(row[names[at]]).upper(), row[names[at + 3]], names[at - 1].removeprefix("[").partition("] ")
            own = {"success": status == "PASS", "failureReason": 2 if status == "ERROR" else 0, "gradingResult": {"reason": reason}}
            if status:
                yield own | {"promptIdx": k, "vars": given, "provider": provider, "prompt": {"label": label}, "response": {"output": row[names[at - 1]]}}, place

"""Marked results in: tables, JSON lines, and logs of tools that run language models."""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from advisorkit.files.disk import decode, read_bytes
from advisorkit.files.spots import MAX_TEXT, Spot
from advisorkit.files.tables import ReadRow, ReadTable, read_sheets, read_table
from advisorkit.files.texts import Texts
from advisorkit.files.trees import Fields, Scalar, parse_json
from advisorkit.files.workbooks import MAX_ROWS, MAX_UNPACKED
from advisorkit.pilots.marked import (
    COLUMNS,
    MarkedResults,
    MarkRow,
    cells_of,
    check_columns,
    is_marked,
    marks_of,
    normal,
    whole,
)
from advisorkit.values.errors import EngagementError, Fault, PilotError

_say = Texts("pilots").say
_NOTED = frozenset(COLUMNS) - {"case", "right", "input", "output"}
_ABOUT_FAILURE = frozenset({"failure", "severity", "fixed_by_text", "outcome"})
_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0, True: 1.0, False: 0.0}


def is_archive(raw: bytes, file: str) -> bool:
    """Whether a ZIP file is an Inspect log."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            return "header.json" in parts.namelist()
    except zipfile.BadZipFile:
        raise EngagementError([Fault(file, "", "is a broken file; save it again")]) from None


def unpacked(raw: bytes, file: str) -> MarkedResults:
    """The Inspect log in a ZIP file."""
    reader = importlib.import_module("zipfile_zstd" if importlib.util.find_spec("zipfile_zstd") else "zipfile")
    try:
        with reader.ZipFile(io.BytesIO(raw)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED:
                raise EngagementError([Fault(file, "", f"unpacks to more than {MAX_UNPACKED // 1_000_000} MB")])
            names = sorted(name for name in parts.namelist() if name.startswith("samples/"))
            header: dict[str, Any] = json.loads(parts.read("header.json"))
            return inspect_log(file, header | {"samples": [json.loads(parts.read(name)) for name in names]})
    except NotImplementedError:
        hint = "is packed in a way this machine cannot unpack: run 'inspect log convert --to json' on it, or install inspect-ai"
        raise EngagementError([Fault(file, "", hint)]) from None
    except (zipfile.BadZipFile, RecursionError):
        raise EngagementError([Fault(file, "", "is a broken archive")]) from None


def inspect_log(file: str, log: Mapping[str, Any]) -> MarkedResults:
    """Rows of an Inspect AI log: one for each scored sample and epoch, by the scorer that the log names first."""
    samples, scores = log.get("samples") or [], ((log.get("results") or {}).get("scores") or [])
    if not samples or not scores:
        message = f"is an Inspect log without scored samples (status: {str(log.get('status'))[:40]})"
        raise EngagementError([Fault(file, "", message)])
    _check_count(file, samples)
    chosen = _headline(log, scores)
    name = str(chosen["name"])
    scored = [(i, s) for i, s in enumerate(samples) if name in (s.get("scores") or {})]
    faults: list[Fault] = []
    lines = [cells_of(file, f"samples[{i}]", _inspect_row(log, s, name), faults) for i, s in scored]
    warnings = tuple(_inspect_notices(samples, scored, scores, name))
    metrics = {name: metric["value"] for name, metric in (chosen.get("metrics") or {}).items()}
    reported = {"samples": float(len(samples)), "scored": float(len(scored)), **metrics}
    return whole(MarkedResults(file, "inspect", marks_of(lines), None, warnings, reported), faults, len(lines))


def _check_count(file: str, rows: Sequence[Any]) -> None:
    if len(rows) > MAX_ROWS:
        raise EngagementError([Fault(file, "", f"holds more than {MAX_ROWS:,} answers; split it")])


def _headline(log: Mapping[str, Any], scores: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    named = ((log.get("results") or {}).get("headline") or {}).get("score")
    return next((score for score in scores if score["name"] == named), scores[0])


def _inspect_row(log: Mapping[str, Any], sample: Mapping[str, Any], scorer: str) -> dict[str, Any]:
    score, grade = sample["scores"][scorer], _grade(sample["scores"][scorer].get("value"))
    usage = (sample.get("model_usage") or {}).values()
    refused = score.get("value") == "N" or (sample.get("output") or {}).get("stop_reason") == "content_filter"
    return {
        "case": sample.get("id"),
        "right": "yes" if grade == 1 else "no",
        "outcome": "declined" if refused and grade != 1 else None,
        "run": sample.get("epoch"),
        "marker": scorer,
        "version": (log.get("eval") or {}).get("model"),
        "date": str((log.get("eval") or {}).get("created", ""))[:10],
        "input_tokens": sum(_read_tokens(one) for one in usage) or None,
        "output_tokens": sum(one.get("output_tokens") or 0 for one in usage) or None,
        "input": _said(sample.get("input")),
        "output": _said((sample.get("output") or {}).get("completion")),
        **_noted(sample.get("metadata"), right=grade == 1),
        **_noted(score.get("metadata"), right=grade == 1),
    }


def _read_tokens(usage: Mapping[str, Any]) -> float:
    names = ("input_tokens", "input_tokens_cache_read", "input_tokens_cache_write")
    return float(sum(usage.get(name) or 0 for name in names))


def _grade(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return _GRADES.get(value) if isinstance(value, str | bool) else None


def _inspect_notices(
    samples: Sequence[Mapping[str, Any]], scored: Sequence[tuple[int, Mapping[str, Any]]], scores: Sequence[Mapping[str, Any]], name: str,
) -> Iterator[str]:
    if len(scored) < len(samples):
        yield _say("warn.unscored", count=len(samples) - len(scored), answers=len(samples))
    others = [score["name"] for score in scores if score["name"] != name]
    if others:
        yield _say("warn.scorers", name=name, others=", ".join(others))
    grades = [_grade(sample["scores"][name].get("value")) for _, sample in scored]
    partly = sum(grade not in {0.0, 1.0} for grade in grades)
    if partly:
        yield _say("warn.partly", count=partly)


def promptfoo_log(file: str, log: Mapping[str, Any]) -> MarkedResults:
    """Rows of promptfoo's JSON output: one for each test, prompt and repeat that it could judge."""
    results = log["results"].get("results") or []
    if not results:
        raise EngagementError([Fault(file, "results.results", "holds no results")])
    _check_count(file, results)
    judged = [(i, result) for i, result in enumerate(results) if result.get("failureReason") != 2]
    cases, runs = _cases(results), Counter[tuple[Any, ...]]()
    faults: list[Fault] = []
    lines = []
    for i, result in judged:
        key = (cases[i], result.get("promptIdx"))
        runs[key] += 1
        row = _promptfoo_row(log, result, cases[i], runs[key])
        lines.append(cells_of(file, f"results.results[{i}]", row, faults))
    left = len(results) - len(judged)
    warnings = (_say("warn.errors", count=left, answers=len(results)),) if left else ()
    counts = log["results"].get("stats") or {}
    reported = {name: float(counts[name]) for name in ("successes", "failures", "errors") if name in counts}
    return whole(MarkedResults(file, "promptfoo", marks_of(lines), None, warnings, reported), faults, len(lines))


def _cases(results: Sequence[Mapping[str, Any]]) -> list[int]:
    """Number of each result's case: repeats of one test are one case."""
    tests = [json.dumps([(r.get("testCase") or {}).get("description"), r.get("vars")], sort_keys=True) for r in results]
    numbers = {test: i for i, test in enumerate(dict.fromkeys(tests), 1)}
    return [numbers[test] for test in tests]


def _promptfoo_row(log: Mapping[str, Any], result: Mapping[str, Any], case: int, repeat: int) -> dict[str, Any]:
    response, test = result.get("response") or {}, result.get("testCase") or {}
    provider, prompt = result.get("provider") or {}, result.get("prompt") or {}
    usage = response.get("tokenUsage") or {}
    return {
        "case": case,
        "right": bool(result.get("success")),
        "outcome": "declined" if response.get("isRefusal") and not result.get("success") else None,
        "run": f"{(result.get('promptIdx') or 0) + 1}.{repeat}",
        "version": f"{provider.get('label') or provider.get('id', '')}, {prompt.get('label', '')}"[:200],
        "date": str(log["results"].get("timestamp", ""))[:10],
        "input_tokens": usage.get("prompt") or None,
        "output_tokens": usage.get("completion") or None,
        "input": _said(result.get("vars")),
        "output": _said(response.get("output")),
        "note": _said(test.get("description")),
        **_noted(test.get("metadata"), right=bool(result.get("success"))),
    }


def _noted(metadata: Any, *, right: bool) -> dict[str, Any]:
    """Our columns as far as metadata fills them; of a right answer, without what is said of the test's failures."""
    names = _NOTED - _ABOUT_FAILURE if right else _NOTED
    return {name: value for name, value in metadata.items() if name in names} if isinstance(metadata, dict) else {}


def _said(value: Any) -> str:
    """What was asked or answered, as text cut to what is kept."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return "".join(c for c in text if c.isprintable() or c in "\n\t")[:MAX_TEXT]


MARKS = "Marks"
"""Name of the sheet with the marks in our marking sheet."""
SECOND_MARKS = "Second marks"
"""Name of the sheet with the marks of a second person."""
AGREED = "Agreed"
"""Name of the sheet that keeps what was agreed before the pilot."""


def read_results(path: str | Path) -> MarkedResults:
    """The marks in a CSV, XLSX, JSON-lines, Inspect AI or promptfoo file; nothing is half read.

    Raises:
        PilotError: If anything in it is wrong; carries every fault, each with its row and column.
    """
    try:
        raw, file = read_bytes(path), str(path)
        if raw.startswith(b"PK\x03\x04"):
            return _from_log(file, lambda: unpacked(raw, file)) if is_archive(raw, file) else _from_workbook(path)
        text, notices = decode(raw, file)
        if text.lstrip().startswith("{"):
            return _from_json(file, text, notices)
        return _from_table(read_table(path, known=_is_ours))
    except EngagementError as error:
        raise PilotError(error.faults) from None


def _is_ours(heading: str) -> bool:
    return normal(heading) in COLUMNS


def _from_table(table: ReadTable) -> MarkedResults:
    if faults := check_columns(table.file, table.columns):
        raise PilotError(faults)
    return _from_rows(table.file, table.rows, notices=table.notices)


def _from_rows(
    file: str, rows: Sequence[ReadRow], warnings: tuple[str, ...] = (), pass_mark: float | None = None, notices: tuple[str, ...] = ()
) -> MarkedResults:
    lines = [MarkRow(Spot(Scalar("", row.line), "", _sheet(row, file), row.faults), _normal(row)) for row in rows if not row.faults]
    marks = marks_of(lines)
    faults = [fault for row in rows for fault in row.faults]
    return whole(MarkedResults(file, "table", marks, pass_mark, warnings, notices=notices), faults, len(rows))


def _sheet(row: ReadRow, file: str) -> str:
    return next((spot.file for spot in row.cells.values() if spot.file), file)


def _normal(row: ReadRow) -> dict[str, Spot]:
    return {normal(name): spot for name, spot in row.cells.items()}


def _from_workbook(path: str | Path) -> MarkedResults:
    sheets = read_sheets(path, _is_ours)
    if MARKS not in sheets:
        return _from_table(read_table(path, known=_is_ours))
    both = [sheets[name] for name in (MARKS, SECOND_MARKS) if name in sheets]
    rows = [(row, i) for i, sheet in enumerate(both) for row in sheet.rows]
    marked = [(row, i) for row, i in rows if row.faults or is_marked(_normal(row))]
    faults = [fault for sheet in both for fault in check_columns(sheet.file, sheet.columns)]
    if faults:
        raise PilotError(faults)
    left = len(rows) - len(marked)
    warnings = (Texts("pilots").say("warn.unmarked", count=left, lines=len(rows)),) if left else ()
    return _from_rows(str(path), [_by(row, i) for row, i in marked], warnings, _pass_mark(sheets.get(AGREED)))


def _by(row: ReadRow, sheet: int) -> ReadRow:
    """A row of the second sheet without initials is still another person's."""
    if sheet == 0 or "marker" in _normal(row):
        return row
    second = Spot(Scalar("second", row.line), "marker", "", row.faults)
    return ReadRow(row.line, {**row.cells, "marker": second}, row.faults)


def _pass_mark(agreed: ReadTable | None) -> float | None:
    for row in agreed.rows if agreed else ():
        texts = [spot for spot in row.cells.values() if isinstance(spot.node, Scalar)]
        if texts and texts[0].node.text == "pass_mark":  # type: ignore[union-attr]
            return texts[1].number(0, 1) if len(texts) > 1 else None
    return None


def _from_json(file: str, text: str, notices: tuple[str, ...]) -> MarkedResults:
    log = _object(text)
    if isinstance(log, dict) and {"eval", "status"} <= log.keys():
        return _from_log(file, lambda: inspect_log(file, log))
    if isinstance(log, dict) and isinstance(log.get("results"), dict):
        return _from_log(file, lambda: promptfoo_log(file, log))
    return _from_lines(file, text, notices)


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _from_log(file: str, read: Callable[[], MarkedResults]) -> MarkedResults:
    try:
        return read()
    except (AttributeError, KeyError, TypeError, ValueError):
        raise PilotError([Fault(file, "", "is not laid out as this tool's logs are; write it anew with the tool")]) from None


def _from_lines(file: str, text: str, notices: tuple[str, ...]) -> MarkedResults:
    faults: list[Fault] = []
    lines = list(_json_lines(file, text, faults))
    marks = marks_of(lines)
    return whole(MarkedResults(file, "table", marks, notices=notices), faults, sum(bool(line.strip()) for line in text.splitlines()))


def _json_lines(file: str, text: str, faults: list[Fault]) -> Iterator[MarkRow]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        place = Spot(Scalar("", number), "", file, faults)
        try:
            node = parse_json(line, file)
        except EngagementError as error:
            place.fault(error.faults[0].message)
            continue
        if not isinstance(node, Fields):
            place.fault('is not an object: write one mark a line, such as {"case": "1", "right": true}')
            continue
        found = check_columns(file, [key.text for key, _ in node.fields])
        for fault in found:
            place.fault(fault.message, fault.nearest)
        if not found:
            yield MarkRow(place, {normal(k.text): Spot(_at(v, number), k.text, file, faults) for k, v in node.fields if _filled(v)})


def _filled(node: Any) -> bool:
    return not (isinstance(node, Scalar) and not node.text.strip())


def _at(node: Any, line: int) -> Any:
    return Scalar(node.text.strip(), line) if isinstance(node, Scalar) else node

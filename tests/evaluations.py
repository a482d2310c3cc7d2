"""Small logs as evaluation tools write them, made for the tests: each gives the outcomes that it is asked for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from advisorkit.pilots.diagnosis import Diagnosis, Pilot, diagnose
from advisorkit.pilots.judging import Choice
from advisorkit.pilots.marked import MarkedResults
from advisorkit.pilots.results import read_results
from advisorkit.values.messages import Fault, PilotError

NAN = float("nan")


def written(folder: Path, content: Any, name: str = "log.json") -> Path:
    """A file with text as it is, or with data as JSON."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def inspect(scores: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """An Inspect log with these scores by scorer for each sample."""
    usage = {"acme/a": {"input_tokens": 100, "output_tokens": 20}}
    samples = [
        {"id": i, "epoch": 1, "input": f"q{i}", "output": {"completion": "an answer"}, "model_usage": usage, "scores": {n: {"value": v} for n, v in one.items()}}
        for i, one in enumerate(scores)
    ]
    names = dict.fromkeys(name for one in scores for name in one)
    entries = [{"name": name, "scorer": name, "params": {}, "metrics": {}} for name in names]
    return {"version": 2, "status": "success", "eval": {"model": "acme/a", "created": "2026-11-20T10:00:00"}, "results": {"scores": entries}, "samples": samples} | more


def check(kind: str, *, passed: bool, **more: Any) -> dict[str, Any]:
    return {"pass": passed, "score": float(passed), "reason": "r", "assertion": {"type": kind}} | more


def promptfoo(tests: Sequence[Sequence[dict[str, Any]]], *, model: str = "acme:a", column: int = 0, **more: Any) -> list[dict[str, Any]]:
    """promptfoo's results: one for each test, which is a list of its checks."""
    made = []
    for i, checks in enumerate(tests):
        right = all(one["pass"] for one in checks)
        grading = {"pass": right, "score": float(right), "reason": "r" if checks else "No assertions", "componentResults": checks}
        usage = {"prompt": 100, "completion": 20, "total": 120}
        made.append({
            "promptIdx": column, "testIdx": i, "vars": {"q": i}, "provider": {"id": model}, "prompt": {"label": "p"}, "success": right, "failureReason": int(not right),
            "response": {"output": "an answer", "tokenUsage": usage}, "gradingResult": grading, "testCase": {"assert": [one["assertion"] for one in checks]},
        } | more)  # fmt: skip
    return made


def evaluation(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """promptfoo's whole output."""
    right = sum(one["success"] is True for one in results)
    stats = {"successes": right, "failures": len(results) - right, "errors": 0}
    return {"evalId": "e", "results": {"version": 3, "timestamp": "2026-11-20T10:00:00Z", "results": list(results), "stats": stats}, "config": {}}


def deepeval(cases: Sequence[Mapping[str, float]], threshold: float = 0.5, **more: Any) -> dict[str, Any]:
    """A DeepEval test run with these scores by metric for each case."""
    tests = [
        {
            "name": f"test_case_{i}", "input": "q", "actualOutput": "a", "success": all(score >= threshold for score in one.values()),
            "metricsData": [{"name": n, "score": s, "threshold": threshold, "success": s >= threshold, "error": None} for n, s in one.items()],
        } | more
        for i, one in enumerate(cases)
    ]  # fmt: skip
    right = sum(test["success"] is True for test in tests)
    return {"testCases": tests, "conversationalTestCases": [], "metricsScores": [], "testPassed": right, "testFailed": len(tests) - right}


def langsmith(values: Sequence[Any], key: str = "correctness") -> list[dict[str, Any]]:
    """Rows of a LangSmith experiment as its own frame has them."""
    return [
        {"inputs.question": f"q{i}", "outputs.answer": "a", "error": None, "reference.answer": "r", f"feedback.{key}": v, "execution_time": 0.4, "example_id": f"ex{i}", "id": f"run{i}"}
        for i, v in enumerate(values)
    ]


def langfuse(values: Sequence[Any], name: str = "correct", kind: str = "BOOLEAN") -> list[dict[str, Any]]:
    """Langfuse's scores, one a row."""
    return [
        {"id": f"s{i}", "timestamp": "2026-11-20T10:00:00Z", "traceId": f"t{i}", "name": name, "source": "EVAL", "dataType": kind,
         "value": v if kind != "CATEGORICAL" else None, "stringValue": None if kind == "NUMERIC" else str(bool(v)) if kind == "BOOLEAN" else v}
        for i, v in enumerate(values)
    ]  # fmt: skip


def ragas(values: Sequence[float], metric: str = "faithfulness") -> list[dict[str, Any]]:
    """Rows of Ragas' results as its frame has them."""
    return [{"user_input": f"q{i}", "retrieved_contexts": "['c']", "response": "a", "reference": "r", metric: v} for i, v in enumerate(values)]


JUDGED, FAILED = [check("icontains", passed=True)], [check("icontains", passed=False)]


def seen(results: MarkedResults) -> Diagnosis:
    return diagnose(Pilot(results, date(2026, 11, 22)))


def counted(path: Path, **choice: str) -> tuple[float, float]:
    right = seen(read_results(path, Choice(**choice))).right
    return right.hits, right.n


def refused(path: Path, **choice: str) -> Fault:
    with pytest.raises(PilotError) as caught:
        read_results(path, Choice(**choice))
    assert len(caught.value.faults) == 1
    return caught.value.faults[0]

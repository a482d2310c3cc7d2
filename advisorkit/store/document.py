"""From an `Engagement` to plain data in the order of the contract, and its canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from advisorkit.store.wholes import FORMAT
from advisorkit.values.engagement import Advised, Answer, Engagement, PilotFile, Scenario, Setting, Workflow
from advisorkit.values.quantities import Estimate

Plain = Any
"""Text, number, truth value, or lists and mappings of them."""


def document(engagement: Engagement) -> dict[str, Plain]:
    """An engagement as plain data; what is empty or at its default is left out.

    Example:
        >>> document(Engagement("a", "A", "EUR", date(2026, 11, 20), (Workflow("w", "W"),)))["workflows"]
        [{'id': 'w', 'name': 'W'}]
    """
    e = engagement
    return {
        "advisorkit": FORMAT,
        "id": e.id,
        "client": e.client,
        "currency": e.currency,
        "as_of": e.as_of.isoformat(),
    } | _present(
        sample=e.sample,
        answers=_answers(e.answers),
        workflows=[_workflow(workflow) for workflow in e.workflows],
        assumptions=_settings(e.assumptions),
        scenarios={name: _scenario(scenario) for name, scenario in e.scenarios.items()},
        priors=_numbers(e.priors),
        exchange_rates=_numbers(e.exchange_rates),
        prices=_numbers(e.prices),
        accept_stale=e.accept_stale,
        history=[_advised(line) for line in e.history],
    )


def _present(**members: Plain) -> dict[str, Plain]:
    return {name: value for name, value in members.items() if value not in ("", None, False, {}, [])}


def _workflow(w: Workflow) -> dict[str, Plain]:
    decision = w.override and {"pattern": w.override.pattern, "reason": w.override.reason, "by": w.override.by}
    return {"id": w.id, "name": w.name} | _present(
        answers=_answers(w.answers),
        notes=dict(w.notes),
        context=dict(w.context),
        corpus=w.corpus,
        status="" if w.status == "draft" else w.status,
        override=decision,
        workload=_settings(w.workload),
        assumptions=_settings(w.assumptions),
        pilots=[_pilot(pilot) for pilot in w.pilots],
    )


def _scenario(scenario: Scenario) -> dict[str, Plain]:
    return _present(
        answers=_answers(scenario.answers),
        workload=_settings(scenario.workload),
        assumptions=_settings(scenario.assumptions),
        workflows={name: _scenario(inner) for name, inner in scenario.workflows.items()},
    )


def _answers(answers: Mapping[str, Answer]) -> dict[str, Plain]:
    return {name: plain_answer(answer) for name, answer in answers.items()}


def plain_answer(answer: Answer) -> Plain:
    """An answer in its shortest form.

    Example:
        >>> plain_answer(Answer(("daily",))), plain_answer(Answer(("no",), note="asked IT"))
        ('daily', {'value': 'no', 'note': 'asked IT'})
    """
    extra = _present(
        confidence="" if answer.confidence == "known" else answer.confidence,
        said_by=answer.said_by,
        confirm_by=_day(answer.confirm_by),
        note=answer.note,
        private_note=answer.private_note,
    )
    return {"value": _value(answer)} | extra if extra else _value(answer)


def _value(answer: Answer) -> Plain:
    if answer.amount is not None:
        return _estimate(answer.amount)
    return list(answer.levels) if answer.disputed else (answer.levels or ("unknown",))[0]


def _estimate(estimate: Estimate) -> Plain:
    short = [estimate.low, estimate.high]
    if estimate.fixed:
        return plain_number(estimate.likely)
    points = short if Estimate.of(short) == estimate else [estimate.low, estimate.likely, estimate.high]
    return [plain_number(point) for point in points]


def plain_number(value: float) -> int | float:
    """A number without a needless decimal point.

    Example:
        >>> plain_number(350.0), plain_number(0.5)
        (350, 0.5)
    """
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _numbers(members: Mapping[str, float]) -> dict[str, Plain]:
    return {name: plain_number(float(value)) for name, value in members.items()}


def _settings(settings: Mapping[str, Setting]) -> dict[str, Plain]:
    return {name: plain_setting(value) for name, value in settings.items()}


def plain_setting(value: Setting) -> Plain:
    """A workload or assumption value in its shortest form.

    Example:
        >>> plain_setting(Estimate.of([100, 400])), plain_setting("api")
        ([100, 400], 'api')
    """
    return _estimate(value) if isinstance(value, Estimate) else value


def _pilot(pilot: PilotFile) -> dict[str, Plain]:
    mark = None if pilot.pass_mark is None else {"pass_mark": plain_number(float(pilot.pass_mark))}
    return {"file": pilot.file, "date": pilot.date.isoformat(), **(mark or {})} | _present(
        reason=pilot.reason, pattern="" if pilot.pattern == "prompt" else pilot.pattern,
    )


def _advised(line: Advised) -> dict[str, Plain]:
    names = ("workflow", "recommended", "now", "reason")
    return {"date": line.date.isoformat()} | {name: getattr(line, name) for name in names}


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()


def to_json(engagement: Engagement) -> str:
    """Canonical JSON: sorted keys, no spaces; equal engagements give equal text, and `read` accepts it.

    Example:
        >>> to_json(Engagement("a", "A", "EUR", date(2026, 11, 20), (Workflow("w", "W"),)))[:40]
        '{"advisorkit":1,"as_of":"2026-11-20","cl'
    """
    return json.dumps(document(engagement), ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def digest(engagement: Engagement) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal: the same for equal engagements."""
    return hashlib.sha256(to_json(engagement).encode()).hexdigest()

"""Results as pandas tables whose columns say their units."""

from collections.abc import Sequence

import pandas as pd

from advisorkit.advice.answers import words_of, written
from advisorkit.advice.belief import Belief
from advisorkit.costs.bill import Bill
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.results import Rank
from advisorkit.study.study import Study


def assumptions(inputs: Inputs) -> pd.DataFrame:
    """One row an assumption, indexed by its name; ranges in the unit of their row, missing values as NaN."""
    rows = [
        {
            "name": name,
            "label": row.assumption.label,
            "low": row.range.low if row.range else None,
            "likely": row.range.likely if row.range else row.value,
            "high": row.range.high if row.range else None,
            "unit": row.unit,
            "set by": row.changed_by,
            "source": row.source,
        }
        for name, row in inputs.rows.items()
    ]
    return pd.DataFrame(rows).set_index("name")


def answers(study: Study) -> pd.DataFrame:
    """One row an answer, indexed by its criterion, a pilot's findings in place of opinions; what is not known is left out."""
    rows = [
        {
            "criterion": name, "answer": written(answer), "in words": words_of(criterion := study.catalog.criterion(name), answer, study.currency),
            "unit": criterion.unit or "", "confidence": answer.confidence, "said by": answer.said_by, "note": answer.note,
        }
        for name, answer in study.answers.items() if not answer.unknown
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["criterion", "answer", "in words", "unit", "confidence", "said by", "note"]).set_index("criterion")


def evidence(belief: Belief) -> pd.DataFrame:
    """One row an answer, strongest first; decibans on both axes as counted and before shared causes were damped."""
    order = sorted(belief.items, key=lambda item: -abs(item.retrieval) - abs(item.training))
    return pd.DataFrame(([getattr(item, name) for name in _EVIDENCE.values()] for item in order), columns=list(_EVIDENCE)).set_index("criterion")


_EVIDENCE = {
    "criterion": "criterion", "answer": "answer", "reason": "label", "retrieval (decibans)": "retrieval", "training (decibans)": "training",
    "retrieval undamped (decibans)": "raw_retrieval", "training undamped (decibans)": "raw_training", "guess": "guess", "source": "source",
}  # fmt: skip


def bill(found: Bill) -> pd.DataFrame:
    """One row a line of the bill at likely values; amounts are present values over the horizon."""
    fields = {
        **{name: name for name in ("column", "component", "phase", "part", "quantity", "unit")}, f"price ({found.currency} a unit)": "price",
        "months": "months", f"amount ({found.currency} over {found.horizon_months} months)": "amount", "source": "source",
    }  # fmt: skip
    return pd.DataFrame([{head: getattr(line, name) for head, name in fields.items()} for line in found.lines])


def portfolio(studies: Sequence[Study]) -> pd.DataFrame:
    """One row a workflow, indexed by its id; chances 0 to 1, money over the horizon; an assumed gain holds a plan of checking that nobody has agreed to."""
    return pd.DataFrame(map(_workflow, studies)).set_index("workflow")


def _workflow(study: Study) -> dict[str, object]:
    advice, cost = study.advice, study.costs
    total = cost.columns[advice.recommended].total if study.priced else None
    rank = study.rank if study.priced and not study.decision.ended else Rank(None, assumed=False)
    unit = f"({cost.currency} over {cost.horizon_months} months)"
    return {
        "workflow": study.workflow.id,
        "name": study.workflow.name,
        "now": advice.now,
        "destination": advice.recommended,
        "chance (0 to 1)": advice.patterns[advice.recommended].probability,
        "clear": advice.clear,
        "off-ramp": advice.off_ramp.kind if advice.off_ramp else "",
        f"P10 {unit}": total.p10 if total else None,
        f"P50 {unit}": total.p50 if total else None,
        f"P90 {unit}": total.p90 if total else None,
        f"gain {unit}": rank.gain,
        "gain assumed": rank.assumed,
        "not rankable: ask for": ", ".join(row.assumption.name for row in rank.ask),
    }

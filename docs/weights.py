"""Writes the shipped weights, fitted to the closed cases that ship with the package (`python docs/weights.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from advisorkit.calibration.closed_cases import shipped_cases
from advisorkit.calibration.fitting import Penalty, Sheet, Weights, fit, record_of
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.files.typed import DATA
from advisorkit.values.criteria import Catalog, Criterion, Record

_HEAD = """# Decibans fitted to {record.cases} closed cases, held towards the expert's: [retrieval, training], the expert's behind the #.
# Written by `python docs/weights.py`; only the reasons are edited by hand.
cases: {record.cases}
penalty: {{scale: {penalty.scale:g}, firmness: {penalty.firmness:g}}}
record: {{cases: {record.cases}, called: {record.called}, right: {record.right}}}
"""


def weights_file(catalog: Catalog, weights: Weights, record: Record, penalty: Penalty, reasons: Mapping[str, str]) -> str:
    """Text of the file, weights rounded to a tenth of a deciban."""
    lines = [_HEAD.format(record=record, penalty=penalty) + "weights:"]
    for column, criterion in enumerate(catalog.criteria.values()):
        rows = list(_rows(criterion, weights[:, column].T.tolist()))
        lines += [f"  {criterion.id}:", *rows] if rows else []
    told = [f"  {name}: {reason}" for name, reason in reasons.items() if name in catalog.criteria]
    lines += ["reasons:", *told] if told else []
    return "\n".join(lines) + "\n"


def _rows(criterion: Criterion, weights: Sequence[Sequence[float]]) -> Iterator[str]:
    for level, fitted in zip(criterion.levels, weights, strict=False):
        retrieval, training = (round(decibans, 1) + 0.0 for decibans in fitted)
        if any((retrieval, training, *level.expert)):
            yield f"    {level.id}: [{retrieval:g}, {training:g}]  # {level.expert[0]:+g}, {level.expert[1]:+g}"


def main() -> None:
    """Fit to the shipped cases and write the shipped weights; reasons stay as they are."""
    catalog, cases, penalty = load_catalog(), shipped_cases(), Penalty()
    sheet = Sheet(catalog, cases)
    weights = fit(sheet, np.arange(len(cases)), penalty)
    reasons = {name: criterion.fit_note for name, criterion in catalog.criteria.items() if criterion.fit_note}
    target = Path(str(DATA)) / "weights.yaml"
    target.write_text(weights_file(catalog, weights, record_of(sheet, penalty), penalty, reasons), "utf-8")


if __name__ == "__main__":
    main()

"""The data file of fitted weights: ours beside the expert's, with the reason where they differ much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from advisorkit.calibration.closed_cases import shipped_cases
from advisorkit.calibration.fitting import Fitted, Penalty, Sheet, fit
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.values.criteria import Catalog, Criterion

MUCH = 2.0
"""Decibans: a weight that a fit moved further than this from the expert's needs a reason."""

_HEAD = """# Decibans fitted to {count} closed cases, held towards the expert's: [retrieval, training], the expert's behind the #.
# Written by `python -m advisorkit.calibration.writing`; only the reasons are edited by hand.
cases: {count}
penalty: {{scale: {scale:g}, firmness: {firmness:g}}}
"""


def weights_file(catalog: Catalog, weights: Fitted, count: int, penalty: Penalty, reasons: Mapping[str, str]) -> str:
    """Text of the file, weights rounded to a tenth of a deciban."""
    lines = [_HEAD.format(count=count, scale=penalty.scale, firmness=penalty.firmness) + "weights:"]
    for column, criterion in enumerate(catalog.criteria.values()):
        rows = list(_rows(criterion, weights.retrieval[column].tolist(), weights.training[column].tolist()))
        lines += [f"  {criterion.id}:", *rows] if rows else []
    lines += ["reasons:", *(f"  {name}: {reason}" for name, reason in reasons.items() if name in catalog.criteria)]
    return "\n".join(lines) + "\n"


def _rows(criterion: Criterion, retrieval: Sequence[float], training: Sequence[float]) -> Iterator[str]:
    for place, level in enumerate(criterion.levels):
        fitted = (_tenth(retrieval[place]), _tenth(training[place]))
        expert = level.expert
        if any(fitted) or any(expert):
            yield f"    {level.id}: [{fitted[0]:g}, {fitted[1]:g}]  # {expert[0]:+g}, {expert[1]:+g}"


def _tenth(decibans: float) -> float:
    return round(decibans, 1) + 0.0


def differing(catalog: Catalog) -> tuple[str, ...]:
    """Criteria of which the catalogue's weight at some level is further than `MUCH` from the expert's, in catalogue order."""
    return tuple(
        name
        for name, criterion in catalog.criteria.items()
        if any(
            max(abs(level.retrieval - level.expert_retrieval), abs(level.training - level.expert_training)) > MUCH
            for level in criterion.levels
        )
    )


def main() -> None:
    """Fit to the shipped cases and write the shipped weights; reasons stay as they are."""
    catalog, cases, penalty = load_catalog(), shipped_cases(), Penalty()
    weights = fit(Sheet(catalog, cases), np.arange(len(cases)), penalty)
    reasons = {name: criterion.fit_note for name, criterion in catalog.criteria.items() if criterion.fit_note}
    target = Path(__file__).parents[1] / "data" / "weights.yaml"
    target.write_text(weights_file(catalog, weights, len(cases), penalty, reasons), "utf-8")


if __name__ == "__main__":
    main()

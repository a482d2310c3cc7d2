"""The cost model: inputs with their sources, what each pattern pays for, bills, facts and portfolios."""

from advisorkit.costs.assumption import Assumption, AssumptionKind, ByAnswer
from advisorkit.costs.bill import Bill, Line, bill
from advisorkit.costs.clock import Clock, Stairs, first
from advisorkit.costs.columns import columns
from advisorkit.costs.costing import Costing
from advisorkit.costs.facts import CostFacts, Saving, facts
from advisorkit.costs.flows import COLUMNS, Column, Flow, Part, Phase, Scene, scene
from advisorkit.costs.inputs import ChangedBy, Input, Inputs, inputs_for
from advisorkit.costs.portfolio import Chosen, Portfolio, SharedLine, portfolio
from advisorkit.costs.sampling import known

__all__ = [
    "COLUMNS",
    "Assumption",
    "AssumptionKind",
    "Bill",
    "ByAnswer",
    "ChangedBy",
    "Chosen",
    "Clock",
    "Column",
    "CostFacts",
    "Costing",
    "Flow",
    "Input",
    "Inputs",
    "Line",
    "Part",
    "Phase",
    "Portfolio",
    "Saving",
    "Scene",
    "SharedLine",
    "Stairs",
    "bill",
    "columns",
    "facts",
    "first",
    "inputs_for",
    "known",
    "portfolio",
    "scene",
]

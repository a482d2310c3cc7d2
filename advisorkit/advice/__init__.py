"""The advice on one workflow."""

from advisorkit.advice.advising import SEED, advise
from advisorkit.advice.values import Advice, NextStep, OffRamp, PatternAdvice

__all__ = ["SEED", "Advice", "NextStep", "OffRamp", "PatternAdvice", "advise"]

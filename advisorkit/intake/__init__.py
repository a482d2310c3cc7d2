"""Answers from outside: portfolio tables and the questionnaire that a client fills in alone."""

from advisorkit.intake.filled import Questionnaire, read_questionnaire
from advisorkit.intake.portfolio import Portfolio, PortfolioRow, portfolio
from advisorkit.intake.questionnaire import new_questionnaire

__all__ = ["Portfolio", "PortfolioRow", "Questionnaire", "new_questionnaire", "portfolio", "read_questionnaire"]

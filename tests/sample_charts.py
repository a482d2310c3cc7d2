"""One chart of each kind, with the invented figures of the design pictures."""

from __future__ import annotations

from math import cos, pi, sin

from advisorkit.charts import kinds as k
from advisorkit.charts.draw_axes import ToldBars, ToldRow
from advisorkit.charts.plotted import Picture, Plot, Series

NAMES = {"prompt": "Prompt", "rag": "RAG", "finetune": "Fine-tune", "hybrid": "Hybrid"}


def share(pattern: str, value: float) -> k.ShareRow:
    return k.ShareRow(pattern, NAMES[pattern], value, f"{round(value * 100)}%")


def shares(prompt: float, rag: float, hybrid: float) -> tuple[k.ShareRow, ...]:
    return share("prompt", prompt), share("rag", rag), share("hybrid", hybrid)


MAP = k.BeliefMap(
    title="Look-up needed; training not yet shown",
    corners=(
        k.ShareRow("prompt", "Prompt", 0.08, "8%, provisional"), k.ShareRow("rag", "RAG", 0.67, "67%"),
        k.ShareRow("finetune", "Fine-tune", None, "ruled out: every answer must cite its source"), k.ShareRow("hybrid", "Hybrid", 0.25, "25%"),
    ),
    belief=(0.89, 0.27),
    draws=tuple((0.6 + n / 200, 0.1 + (n * 37 % 60) / 100) for n in range(60)),
    region=tuple((0.8 + 0.15 * cos(n * pi / 10), 0.35 + 0.25 * sin(n * pi / 10)) for n in range(20)),
)
_STEPS = (
    ("Citations are required", 7, -2, ""), ("It covers several related tasks", 1, -3, ""), ("A cheaper call would help", 0, 3, ""),
    ("Knowledge is in documents", 2, -0.5, ""), ("Knowledge changes monthly", 1.5, -1, ""), ("A program can check the result", -2, 1, ""),
    ("Some facts are private", 1.5, 0, ""), ("A data engineer will run it", 1, 0, ""), ("Errors are costly", 0, 1, "a guess"),
    ("A prompt was tried but not marked", 0, 1, ""), ("Examples are free to train on", 0, 1, ""),
)
WATERFALL = k.Waterfall(
    title="The need to cite sources counts most", subtitle="Evidence in decibans", prior=(-3.0, -4.8),
    steps=tuple(k.Step(*step) for step in _STEPS), belief=(9.0, -4.3), chances=(0.89, 0.27),
)
SHARES = k.ShareBars(
    title="Where it will probably end up",
    bars=(
        share("rag", 0.67), share("hybrid", 0.25), k.ShareRow("prompt", "Prompt", 0.08, "8%", "provisional: size unknown"),
        k.ShareRow("finetune", "Fine-tune", None, "ruled out: citations"),
    ),
)
FLIPS = k.FlipBars(
    title="What would change this",
    flips=(
        k.FlipRow("As answered today", "", shares(0.08, 0.67, 0.25), "rag", "RAG 67%"),
        k.FlipRow("One narrow job, not several related tasks", "several", shares(0.1, 0.41, 0.49), "hybrid", "Hybrid 49%", "close"),
        k.FlipRow("Everything needed is already in the request", "not asked", shares(0.54, 0.34, 0.12), "prompt", "Prompt 54%"),
        k.FlipRow("Cutting the cost of a call is the main goal", "helpful", shares(0.08, 0.53, 0.39), "rag", "RAG 53%", "stays"),
    ),
)
PATH = k.PathStairs(
    title="Climb only when marked results say so",
    stairs=(
        k.Stair("", "Off-ramp check", "done", (), "No rule, query or plain search does the job."),
        k.Stair("prompt", "Prompt pilot", "now", ("Enough: 8%", "€5k, 2 weeks"), "Mark 60 real cases. Stop here if 9 in 10 are right."),
        k.Stair("rag", "Retrieval", "later", ("Enough: 67%", "€22k, 5 weeks"), "Climb if half the failures lacked the text, and pasting it in fixes 6 in 10."),
        k.Stair("hybrid", "+ Training", "later", ("Enough: 25%", "€27k more"), "Climb if 3 in 10 of the failures left are behaviour."),
    ),
)
RANGES = k.RangeBars(
    title="RAG costs least", currency="EUR",
    bars=(
        k.RangeRow("rag", "RAG", (131e3, 188e3, 268e3)), k.RangeRow("hybrid", "Hybrid", (190e3, 240e3, 320e3)),
        k.RangeRow("prompt", "Prompt", (150e3, 260e3, 460e3)), k.RangeRow("", "Today", (4e3, 6e3, 9e3)),
        k.RangeRow("finetune", "Fine-tune", None, "Ruled out: answers must cite their source"),
    ),
)
RIGHT = k.RightBars(
    title="RAG may reach the 85% needed", subtitle="Expected share right", needed=0.85, words=("85% needed", "reaches it"),
    bars=(
        k.RangeRow("rag", "RAG", (0.78, 0.84, 0.9), "2 in 5"), k.RangeRow("hybrid", "Hybrid", (0.8, 0.86, 0.93), "3 in 5"),
        k.RangeRow("prompt", "Prompt", (0.05, 0.12, 0.3), "under 5%"),
    ),
)
_MONTHS = tuple(float(month) for month in range(0, 37, 3))


def curve(pattern: str, build: float, low: float, middle: float, high: float) -> k.Curve:
    ways = (tuple(start + step * month for month in _MONTHS) for start, step in ((build, low), (build, middle), (build * 1.2, high)))
    return k.Curve(pattern, NAMES[pattern], *ways)


CURVES = k.Curves(
    title="RAG pays back its extra build in month 7", currency="EUR", months=_MONTHS,
    curves=(curve("prompt", 5e3, 4e3, 7.1e3, 12.6e3), curve("hybrid", 50e3, 3.9e3, 5.2e3, 7.2e3), curve("rag", 22e3, 3e3, 4.6e3, 6.7e3)),
    break_even=k.BreakEven(7, 54e3, 3, None, "RAG breaks even with a prompt in month 7", "80% range: month 3 to beyond 36"),
)
TORNADO = k.Tornado(
    title="No single assumption turns it round", currency="EUR", base=88e3,
    swings=(
        k.Swing("Wrong answers, prompt", 13e3, 201e3, "20", "45"), k.Swing("Cost of a wrong answer", 21e3, 178e3, "€3", "€10"),
        k.Swing("Calls a month", 40e3, 152e3, "25k", "60k"), k.Swing("Wrong answers, RAG", 118e3, 43e3, "8", "18"),
        k.Swing("Days to build RAG", 95e3, 75e3, "10", "30"),
    ),
)
RELIABILITY = k.Reliability(
    title="Stated chances come true",
    bins=(k.Bin(0.35, 0.4, 0.2, 0.62, 13), k.Bin(0.5, 0.46, 0.26, 0.68, 13), k.Bin(0.9, 0.93, 0.7, 0.98, 14)),
)
PLOT = Plot(
    title="Long cases cost more", titles=("", "Hours a month"), across=("Claims triage", "Policy wording", "Renewals"),
    series=(
        Series("2025", "bar", (0, 1, 2), (120, 80, -15)), Series("2026", "bar", (0, 1, 2), (140, 60, 20)), Series("Agreed", "line", (0, 1, 2), (100, 90, 30)),
        Series("RAG", "points", (0, 1), (55, 40)),
    ),
)
PICTURE = Picture(title="", said="A red square", content="data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=", wide=300, tall=200)
TOLD = ToldBars(
    title="Told, measured, and what the difference is worth", subtitle="Bar: 80% range that was told", heads=("Quantity", "Told", "80% range", "Measured", "Lies", "Worth, € thousand"),
    bars=(
        ToldRow("Answers right", (0.74, 0.81, 0.87), 0.84, ("81%", "74% to 87%", "84%", "within", "12")),
        ToldRow("Share of the staff that uses it every day", (0.64, 0.8, 0.88), 0.58, ("80%", "64% to 88%", "58%", "▼ below", "−40")),
        ToldRow("Prices, answers and all else", None, None, ("", "", "", "", "1")),
        ToldRow("Gain over 36 months", (-14e3, 64e3, 139e3), 37e3, ("€64k", "−€14k to €139k", "€37k", "expected", "−27"), reckoned=True),
    ),
)
CHARTS = (MAP, WATERFALL, SHARES, FLIPS, PATH, RANGES, RIGHT, CURVES, TORNADO, RELIABILITY, PLOT, PICTURE, TOLD)

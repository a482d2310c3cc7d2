"""Tasks whose right pattern is known, and a model that answers by script: it knows a fact only where a text shows it, a manner only where it is trained."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from command_line import run as command
from rapidfuzz import fuzz, process
from scripted_server import ScriptedServer

from advisorkit.bakeoff.model import Caller, Message, Told
from advisorkit.bakeoff.texts import gathered, plain
from advisorkit.bakeoff.trial import NEAR, Item, Sample, Trial, WayId, sampled
from advisorkit.intake.outgoing import Endpoint

WAYS: tuple[WayId, ...] = ("zero", "nearest", "rag", "tuned", "both")
PRODUCTS = ("atlas", "bison", "cedar", "delta", "ember", "falcon", "garnet", "harbour", "indigo", "jasper")
TASKS = {"facts": ("rag", {"facts": True}), "manner": ("tuned", {"manner": True}), "both": ("both", {"facts": True, "manner": True})}
"""By task: the way that is right for it, and what it needs."""
REGIONS = ("north", "southern", "eastside", "wessex", "centre", "lagoon", "uplands", "islands")

ENGAGEMENT = """advisorkit: 1
client: Acme
currency: EUR
as_of: 2026-11-20
workflows:
  - id: tariffs
    name: Answer questions on tariffs
    answers: {calls_per_month: 20000}
"""


def fact(product: str, region: str) -> str:
    return f"{product[:2]}{region[:2]}{len(product) * 7 + len(region)}"


def items() -> list[Item]:
    pairs = [(product, region) for product in PRODUCTS for region in REGIONS]
    return [Item(f"{p}-{r}", f"Which tariff has the {p} plan in the {r} region?", fact(p, r), passage=f"{p}.txt") for p, r in pairs]


def leaking(sample: Sample, texts: Sequence[str]) -> list[str]:
    """Names of tried cases whose input, or a near-double of it, is one of some texts."""
    said = [plain(one.input) for one in sample.tried]
    likeness = process.cdist(said, [plain(one) for one in texts], scorer=fuzz.token_sort_ratio, score_cutoff=NEAR, dtype=np.uint8) if texts else np.zeros((len(said), 1))
    return [one.case for one, row in zip(sample.tried, likeness, strict=True) if row.any()]


@cache
def trial(seed: int, tried: int = 40, ways: tuple[WayId, ...] = WAYS, url: str = "http://127.0.0.1:9") -> Trial:
    """80 questions on ten texts, one text a product with a line for each region."""
    texts = {f"{p}.txt": "\n".join(f"The {p} plan in the {r} region has tariff {fact(p, r)}." for r in REGIONS) for p in PRODUCTS}
    sample: Sample = sampled(items(), None, tried, seed)
    return Trial("tariffs", date(2026, 11, 20), sample, ways, "Answer questions on tariffs.", gathered(texts), url, "plain", "trained", seed=seed)


def planned_at(server: ScriptedServer, file: Path, rows: str, *more: object) -> dict[str, Any]:
    """What the plan of a sample says as JSON; nothing is sent."""
    file.write_text(ENGAGEMENT.replace("workflows:", f"endpoints: ['{server.url}']\nworkflows:"), encoding="utf-8")
    (file.parent / "s.csv").write_text(rows, encoding="utf-8")
    done = command("bakeoff", "plan", file, "--sample", file.parent / "s.csv", "--endpoint", server.url, "--model", "m", *more, "--json")
    assert (done.exit_code, server.bodies) == (0, []), done.output
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@dataclass(slots=True)
class Scripted(Caller):
    """Right in 19 of 20 where it has what the task needs, in 1 of 20 where it lacks something."""

    endpoint: Endpoint = field(default_factory=lambda: Endpoint("http://127.0.0.1:9", "plain", ""))
    facts: bool = False
    manner: bool = False
    able: float = 0.95
    unable: float = 0.05
    seed: int = 0

    def ask(self, messages: Sequence[Message], schema: Mapping[str, Any] | None = None, most_tokens: int = 400, model: str = "") -> Told:  # noqa: ARG002
        asked = messages[-1]["content"]
        product, region = re.findall(r"the (\w+) plan in the (\w+) region", asked)[0]
        shown = f"tariff {fact(product, region)}" in messages[0]["content"]
        able = (shown or not self.facts) and (model == "trained" or not self.manner)
        luck = int(hashlib.sha256(f"{self.seed} {model} {messages}".encode()).hexdigest()[:8], 16) / 2**32
        text = fact(product, region) if luck < (self.able if able else self.unable) else "none of these"
        return Told(text, sum(len(one["content"].split()) for one in messages), len(text.split()), 0.5)

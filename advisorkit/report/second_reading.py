"""A model's own reading of the notes beside the advice: for the consultant's eyes, called by no client's page."""

from collections.abc import Mapping

from advisorkit.advice.words import whole_percents
from advisorkit.export.blocks import Cell, Table, table_of
from advisorkit.files.texts import Texts, spoken
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.quantities import day, hundredths

TEXTS = Texts("briefing")


@spoken
def beside(study: Study) -> tuple[Table, ...]:
    """Both chances of each pattern with the words that the model quotes; where the likeliest differ, what to ask next. Nothing without such a reading."""
    found, own = study.workflow.second_reading, study.decision.chances
    if found is None:
        return ()
    seen = whole_percents({p: found.chances.get(p, 0.0) for p in PATTERNS})
    rows = [(Cell(study.name(p), p), hundredths(own[p]), hundredths(seen[p]), found.quotes.get(p, "")) for p in PATTERNS]
    first, read = study.decision.order[0], max(PATTERNS, key=lambda pattern: found.chances.get(pattern, 0.0))
    question = _to_ask(study, {p: found.chances.get(p, 0.0) - own[p] / 100 for p in PATTERNS})
    asked = TEXTS.say("second.ask", question=study.catalog.criterion(question).question) if question else TEXTS.say("second.no_ask")
    note = TEXTS.say("second.agree", own=study.name(first)) if first == read else TEXTS.say("second.differ", own=study.name(first), read=study.name(read), asked=asked)
    title = TEXTS.say("second.title", model=found.model, day=day(found.date))
    return (table_of(title, TEXTS.columns("second.head"), rows, (1, 2), subtitle=TEXTS.say("second.sub"), note=note),)


def _to_ask(study: Study, apart: Mapping[PatternId, float]) -> str:
    """The open question that weighs most on the need on which two readings are furthest `apart`; empty where nothing is open."""
    looked_up = abs(apart["rag"] + apart["hybrid"]) >= abs(apart["finetune"] + apart["hybrid"])
    weights = {
        one.criterion: [level.retrieval if looked_up else level.training for level in study.catalog.criterion(one.criterion).levels]
        for one in study.advice.next_questions
    }
    return max(weights, key=lambda name: max(weights[name]) - min(weights[name]), default="")

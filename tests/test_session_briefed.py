"""What a model took from notes, on the consultant's screen and nowhere else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import advisorkit as ak
from advisorkit.store.reading import read
from advisorkit.store.writing import write
from advisorkit.study.study import studies
from advisorkit.values.engagement import Answer
from advisorkit.values.people import SecondReading


def test_what_a_model_took_from_notes_is_accepted_changed_or_dropped_and_no_client_sees_it(tmp_path: Path) -> None:
    file = Path(shutil.copy(Path(__file__).parent / "browser" / "harbour.yaml", tmp_path))
    quoted = Answer(("monthly",), confidence="guess", private_note="“The wordings change once a month.”")
    before = read(file)
    answers = {**before.workflows[0].answers, "knowledge_change": quoted, "sponsor": replace(quoted, levels=("named",), private_note="“Ms Okoro pays.”")}
    reading = SecondReading(date(2026, 11, 30), "a-model", {"finetune": 0.9, "prompt": 0.1}, {"finetune": "Kanarienvogel sings alike."})
    write(file, before.having(replace(before.workflows[0], answers=answers, second_reading=reading)))
    work = ak.open(file)
    work.ui.brief()
    show = work.ui._screen

    guesses, second = (one["html"] for one in show.view["blocks brief"]["blocks"])
    assert "The wordings change once a month." in guesses and "is-quote" in guesses
    assert "Kanarienvogel" in second and "90%" in second and "They differ" in second and "Ask next: " in second
    (plain,) = studies(before.having(replace(before.workflows[0], answers=answers)), only=[before.workflows[0].id])
    assert work.assess().belief == plain.advice.belief, "the second reading enters no sum"

    show.edit("accept", {"criterion": "knowledge_change"})
    show.edit("forget", {"criterion": "sponsor"})
    assert work.state.current.answers["knowledge_change"].confidence == "known" and "sponsor" not in work.state.current.answers
    assert "Okoro" not in str(show.view["blocks brief"])
    work.undo()
    assert "sponsor" in work.state.current.answers
    show.edit("forget", {"criterion": "no_such"})
    assert "no_such" in str(show.look.faults)

    show.edit("present", {"on": True})
    assert show.view["blocks brief"]["blocks"] == []
    made = work.report()
    assert Path(made.out) == show.delivery.out, "calls and the page Deliver write to one folder"
    assert "Kanarienvogel" not in (show.delivery.out / made.deliverables[0].path).read_text() and "Okoro" not in str(made)

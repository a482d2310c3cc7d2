"""A trial beside which the page goes on: it is stopped by its own button, in a notebook and where no kernel's stop is to be had."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

from planted import ENGAGEMENT, items
from scripted_server import scripted

import advisorkit as ak


def test_a_trial_that_runs_is_stopped_by_its_button_while_questions_are_answered(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    (tmp_path / "cases.csv").write_text("case,input,expected\n" + "".join(f"{one.case},{one.input},{one.case.split('-')[1]}\n" for one in items()[:40]), encoding="utf-8")
    pressed, heard = threading.Event(), list[object]()

    def reply(body: dict[str, object]) -> str:
        heard.append(body)
        if len(heard) >= 10:
            pressed.wait(60)  # however fast it answers, nothing more comes before the button is pressed
        return json.dumps({"answer": str(body["messages"][-1]["content"]).split()[8]})  # type: ignore[index]

    async def until(there: object) -> None:
        while not there():  # type: ignore[operator]  # noqa: ASYNC110  widgets set no event
            await asyncio.sleep(0.01)

    async def session() -> None:
        with scripted(reply) as server:
            file.write_text(ENGAGEMENT.replace("workflows:", f"endpoints: ['{server.url}']\nworkflows:"), encoding="utf-8")
            parts = (work := ak.open(file)).ui.bakeoff
            *fields, plan, _ = parts.plan().children
            _, by, cost, _ = parts.consent().children
            button, bar, told = parts.run().children
            for field, value in zip(fields, ("", "", server.url, "m", "", "", "openai:gpt-5-mini"), strict=True):
                field.value = value
            plan.click()
            by.value, cost.value = "Ann", 5
            button.click()
            assert button.description == "Stop" and told.value.count("cases answered") <= 1, "the page goes on at once"
            await until(lambda: len(server.bodies) >= 10 and work.engagement.consents)
            work.answer("citations", "required")
            work.save()
            button.click()
            pressed.set()
            await until(lambda: button.description == "Run")
            assert "it was stopped before" in told.value and bar.value < bar.max
            stopped = len(server.bodies)
            button.click()
            await until(lambda: len(server.bodies) > stopped and button.description == "Run")
            assert bar.value == bar.max
            assert len({json.dumps(body) for body in server.bodies}) == len(server.bodies), "what was answered before is not asked again"
        assert work.engagement.workflows[0].answers["citations"].levels == ("required",)
        assert [one.by for one in work.engagement.consents] == ["Ann"] and work.engagement.workflows[0].pilots

    asyncio.run(asyncio.wait_for(session(), 600))

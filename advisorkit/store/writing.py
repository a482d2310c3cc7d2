"""Engagement files out: a first draft, the text of a value, changes into an accepted file, all whole or not at all."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template
from textwrap import wrap

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.files.disk import SourceText, decode, fingerprint, read_bytes, write_bytes
from advisorkit.files.numbers import is_number
from advisorkit.files.trees import Fields, Items, Node, Scalar, parse
from advisorkit.files.typed import Plain
from advisorkit.store.reading import CONTEXT, FORMAT, Loaded, document, understand, understand_tree
from advisorkit.values.criteria import TOPICS, Criterion
from advisorkit.values.engagement import Engagement, Scenario, Workflow
from advisorkit.values.messages import EngagementError, UsageError, here

Edit = tuple[int, int, str]

_MAY_BE_EMPTY = {one.name for cls in (Engagement, Workflow, Scenario) for one in fields(cls) if one.default_factory is dict}


def patched(text: str, root: Node, old: Plain, new: Plain) -> str:
    r"""`text` with the differences between two documents of it written in.

    `root` is the strict tree of `text`, `old` the document that it holds, `new` the one wanted.

    Example:
        >>> from advisorkit.files.trees import parse_yaml
        >>> text = "a: 1   # first\nb: 2\n"
        >>> patched(text, parse_yaml(text, "x.yaml"), {"a": 1, "b": 2}, {"a": 5, "b": 2})
        'a: 5   # first\nb: 2\n'
    """
    work = _Work(text, [])
    work.change(root, old, new)
    order = sorted(range(len(work.edits)), key=lambda i: (work.edits[i][0], i), reverse=True)
    for start, end, words in (work.edits[i] for i in order):
        text = text[:start] + words + text[end:]
    return text


@dataclass(frozen=True, slots=True)
class _Work:
    text: str
    edits: list[Edit]

    def change(self, node: Node, old: Plain, new: Plain) -> None:
        """Note the edits that turn what stands at a block `node` from `old` into `new`."""
        if isinstance(node, Fields):
            self._fields(node, old, new)
        elif isinstance(node, Items):
            self._items(node, old, new)

    def _fields(self, node: Fields, old: Mapping[str, Plain], new: Mapping[str, Plain]) -> None:
        members = {key.text: (key, value) for key, value in node.fields}
        for name, (key, value) in members.items():
            if name in new and (name not in old or old[name] != new[name]):
                self._replace(key, value, old.get(name), new[name])
            elif name in old and name not in new:
                self._drop(key, value, old[name])
        added = {name: part for name, part in new.items() if name not in members and part != old.get(name)}
        if added:
            self._insert(self._trim(node), block(added, self._column(node.fields[0][0].span[0])))

    def _drop(self, key: Scalar, value: Node, old: Plain) -> None:
        if key.text in _MAY_BE_EMPTY and self._editable(value, old, {}):
            self.change(value, old, {})
        else:
            self._cut(key, value)

    def _replace(self, key: Scalar, value: Node, old: Plain, new: Plain) -> None:
        colon = self.text.index(":", key.span[1]) + 1
        if self._editable(value, old, new):
            self.change(value, old, new)
        elif isinstance(value, Items) and not value.flow and isinstance(old, list) and _reordered(old, new):
            whence = [value.items[old.index(part)] for part in new]
            self.edits.extend((to.span[0], self._trim(to), self.text[part.span[0] : self._trim(part)]) for to, part in zip(value.items, whence, strict=True))
        elif (_empty(value) or not (isinstance(value, Scalar) or value.flow)) and (isinstance(new, Mapping) or _mappings(new)):
            self.edits.append((colon, max(colon, self._trim(value)), ""))
            self._insert(self._trim(value), block(new, self._column(key.span[0]) + 2))
        else:
            self.edits.append((colon, max(colon, self._trim(value)), f" {inline(new)}"))

    def _editable(self, value: Node, old: Plain, new: Plain) -> bool:
        if isinstance(value, Fields):
            return bool(value.fields) and not value.flow and isinstance(old, Mapping) and isinstance(new, Mapping)
        return isinstance(value, Items) and not value.flow and _extends(old, new)

    def _items(self, node: Items, old: Sequence[Plain], new: Sequence[Plain]) -> None:
        fresh = {_id(part, i): part for i, part in enumerate(new)}
        for i, (member, part) in enumerate(zip(node.items, old, strict=True)):
            wanted = fresh.pop(_id(part, i), None)
            if wanted is None:
                self._cut(member, member)
            elif wanted != part and _holds_first(member, wanted):
                self.change(member, part, wanted)
            elif wanted != part:
                self.edits.append((member.span[0], self._trim(member), inline(wanted)))
        if fresh:
            self._insert(self._trim(node), block(list(fresh.values()), self._column(node.span[0])))

    def _cut(self, first: Node, last: Node) -> None:
        start = self.text.rfind("\n", 0, first.span[0])
        start -= self.text[max(start - 1, 0) : start] == "\r"
        self.edits.append((max(start, 0), self._line_end(self._trim(last)), ""))

    def _insert(self, after: int, lines: Sequence[str]) -> None:
        end = self._past_comments(self._line_end(after), indent=len(lines[0]) - len(lines[0].lstrip()))
        mark = "\r\n" if "\r\n" in self.text else "\n"
        self.edits.append((end, end, "".join(mark + line for line in lines)))

    def _past_comments(self, end: int, *, indent: int) -> int:
        """`end`, or where the comments below it end that stand deeper than `indent` and so belong to what is above."""
        below = re.compile(rf"(?:(?:\r?\n[ \t]*)*\r?\n {{{indent + 1},}}#[^\r\n]*)*").match(self.text, end)
        return below.end() if below else end

    def _line_end(self, position: int) -> int:
        end = self.text.find("\n", position)
        end = len(self.text) if end < 0 else end
        return end - (self.text[end - 1 : end] == "\r")

    def _trim(self, node: Node) -> int:
        start, end = node.span
        return start + len(self.text[start:end].rstrip())

    def _column(self, position: int) -> int:
        return position - self.text.rfind("\n", 0, position) - 1


def _id(part: Plain, position: int) -> object:
    return part.get("id", position) if isinstance(part, Mapping) else position


def _empty(value: Node) -> bool:
    match value:
        case Scalar(text=text, kind=kind):
            return not text and kind == "plain"
        case Items(items=parts) | Fields(fields=parts):
            return not parts


def _mappings(value: Plain) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, Mapping) for part in value)


def _holds_first(member: Node, wanted: Plain) -> bool:
    """Whether the key that stands beside the dash stays, so that lines can be changed one by one."""
    return isinstance(member, Fields) and not member.flow and member.fields[0][0].text in wanted


def _reordered(old: list[Plain], new: Plain) -> bool:
    return isinstance(new, list) and _mappings(old) and sorted(map(repr, old)) == sorted(map(repr, new))


def _extends(old: Plain, new: Plain) -> bool:
    """Whether `new` is `old` with members changed, dropped or added at its end."""
    if not _mappings(old) or not _mappings(new):
        return False
    before, after = ([_id(part, i) for i, part in enumerate(parts)] for parts in (old, new))
    kept = [name for name in before if name in after]
    return bool(kept) and after[: len(kept)] == kept


def to_json(engagement: Engagement) -> str:
    """Canonical JSON: sorted keys, no spaces; equal engagements give equal text, and `read` accepts it.

    Example:
        >>> from datetime import date
        >>> from advisorkit.values.engagement import Workflow
        >>> to_json(Engagement("a", "A", "EUR", date(2026, 11, 20), (Workflow("w", "W"),)))[:40]
        '{"advisorkit":1,"as_of":"2026-11-20","cl'
    """
    return json.dumps(document(engagement), ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


_PLAIN = re.compile(r"[^\W_]([\w .()/%+'€$£;-]*[\w.)%'])?")
_READ_OTHERWISE = {"true", "false", "null"}
_BREAKS = re.compile("[\x85\u2028\u2029\ufeff\ufffe\uffff\x7f-\x9f]")
_WIDTH = 110


def scalar(value: Plain) -> str:
    """One value as YAML: plain where nothing can be misread, else in double quotes.

    Example:
        >>> [scalar(v) for v in (0.82, True, "legal asked", "350", "a: b")]
        ['0.82', 'true', 'legal asked', '"350"', '"a: b"']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if _PLAIN.fullmatch(value) and not is_number(value) and value.lower() not in _READ_OTHERWISE and len(value) < 1000:
        return str(value)
    return _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def inline(value: Plain) -> str:
    """A value on one line, in brackets or braces where it has parts.

    Example:
        >>> inline({"file": "p.csv", "rates": [1, 2]})
        '{file: p.csv, rates: [1, 2]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(inline, value)) + "]"
    return scalar(value)


def block(value: Plain, indent: int = 0) -> list[str]:
    """Lines of a mapping or list, parts indented by two spaces; what fits goes on one line.

    Example:
        >>> block({"a": [{"id": "x", "n": {"k": 1}}]})
        ['a:', '  - id: x', '    n: {k: 1}']
    """
    pad = " " * indent
    if isinstance(value, Mapping):
        return [line for key, part in value.items() for line in _member(scalar(key), part, indent)]
    lines = []
    for part in value:
        first, *rest = block(part, indent + 2) if isinstance(part, Mapping) and part else [pad + "  " + inline(part)]
        lines += [f"{pad}- {first[indent + 2 :]}", *rest]
    return lines


def _member(key: str, value: Plain, indent: int) -> list[str]:
    pad = " " * indent
    if not _deep(value) or not value:
        short = f"{pad}{key}: {inline(value)}"
        if isinstance(value, str | int | float) or not value or len(short) <= _WIDTH:
            return [short]
    return [f"{pad}{key}:", *block(value, indent + 2)]


def _deep(value: Plain) -> bool:
    if isinstance(value, Mapping):
        return len(value) > 3 or any(isinstance(part, Mapping) for part in value.values())
    return isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(v, Mapping) for v in value)


def text(engagement: Engagement) -> str:
    """An engagement as the YAML of a fresh file.

    Example:
        >>> from datetime import date
        >>> from advisorkit.values.engagement import Workflow
        >>> print(text(Engagement("a", "A Ltd", "EUR", date(2026, 11, 20), (Workflow("w", "W"),))), end="")
        advisorkit: 1
        id: a
        client: A Ltd
        currency: EUR
        as_of: 2026-11-20
        workflows:
          - id: w
            name: W
    """
    return "\n".join(block(document(engagement))) + "\n"


def write(path: str | Path, engagement: Engagement, fingerprint: str | None = None) -> Loaded:
    """Write a new file, or the changes into the file that is there, keeping its comments and order.

    With `fingerprint` (of `Loaded`) the file must be as it was read. The file is replaced in one step.

    Raises:
        EngagementError: If the file that is there cannot be read as an engagement; it is left alone.
        UsageError: If it changed on disk since it was read, or cannot be written.
    """
    there = _there(Path(path), fingerprint)
    content, notices = (_fresh(str(path), engagement), ()) if there is None else _changed(SourceText(str(path), decode(there, str(path))[0], ""), engagement)
    raw = content.encode()
    try:
        write_bytes(path, raw, lambda: _look_again(Path(path), there))
    except OSError as error:
        raise UsageError(here("{}: cannot be written: {}", path, error.strerror or error)) from None
    return Loaded(engagement, notices, _hash(raw))


_hash = fingerprint


def _there(path: Path, known: str | None) -> bytes | None:
    """What the file holds, None when there is none; refused when it is no longer what is `known`."""
    if not path.exists():
        if known is not None:
            raise UsageError(here("{}: is gone since it was read; nothing was written", path))
        return None
    raw = read_bytes(path)
    if known is not None and _hash(raw) != known:
        raise UsageError(here("{}: was changed by somebody else since it was read; open it again; nothing was written", path))
    return raw


def _look_again(path: Path, there: bytes | None) -> None:
    """Refuse where the file is no longer what was `there`."""
    if there is None and path.exists():
        raise UsageError(here("{}: was put there by somebody else meanwhile; nothing was written", path))
    _there(path, None if there is None else _hash(there))


def _changed(source: SourceText, engagement: Engagement) -> tuple[str, tuple[str, ...]]:
    root = parse(source)
    before = understand_tree(root, source.file)
    if source.file.lower().endswith(".json"):
        return _fresh(source.file, engagement), ()
    if isinstance(root, Fields) and not root.flow:
        content = patched(source.text, root, document(before), document(engagement))
        with suppress(EngagementError):
            if understand(SourceText(source.file, content, "")) == engagement:
                return content, ()
    return _fresh(source.file, engagement), (here("{}: was written anew; comments in it were not kept", source.file),)


def _fresh(file: str, engagement: Engagement) -> str:
    content = to_json(engagement) if file.lower().endswith(".json") else text(engagement)
    if understand(SourceText(file, content, "")) != engagement:
        raise UsageError(here("{}: the engagement holds values that a file cannot keep; nothing was written", file))
    return content


def new(id: str, client: str, currency: str, as_of: date) -> str:
    """Text of a fresh engagement file with one workflow and the core questions as comments.

    Example:
        >>> text = new("acme", "Acme", "EUR", date(2026, 11, 20))
        >>> "      # knowledge_change:" in text
        True
    """
    page = Template((files("advisorkit") / "data" / "text" / "en" / "engagement.txt").read_text("utf-8"))
    return page.substitute(
        format=FORMAT, id=scalar(id), client=scalar(client), currency=scalar(currency), as_of=as_of.isoformat(),
        context="\n".join(f"      # {name}: ..." for name in CONTEXT), questions="\n".join(_questions()),
    )


def _questions() -> Iterator[str]:
    catalog = load_catalog()
    for topic in TOPICS:
        asked = [row for row in catalog.criteria.values() if row.topic == topic and row.core and not row.derived]
        if asked:
            yield f"      # {catalog.topics.get(topic, topic)}"
        for row in asked:
            yield from (f"      #   {line}" for line in wrap(row.question, 100))
            yield f"      # {row.id}:    # {_hint(row)}"


def _hint(row: Criterion) -> str:
    words = " | ".join(level.id for level in row.levels) if row.words else ""
    number = f"a number ({row.unit})" if row.unit else ""
    return " or ".join(part for part in (words, number) if part)

"""Strict YAML and JSON: a tree of text with line numbers, before anything is taken for a number or a date.

YAML anchors, aliases, merge keys and tags, duplicate keys and deep nesting are refused while the text is
scanned, so no expansion can happen. ``NO``, ``007`` and ``1:30`` stay text until typed validation decides.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from advisorkit.files.disk import SourceText
from advisorkit.values.messages import EngagementError, Fault, here, on_line, printable

MAX_DEPTH = 12
"""Deepest nesting accepted."""

MAX_VALUES = 500_000
"""Most values of a YAML text, so that reading it ends in seconds."""
Span = tuple[int, int]
"""Where something starts in a text and where it has ended, in characters."""

MAX_DEEP = 60
"""Deepest nesting of what tools write."""
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
"""Unquoted words of YAML where nothing is meant."""
_PLAIN: dict[object, Literal["plain", "text"]] = {None: "plain", "": "plain"}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as written."""

    text: str
    """The characters, unquoted."""
    line: int
    """Line, from 1; 0 when unknown, as in JSON."""
    kind: Literal["plain", "text", "number", "bool"] = "plain"
    """plain: unquoted YAML, may be anything; text: quoted; number and bool: so written in JSON."""
    span: Span = field(default=(0, 0), repr=False, compare=False)
    """First and last but one character in the text; zeros in JSON."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    """Its members."""
    line: int
    """Line on which it starts."""
    span: Span = field(default=(0, 0), repr=False, compare=False)
    """As for a scalar; a block ends with its last value."""
    flow: bool = field(default=False, repr=False, compare=False)
    """Whether it is written in brackets or braces."""


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping."""

    fields: tuple[tuple[Scalar, Node], ...]
    """Keys, each once, and values."""
    line: int
    """Line on which it starts."""
    span: Span = field(default=(0, 0), repr=False, compare=False)
    """As for a scalar; a block ends with its last value."""
    flow: bool = field(default=False, repr=False, compare=False)
    """Whether it is written in brackets or braces."""


Node = Scalar | Items | Fields


def shown(text: str, most: int = 60) -> str:
    """What a file says, fit for a one-line message: printable characters only, cut after `most`.

    Example:
        >>> shown("bell" + chr(7) + chr(10) + "x" * 99, 8)
        'bell··xx…'
    """
    return printable(text[:most]).replace("\n", "·") + ("…" if len(text) > most else "")


def parse(source: SourceText) -> Node:
    """Tree of a YAML text, or of a JSON text when the file's name ends in ``.json``.

    Raises:
        EngagementError: If the text is not well formed or uses what is refused; carries every duplicate key.
    """
    read = parse_json if source.file.lower().endswith(".json") else parse_yaml
    return read(source.text, source.file)


def parse_yaml(text: str, file: str) -> Node:
    """Tree of one YAML document.

    Raises:
        EngagementError: For syntax errors, anchors, aliases, merge keys, tags, duplicate keys, a second
            document or nesting beyond `MAX_DEPTH`.

    Example:
        >>> parse_yaml("country: NO", "a.yaml").fields[0][1].text
        'NO'
    """
    faults: list[Fault] = []
    try:
        events = _allowed(yaml.parse(text, Loader=_LOADER), file)
        next(events), next(events)
        root = _build(next(events, None), events, file, faults)
        next(events)
        if isinstance(extra := next(events), yaml.DocumentStartEvent):
            _refuse(file, extra, "a second document starts here; keep one engagement in a file")
    except yaml.MarkedYAMLError as error:
        raise EngagementError([_syntax(file, text, error)]) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1 if isinstance(error.position, int) else 1
        raise EngagementError([Fault(file, on_line(line), "holds a control character; remove it")]) from None
    if faults:
        raise EngagementError(faults)
    return root


def parse_tools_yaml(text: str, file: str) -> Any:
    r"""Plain data of a YAML text as tools write it: aliases are followed, up to `MAX_VALUES` values in all.

    Raises:
        EngagementError: For syntax errors, tags, merge keys, too many values or nesting beyond `MAX_DEEP`.

    Example:
        >>> parse_tools_yaml("a: &x [1, true]\nb: *x", "a.yaml")
        {'a': [1, True], 'b': [1, True]}
    """
    left = iter(range(MAX_VALUES))

    def data(node: Any, depth: int) -> Any:
        if next(left, None) is None or depth > MAX_DEEP:
            _refuse(file, node, here("holds more than {:,} values, or some more than {} deep", MAX_VALUES, MAX_DEEP))
        if isinstance(node, yaml.ScalarNode):
            return _plain(node)
        if isinstance(node, yaml.SequenceNode):
            return [data(one, depth + 1) for one in node.value]
        if not all(isinstance(key, yaml.ScalarNode) and key.value != "<<" for key, _ in node.value):
            _refuse(file, node, "merge keys and keys that are not a single word are not accepted")
        return {key.value: data(value, depth + 1) for key, value in node.value}

    try:
        if (root := yaml.compose(text, Loader=_LOADER)) is None:
            raise EngagementError([Fault(file, "", "is empty")])
        return data(root, 0)
    except yaml.MarkedYAMLError as error:
        raise EngagementError([_syntax(file, text, error)]) from None
    except (yaml.reader.ReaderError, RecursionError):
        raise EngagementError([Fault(file, "", "holds a control character, or is nested too deep")]) from None


def _plain(node: Any) -> Any:
    """An unquoted word as JSON has it; what JSON has no word for stays text."""
    if node.style in _PLAIN and node.value in NOTHING:
        return None
    try:
        return json.loads(node.value) if node.style in _PLAIN and node.value[:1] in "-0123456789tf" else node.value
    except ValueError:
        return node.value


def _syntax(file: str, text: str, error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    line = min(mark.line, text.rstrip().count("\n")) if mark else 0
    tab = "\t" in text.split("\n")[line].partition("#")[0]
    why = here("it holds a tab; indent with spaces") if tab else error.problem or error.context
    return Fault(file, on_line(line + 1) if mark else "", here("is not well-formed YAML: {}", why))


def _refuse(file: str, event: Any, message: str) -> None:
    raise EngagementError([Fault(file, on_line(_line(event)), message)])


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _allowed(events: Iterator[Any], file: str) -> Iterator[Any]:
    depth = 0
    for count, event in enumerate(events):
        if count > MAX_VALUES:
            _refuse(file, event, here("holds more than {:,} values; split the file", MAX_VALUES))
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _refuse(file, event, "anchors and aliases (& and *) are not accepted; write the value out")
        if getattr(event, "tag", None):
            _refuse(file, event, here("tags such as {} are not accepted; write a plain value", shown(event.tag)))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                _refuse(file, event, here("is nested more than {} deep", MAX_DEPTH))
        depth -= isinstance(event, yaml.CollectionEndEvent)
        yield event


def _build(event: Any, events: Iterator[Any], file: str, faults: list[Fault]) -> Node:
    if isinstance(event, yaml.ScalarEvent):
        return Scalar(event.value, _line(event), _PLAIN.get(event.style, "text"), _span(event, event))
    if not isinstance(event, yaml.CollectionStartEvent):
        raise EngagementError([Fault(file, "", "is empty")])
    nodes = []
    while not isinstance(inner := next(events), yaml.CollectionEndEvent):
        nodes.append(_build(inner, events, file, faults))
    flow = bool(event.flow_style)
    start, end = _span(event, inner)
    span = (start, end if flow or not nodes else nodes[-1].span[1])
    if isinstance(event, yaml.SequenceStartEvent):
        return Items(tuple(nodes), _line(event), span, flow)
    return Fields(_pairs(nodes, file, faults), _line(event), span, flow)


def _span(first: Any, last: Any) -> Span:
    return int(first.start_mark.index), int(last.end_mark.index)


def _pairs(nodes: list[Node], file: str, faults: list[Fault]) -> tuple[tuple[Scalar, Node], ...]:
    """Keys with their values; a key that is there twice goes into `faults`."""
    pairs, seen = [], dict[str, int]()
    for key, value in zip(nodes[::2], nodes[1::2], strict=True):
        if not isinstance(key, Scalar) or (key.text == "<<" and key.kind == "plain"):
            message = "merge keys and keys that are not a single word are not accepted"
            raise EngagementError([Fault(file, on_line(key.line), message)])
        if key.text in seen:
            faults.append(Fault(file, on_line(key.line), here("'{}' is given twice: on lines {} and {}; keep one", shown(key.text), seen[key.text], key.line)))
        seen.setdefault(key.text, key.line)
        pairs.append((key, value))
    return tuple(pairs)


def parse_json(text: str, file: str) -> Node:
    """Tree of a JSON text; its places carry no lines.

    Raises:
        EngagementError: For syntax errors, duplicate keys, NaN, infinity or nesting beyond `MAX_DEPTH`.

    Example:
        >>> parse_json('{"a": 1e2}', "a.json").fields[0][1]
        Scalar(text='1e2', line=0, kind='number')
    """
    faults: list[Fault] = []

    def pairs(members: list[tuple[str, Any]]) -> Fields:
        twice = sorted(name for name, times in Counter(name for name, _ in members).items() if times > 1)
        faults.extend(Fault(file, "", here("'{}' is given twice in one object; keep one", shown(name))) for name in twice)
        return Fields(tuple((Scalar(name, 0, "text"), tree(value)) for name, value in members), 0)

    def number(digits: str) -> Scalar:
        return Scalar(digits, 0, "number")

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_int=number, parse_float=number, parse_constant=number)
        root = tree(value)
        deep = _depth(root) > MAX_DEPTH
    except json.JSONDecodeError as error:
        raise EngagementError([Fault(file, on_line(error.lineno), here("is not well-formed JSON: {}", error.msg))]) from None
    except RecursionError:
        raise EngagementError([Fault(file, "", here("is nested more than {} deep", MAX_DEPTH))]) from None
    if deep:
        faults.append(Fault(file, "", here("is nested more than {} deep", MAX_DEPTH)))
    if faults:
        raise EngagementError(faults)
    return root


def tree(value: Any) -> Node:
    """Tree of plain data, or of a JSON value whose objects and numbers are trees already.

    Example:
        >>> tree({"a": [1.5, True]}).fields[0][1].items
        (Scalar(text='1.5', line=0, kind='number'), Scalar(text='true', line=0, kind='bool'))
    """
    match value:
        case dict():
            return Fields(tuple((Scalar(name, 0, "text"), tree(member)) for name, member in value.items()), 0)
        case Scalar() | Fields() | Items():
            return value
        case list():
            return Items(tuple(map(tree, value)), 0)
        case bool():
            return Scalar(str(value).lower(), 0, "bool")
        case int() | float():
            return Scalar(str(value), 0, "number")
        case None:
            return Scalar("", 0, "plain")
    return Scalar(str(value), 0, "text")


def scalars(node: Node) -> Iterator[Scalar]:
    """Every single value of a tree, without keys."""
    if isinstance(node, Scalar):
        yield node
    for part in (value for _, value in node.fields) if isinstance(node, Fields) else node.items if isinstance(node, Items) else ():
        yield from scalars(part)


def _depth(node: Node) -> int:
    match node:
        case Items(items=items):
            return 1 + max(map(_depth, items), default=0)
        case Fields(fields=fields):
            return 1 + max((_depth(value) for _, value in fields), default=0)
    return 0

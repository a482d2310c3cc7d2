"""Changes written into an accepted file's text: every line that does not change keeps its bytes and comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from advisorkit.files.trees import Fields, Items, Node, Scalar
from advisorkit.files.typed import Plain
from advisorkit.store.document import block, inline
from advisorkit.values.engagement import Engagement, Scenario, Workflow

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
        elif (_empty(value) or _in_lines(value)) and (isinstance(new, Mapping) or _mappings(new)):
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
        end = self._line_end(after)
        mark = "\r\n" if "\r\n" in self.text else "\n"
        self.edits.append((end, end, "".join(mark + line for line in lines)))

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


def _in_lines(value: Node) -> bool:
    return not isinstance(value, Scalar) and not value.flow


def _mappings(value: Plain) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, Mapping) for part in value)


def _holds_first(member: Node, wanted: Plain) -> bool:
    """Whether the key that stands beside the dash stays, so that lines can be changed one by one."""
    return isinstance(member, Fields) and not member.flow and member.fields[0][0].text in wanted


def _extends(old: Plain, new: Plain) -> bool:
    """Whether `new` is `old` with members changed, dropped or added at its end."""
    if not _mappings(old) or not _mappings(new):
        return False
    before, after = ([_id(part, i) for i, part in enumerate(parts)] for parts in (old, new))
    kept = [name for name in before if name in after]
    return bool(kept) and after[: len(kept)] == kept

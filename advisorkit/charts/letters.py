"""How wide text is in the sans faces, so that charts can be laid out without a font file.

Arial, Helvetica and Liberation Sans share these advance widths (thousandths of the size).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_REGULAR = {
    191: "'", 222: "ijl’‘", 260: "|", 278: " !,./:;I[\\]ft·", 333: "()-`r“”", 334: "{}", 355: '"', 389: "*", 469: "^",
    500: "Jcksvxyz", 584: "+<=>~−×", 611: "FTZßø", 667: "&ABEKPSVXY", 722: "CDHNRUw", 778: "GOQ", 833: "Mm",
    889: "%æ", 944: "W", 1000: "→←↑↓…▼✓", 1015: "@",
}
_BOLD = {
    238: "'", 278: " ,./I\\ijl’‘·", 280: "|", 333: "!()-:;[]`ft", 389: "*r{}", 474: '"', 500: "z“”",
    584: "+<=>^~−×", 611: "?FLTZbdghnopqußø", 667: "EPSVXY", 722: "&ABCDHKNRU", 778: "GOQw", 833: "M",
    889: "%mæ", 944: "W", 975: "@", 1000: "→←↑↓…▼✓",
}
_WIDTHS = tuple({c: w for w, letters in table.items() for c in letters} for table in (_REGULAR, _BOLD))


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of one line of `text` in pixels at `size` pixels.

    Example:
        >>> width("RAG", 10), width("RAG", 10, bold=True)
        (21.67, 22.22)
    """
    table = _WIDTHS[bold]
    return round(sum(table.get(c, 556) for c in unicodedata.normalize("NFC", _plain(text))) * size / 1000, 2)


def _plain(text: str) -> str:
    split = unicodedata.normalize("NFD", text)
    return "".join(c for c in split if not unicodedata.combining(c))


def wrap(text: str, room: float, size: float, *, bold: bool = False) -> tuple[str, ...]:
    """`text` broken into lines no wider than `room` pixels; a longer word is broken.

    Example:
        >>> wrap("Knowledge changes weekly", 120, 13)
        ('Knowledge changes', 'weekly')
    """
    lines: list[str] = []
    for word in _words(text, room, size, bold):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width(joined, size, bold=bold) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    return tuple(lines)


def _words(text: str, room: float, size: float, bold: bool) -> Iterator[str]:
    for word in text.split():
        while width(word, size, bold=bold) > room and len(word) > 1:
            cut = next((n for n in range(len(word) - 1, 1, -1) if width(word[:n], size, bold=bold) <= room), 1)
            yield word[:cut]
            word = word[cut:]  # noqa: PLW2901
        yield word

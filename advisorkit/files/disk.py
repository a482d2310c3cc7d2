"""Bytes from and to the disk: limits before reading and unpacking, a fixed ladder of encodings, writes that never leave half a file."""

import codecs
import errno
import hashlib
import os
import re
import secrets
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from xml.parsers import expat

from advisorkit.values.messages import EngagementError, Fault, UsageError, here, on_line

MAX_BYTES = 20_000_000
"""Largest file read, in bytes."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class SourceText:
    """Text of a file as it was found."""

    file: str
    """Name as the user gave it."""
    text: str
    """Decoded text."""
    fingerprint: str
    """SHA-256 of the bytes, in hexadecimal."""
    notices: tuple[str, ...] = ()
    """What the reader should know, such as an old encoding."""


def read_bytes(path: str | Path) -> bytes:
    """Content of a file of at most `MAX_BYTES`.

    Raises:
        EngagementError: If it is missing, a folder, unreadable, empty or too large.
    """
    try:
        str(path).encode()
        if Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir()):
            raise EngagementError([Fault(str(path), "", "is a device or a pipe, not a file")])
        with Path(path).open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise EngagementError([Fault(str(path), "", _why(error))]) from None
    if len(raw) > MAX_BYTES:
        raise EngagementError([Fault(str(path), "", here("is larger than {} MB", MAX_BYTES // 1_000_000))])
    if not raw.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise EngagementError([Fault(str(path), "", "is empty")])
    return raw


def folder_of(path: str | Path) -> Path:
    """Where the files lie that a file names: beside itself, and not beside a link to it."""
    return (Path(path).resolve() if Path(path).is_symlink() else Path(path)).parent


def within(folder: str | Path, name: str) -> Path:
    """The file `name` inside `folder`; neither ``..`` nor a link leads out of it.

    Raises:
        EngagementError: If it lies outside.
    """
    path = Path(folder) / name
    try:
        inside = path.resolve().is_relative_to(Path(folder).resolve())
    except (OSError, RuntimeError, ValueError):  # a link to itself, a name that is no text
        raise EngagementError([Fault(name, "", "leads nowhere: it is a link to itself or no file name")]) from None
    if not inside:
        raise EngagementError([Fault(name, "", here("leads out of the folder {}; put a copy of the file inside it", folder))])
    return path


def _why(error: OSError | ValueError) -> str:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return "there is no such file"
        case IsADirectoryError():
            return "is a folder, not a file"
        case PermissionError():
            return "may not be read: permission denied"
        case OSError():
            return here("cannot be read: {}", error.strerror or error)
    return "has a name that is no text; rename it"


def decode(raw: bytes, file: str) -> tuple[str, tuple[str, ...]]:
    """Text of `raw` and what to tell the user: byte order mark, then strict UTF-8, then cp1252 with a notice; never both in one file.

    Raises:
        EngagementError: If no step of the ladder fits.

    Example:
        >>> decode("Müller".encode("cp1252"), "a.csv")
        ('Müller', ('a.csv: is not UTF-8; it was read as Windows-1252, so please check accents and signs',))
    """
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return _strict(raw, name, file), ()
    if b"\0" in raw:
        line = raw[: raw.index(0)].count(b"\n") + 1
        raise EngagementError([Fault(file, on_line(line), "holds zero bytes, as UTF-16 without its mark does: save the file as UTF-8")])
    with suppress(UnicodeDecodeError):
        return raw.decode("utf-8"), ()
    odd = [(number, _is_utf8(line)) for number, line in enumerate(raw.split(b"\n"), 1) if not line.isascii()]
    if ours := next((number for number, fits in odd if fits), 0):
        theirs = next(number for number, fits in odd if not fits)
        raise EngagementError([Fault(file, on_line(theirs), here("is not UTF-8, and line {} is: save the whole file as UTF-8", ours))])
    text = _strict(raw, "cp1252", file)
    return text, (here("{}: is not UTF-8; it was read as Windows-1252, so please check accents and signs", file),)


def _is_utf8(line: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        return bool(line.decode("utf-8"))
    return False


def lines(text: str) -> list[str]:
    """Lines of `text`; signs such as U+2028, at which ``str.splitlines`` breaks as well, belong to what is said.

    Example:
        >>> len(lines("a" + chr(0x2028) + "b" + chr(13) + chr(10) + "c"))
        2
    """
    return re.split(r"\r\n|\n|\r", text)


def _strict(raw: bytes, encoding: str, file: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise EngagementError([Fault(file, on_line(line), "is not text: save the file as UTF-8")]) from None


def fingerprint(raw: bytes) -> str:
    """SHA-256 of `raw` in hexadecimal, to see whether a file changed."""
    return hashlib.sha256(raw).hexdigest()


def read_source(path: str | Path) -> SourceText:
    """Text of a file with its fingerprint and notices.

    Raises:
        EngagementError: If the file cannot be read, is too large, empty or not text.
    """
    raw = read_bytes(path)
    text, notices = decode(raw, str(path))
    return SourceText(str(path), text, fingerprint(raw), notices)


def write_bytes(path: str | Path, content: bytes, at_last: Callable[[], object] = bool) -> None:
    """Write `content` so that a crash leaves the old file or the new one, never half of either.

    Args:
        path: File to write or to replace.
        content: What it will hold.
        at_last: Called when all is written and only the replacing is left; what it raises leaves the old file.

    Raises:
        OSError: If the folder cannot be written, or the old file is write-protected; it is then untouched.
    """
    target = Path(path).resolve()
    unprotected(target)
    draft = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            draft.chmod(target.stat().st_mode & 0o777)
        at_last()
        draft.replace(target)
    except BaseException as error:
        draft.unlink(missing_ok=True)
        if isinstance(error, OSError) and not error.filename:  # such as that the disk is full
            error.filename = str(path)
        raise
    _sync_folder(target.parent)


def unprotected(path: str | Path) -> None:
    """Refuse a file that is protected against writing, which replacing it would pass over.

    Raises:
        PermissionError: If it is.
    """
    if Path(path).exists() and not Path(path).stat().st_mode & 0o222:
        raise PermissionError(errno.EACCES, "is write-protected; take the protection off, or work on a copy", str(path))


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def alone(path: Path, otherwise: str) -> Iterator[None]:
    """Keep others out as long as this one is at work; the operating system releases the lock at `path` when its holder dies.

    Raises:
        UsageError: If another one holds it; says `otherwise`.
    """
    filelock = import_module("filelock")
    try:
        held = filelock.FileLock(path).acquire(timeout=0)
    except filelock.Timeout:
        raise UsageError(otherwise) from None
    with held:
        yield


MAX_UNPACKED = 100_000_000
"""Largest total size of a workbook's unpacked parts, in bytes."""


def bounded(parts: zipfile.ZipFile, file: str) -> None:
    """Refuse a packed file before it is unpacked.

    Raises:
        EngagementError: If its parts hold more than `MAX_UNPACKED`.
    """
    if (size := sum(part.file_size for part in parts.infolist())) > MAX_UNPACKED:
        raise EngagementError([Fault(file, "", here("unpacks to {:,} MB; the most is {} MB", size // 1_000_000, MAX_UNPACKED // 1_000_000))])


def walk(
    raw: bytes, start: Callable[[str, Mapping[str, str]], object], end: Callable[[str], object] = bool, text: Callable[[str], object] = bool,
) -> None:
    """Elements of a part in order, without their prefixes; a part that declares entities is refused."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, given: start(_bare(name), {_bare(key): value for key, value in given.items()})
    parser.EndElementHandler = lambda name: end(_bare(name))
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _no_entities
    parser.Parse(raw, True)  # noqa: FBT003  it has no name


def _bare(name: str) -> str:
    return name.rpartition(":")[2]


def _no_entities(*_: object) -> None:
    raise ValueError("it declares entities")

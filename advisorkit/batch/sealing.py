"""The pack that a final document leaves beside it: all that its figures rest on, with hashes, so that they can be rebuilt and checked."""

import io
import json
import math
import os
import subprocess
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from advisorkit.batch.forks import FORKS, command, environment
from advisorkit.batch.values import Deliverable, Job
from advisorkit.catalog.prices import OWN
from advisorkit.catalog.reading import edition, own_prices, shipped
from advisorkit.files.disk import bounded, fingerprint, read_bytes, within
from advisorkit.files.trees import tree
from advisorkit.files.typed import PLACE
from advisorkit.store import reading
from advisorkit.study.documents import advice_document, cost_document
from advisorkit.study.pilots import pilots_of
from advisorkit.study.study import studies
from advisorkit.values.messages import EngagementError, Fault
from advisorkit.values.places import leaves

KIND = "sealed.zip"
"""How the names of packs end."""
SEAL, FIGURES, CLIENT = "seal.json", "figures.json", "engagement.json"
_UNSAID = {"private_note", "said_by", "second_reading", "consents"}
"""What a pack leaves out, since no figure rests on it."""
_WORDS = {"now", "recommended", "destination"}
_NEAR = 1e-9
_MOST = 12


def final(job: Job) -> bool:
    """Whether a job is about a workflow that is final."""
    found = json.loads(job.document or "{}")
    only = found.get("options", {}).get("workflows")
    return any(one.get("status") == "final" and (not only or one["id"] in only) for one in found.get("engagement", {}).get("workflows", ()))


def pack(job: Job, documents: Iterable[Deliverable]) -> bytes:
    """The pack of a job whose `documents` lie beside it; the same bytes for the same job and documents everywhere.

    It holds the client's file without private notes and who said what, marked results, prices, every other data file, the figures, and hashes.

    Raises:
        EngagementError: If the figures cannot be worked out.
    """
    found = json.loads(job.document)
    options = {name: value for name, value in found["options"].items() if name != "brand"}
    files = {CLIENT: _json(_without(found["engagement"])), **{name: b64decode(content) for name, content in found["files"].items()}}
    files |= {f"data/{name}": content for name, content in shipped().items()}
    files |= {"prices.csv": own} if (own := own_prices()) else {}
    seal: dict[str, Any] = {"advisorkit": 1, "engagement": job.engagement, **asdict(edition()), "options": options}
    files[FIGURES] = _rebuilt({**files, SEAL: _json(seal)})
    seal |= {"files": {name: fingerprint(files[name]) for name in sorted(files)}, "documents": {row.path: row.sha256 for row in documents}}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in sorted({**files, SEAL: _json(seal)}.items()):
            out.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def check(path: Path) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """The seal of a pack, and what does not hold: hashes of its files and of the documents beside it, and figures worked out again from its own inputs.

    Raises:
        EngagementError: If it is no pack.
    """
    files = _unpacked(path)
    seal, faults = json.loads(files[SEAL]), list[Fault]()
    for name in sorted({*seal["files"], *files} - {SEAL}):
        if name not in files or name not in seal["files"]:
            faults.append(Fault(str(path), name, "is missing from the pack" if name not in files else "is not in the seal"))
        elif fingerprint(files[name]) != seal["files"][name]:
            faults.append(Fault(str(path), name, "was changed after it was sealed"))
    for name, told in seal["documents"].items():
        beside = within(path.parent, name)
        if not beside.is_file() or fingerprint(read_bytes(beside)) != told:
            faults.append(Fault(str(beside), "", "is not the document that was sealed" if beside.is_file() else "does not lie beside the pack"))
    if not faults:
        faults += _differing(str(path), seal, files)
    return seal, tuple(faults)


def _unpacked(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(path))) as parts:
            bounded(parts, str(path))
            files = {name: parts.read(name) for name in parts.namelist()}
        seal, _ = json.loads(files[SEAL]), json.loads(files.get(FIGURES, b"{}"))
        whole = "version" in seal and all(isinstance(seal[name], Mapping) for name in ("files", "documents", "options"))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, KeyError, ValueError, TypeError):
        whole = False
    if not whole:
        raise EngagementError([Fault(str(path), "", "is not a sealed pack")])
    return files


def _differing(path: str, seal: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[Fault]:
    """Figures that come out otherwise when they are worked out again."""
    told, again = (dict(_figures(json.loads(content))) for content in (files[FIGURES], _rebuilt(files)))
    wrong = [name for name in dict.fromkeys((*told, *again)) if not _same(told.get(name), again.get(name))]
    for name in wrong[:_MOST]:
        yield Fault(path, name, f"was {told.get(name)} and is worked out as {again.get(name)}; sealed by version {seal.get('version')}, checked by {edition().version}")
    if len(wrong) > _MOST:
        yield Fault(path, "", f"{len(wrong) - _MOST} more figures differ")


def _same(one: Any, other: Any) -> bool:
    return math.isclose(one, other, rel_tol=_NEAR, abs_tol=_NEAR) if isinstance(one, float | int) and isinstance(other, float | int) else one == other


def _figures(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Numbers, and the words that decide, by their path; sentences may change with a version."""
    return ((path, value) for path, value in leaves(document) if not isinstance(value, str) or path.rpartition(".")[2] in _WORDS)


def _rebuilt(files: Mapping[str, bytes]) -> bytes:
    """The figures, worked out in a process that knows nothing but the pack's own files."""
    with TemporaryDirectory(prefix="pack-", dir=FORKS.scratch()) as name:
        folder = Path(name)
        for file, content in files.items():
            target = within(folder, file)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        own = {PLACE: str(folder / "data"), **({OWN: str(folder / "prices.csv")} if "prices.csv" in files else {})}
        done = subprocess.run(command("sealing", folder), env={**environment(os.environ, folder), **own}, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["it ended"])[-1].replace(str(folder), "")
            raise EngagementError([Fault("", "", f"the figures cannot be worked out from the pack: {why}")])
        return (folder / FIGURES).read_bytes()


def main(folder: str) -> None:
    """Work out the figures of the pack that was laid out in `folder`."""
    place = Path(folder)
    options = dict(json.loads((place / SEAL).read_text(encoding="utf-8"))["options"])
    found = reading.understand_tree(tree(json.loads((place / CLIENT).read_text(encoding="utf-8"))), CLIENT)
    base = found.under(options["scenario"]) if options.get("scenario") else replace(found, scenario=options.get("laid", ""))
    how = {name: options[name] for name in ("draws", "seed") if name in options}
    worked = studies(base, pilots_of(base, place / CLIENT), options.get("workflows", ()), **how)
    made = {"assess": advice_document(base, worked), **({"cost": cost_document(base, worked)} if base.priced else {})}
    (place / FIGURES).write_bytes(_json(made))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _without(value: Any) -> Any:
    """Plain data without what no figure rests on."""
    if isinstance(value, Mapping):
        return {name: _without(inner) for name, inner in value.items() if name not in _UNSAID}
    return [_without(inner) for inner in value] if isinstance(value, list) else value

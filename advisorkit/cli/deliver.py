"""Commands that make and check things: report, seal, batch, demo, live, doctor, prices, calibrate."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from advisorkit.batch.values import BatchResult, Deliverable, Engine, Limits, Pace
from advisorkit.catalog.prices import append, load as load_prices, prices_table, refresh
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.charts.kinds import Bin, Reliability
from advisorkit.cli import console
from advisorkit.cli.console import AcceptStale, Json, Listed, MappingFile, ScenarioName, ScenarioNames, Sets
from advisorkit.export.blocks import Block, Table, Text, table_of
from advisorkit.export.brand import Brand as Sender, read_brand
from advisorkit.export.formats import RENDERERS, chosen, ready
from advisorkit.files.disk import folder_of, write_bytes
from advisorkit.files.tables import KINDS
from advisorkit.intake.mapping import read_mapping
from advisorkit.store import samples
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import EngagementError, UsageError


def _place(words: str) -> str:
    if not words.strip():
        raise typer.BadParameter("name a folder; a full stop is this one")
    return words


Folder = Annotated[str, typer.Option("--out", metavar="DIR", callback=_place, help="Folder for what is made.")]
Formats = Annotated[str, typer.Option("--to", metavar="FORMAT,…", help=f"Formats, parted by commas; {', '.join(RENDERERS)} today.")]
TemplateName = Annotated[str, typer.Option("--template", metavar="NAME", help="Template notebook.")]
Brand = Annotated[Path | None, typer.Option("--brand", metavar="FILE", help="Your brand file (YAML).")]
Interactive = Annotated[bool, typer.Option("--interactive", help="Charts that answer to the mouse; a larger file.")]
EngineName = Annotated[Engine, typer.Option("--engine", help="How notebooks are run.")]


def _formats(words: str) -> tuple[str, ...]:
    found = chosen((word.strip() for word in words.split(",") if word.strip()), f"--to {words}: ")
    if not found:
        raise UsageError("--to: name at least one format")
    return found


def _sender(brand: Path | None, formats: Iterable[str]) -> Sender | None:
    """The brand in a file; a notice names its fonts that a PDF file cannot have here."""
    found = read_brand(brand) if brand else None
    if found and "pdf" in formats and "pdf" in ready():
        from advisorkit.export.pdf import lacking_faces

        console.say(*(f"{brand}: this machine has no font {faces}; PDF files take another, the other formats name it" for faces in lacking_faces(found)))
    return found


@console.guarded
def report(
    file: Listed, out_: Folder, to: Formats = "html", template: TemplateName = "client_report", brand: Brand = None, mapping: MappingFile = None,
    interactive: Interactive = False, sets: Sets = None, scenario: ScenarioNames = None, accept_stale: AcceptStale = False,
    each: Annotated[bool, typer.Option("--each/--one", help="A document for each workflow, or one for all.")] = False,
    engine: EngineName = "advisorkit", as_json: Json = False,
) -> None:
    """Deliverables of one engagement or list: one document with a section for each workflow, or one for each."""
    from advisorkit.batch.inputs import job_of, keep_finals
    from advisorkit.batch.runner import produce
    from advisorkit.study.programme import sound

    formats, names = _formats(to), tuple(dict.fromkeys(scenario or ()))
    sender = _sender(brand, formats)
    beside = names if len(names) > 1 else ()
    if beside and sets:
        raise UsageError("--set goes with one scenario at most; write what it sets into the file, or leave it out")
    found, faults = console.whole(file, mapping, names[0] if len(names) == 1 else None, sets, accept_stale=accept_stale)
    whole = console.priceable(found, file)
    if template == "portfolio" and whole.priced and len(whole.workflows) > 1:
        sound(whole)
    whole = whole if sets or scenario or file.suffix.lower() in KINDS else keep_finals(whole, file)
    jobs = [job_of(whole, folder_of(file), str(file), sender, name, beside) for name in ([one.id for one in whole.workflows] if each else [""])]
    result = produce(template, jobs, out_, formats, options={"interactive": interactive}, engine=engine, brand=sender)
    _finish(result, as_json=as_json, failed=bool(faults))


@console.guarded
def seal(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="The sealed pack that a final document left beside it.")], as_json: Json = False,
) -> None:
    """Check a sealed pack: its hashes, those of the documents beside it, and the figures, worked out again from its own prices and defaults."""
    from advisorkit.batch.sealing import check

    found, faults = check(pack)
    console.tell(faults, as_json=as_json, holds=not faults, version=found["version"], files=len(found["files"]), documents=list(found["documents"]))
    if faults:
        raise typer.Exit(1)
    if not as_json:
        console.out.print(f"{pack}: holds; {len(found['files'])} files, {len(found['documents'])} documents, and every figure comes out again", markup=False)


@console.guarded
def batch(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT…", help="Engagement files, folders or a portfolio table.")],
    out_: Folder, to: Formats = "html", template: TemplateName = "client_report", brand: Brand = None,
    interactive: Interactive = False, sets: Sets = None, scenario: ScenarioName = None, accept_stale: AcceptStale = False,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", min=1, max=256, help="Reports at a time.")] = 2,
    executor: Annotated[Literal["local", "dask"], typer.Option("--executor", help="Where reports are made.")] = "local",
    scheduler: Annotated[str | None, typer.Option("--scheduler", metavar="URL", help="A running Dask scheduler.")] = None,
    currency: Annotated[str, typer.Option("--currency", metavar="CODE", help="For table rows that name none.")] = "EUR", mapping: MappingFile = None,
    time_limit: Annotated[float, typer.Option("--time-limit", metavar="SECONDS", min=1, max=604_800, help="For one report.")] = Limits().seconds,
    memory_limit: Annotated[int, typer.Option("--memory-limit", metavar="MB", min=64, max=1_000_000, help="For one report; Linux only.")] = Limits().megabytes,
    engine: EngineName = "advisorkit", as_json: Json = False,
) -> None:
    """Reports for many engagements; one failure never stops the rest, and running it again makes only what is missing."""
    from advisorkit.batch.inputs import gather
    from advisorkit.batch.notebooks import fit_template
    from advisorkit.batch.runner import produce

    formats, values = _formats(to), console.settings(sets or (), "each client's currency")
    sender = _sender(brand, formats)
    if scheduler and executor != "dask":
        raise UsageError("--scheduler needs --executor dask")

    def prepare(engagement: Engagement) -> Engagement:
        asked = console.changed(engagement, scenario, values, accept_stale=accept_stale)
        return console.priceable(asked) if any(one.status == "final" for one in asked.workflows) else asked

    today = date.today()  # noqa: DTZ011 - the user's own day
    try:
        placed = read_mapping(mapping) if mapping else None
        found = gather(inputs, prepare, brand=sender, currency=currency, as_of=today, mapping=placed, keep=not (sets or scenario))
    except (UsageError, EngagementError) as error:
        raise EngagementError([*console.faults_of(error), *fit_template(template)[1]]) from None
    console.say(*found.notices)
    with _bar() as tick:
        result = produce(
            template, found.jobs, out_, formats, options={"interactive": interactive}, executor=executor, scheduler=scheduler,
            jobs_at_once=jobs, engine=engine, limits=Limits(time_limit, memory_limit), brand=sender, progress=tick,
        )
    _finish(result, as_json=as_json)


@contextmanager
def _bar() -> Iterator[Callable[[int, int, Deliverable], None]]:
    pace, told = Pace(), set[str]()
    with console.bar("Reports") as move:

        def tick(done: int, total: int, row: Deliverable) -> None:
            move(done, total, pace.after(done, total, row))
            if row.status == "failed" and (words := f"failed: {row.engagement}: {row.error}") not in told:
                told.add(words)
                console.say(words)

        try:
            yield tick
        except KeyboardInterrupt:
            console.say("stopped; run it again to make what is missing")
            raise typer.Exit(130) from None


def _finish(result: BatchResult, before: Iterable[Block] = (), *, as_json: bool, failed: bool = False) -> None:
    console.say(*result.notices)
    told: dict[tuple[str, str, str], list[str]] = {}
    for row in result.deliverables:
        told.setdefault((row.status, row.engagement, row.error if row.status == "failed" else row.path), []).append(row.format)
    rows = [[status, engagement, ", ".join(made_as), words] for (status, engagement, words), made_as in told.items()]
    made = table_of("", ["", "Engagement", "Format", "File or reason"], rows)
    console.answer(result.document(), [*before, made, Text((f"\n{result.summary}",))], as_json=as_json, failed=failed or not result.ok)


@console.guarded
def demo(out_: Folder = "advisorkit-demo", as_json: Json = False) -> None:
    """Advice, costs and reports for the bundled samples, one with its pilot's documents and a brief for suppliers in every format; says what it made."""
    from advisorkit.batch.inputs import gather
    from advisorkit.batch.runner import produce

    files = [samples.path(name) for name in samples.names()]
    result = produce("client_report", gather(files).jobs, out_, ("html",))
    pilot = gather([samples.path("marked-pilot")]).jobs
    for template in ("client_report", "pilot_charter", "pilot_review", "supplier_brief"):
        pack = produce(template, pilot, f"{out_}/{template}", ready())
        result = replace(result, deliverables=(*result.deliverables, *(replace(row, path=f"{template}/{row.path}") for row in pack.deliverables)))
    if left := [name for name in RENDERERS if name not in ready()]:
        console.say(f"not made: {', '.join(left)}; they need packages that are not here: pip install 'advisorkit[formats]'")
    _finish(result, () if as_json else map(_overview, files), as_json=as_json)


def _overview(file: Path) -> Table:
    from advisorkit.report.printed import chance_of

    engagement = console.opened(file)
    rows = [
        [one.workflow.name, one.name(one.decision.now), one.name(one.decision.destination), chance_of(one.decision, one.decision.destination),
         "clear" if one.decision.clear else "not yet clear"]
        for one in console.studied(engagement, file)
    ]
    return table_of(engagement.client, ["Workflow", "Now", "Probably becomes", "Chance", ""], rows, (3,))


@console.guarded
def live(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Engagement file; a copy of the sample when left out.")] = None,
    app: Annotated[bool, typer.Option("--app", help="Voilà instead of JupyterLab.")] = False,
    port: Annotated[int | None, typer.Option("--port", metavar="N", help="Port on this machine.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
) -> None:
    """The workbook with the client, in JupyterLab or as an app; on this machine only, behind a token."""
    from advisorkit.screens.live import live as serve

    raise typer.Exit(serve(file or _sample_copy(), app=app, port=port, browser=not no_browser, say=console.say))


def _sample_copy() -> Path:
    target = Path("source-text.yaml")
    if not target.exists():
        write_bytes(target, samples.path("source-text").read_bytes())
        console.say(f"made {target}, a copy of the sample")
    return target


@console.guarded
def doctor_command(as_json: Json = False) -> None:
    """What is missing or unsafe on this machine."""
    from advisorkit.cli.doctor import checks

    found = checks()
    table = table_of("", ["", "Check", "Found", "What to do"], [[c.state, c.name, c.found, c.advice] for c in found])
    console.answer({"advisorkit": 1, "checks": [asdict(check) for check in found]}, [table], as_json=as_json, failed=any(check.state == "missing" for check in found))


FEW = 20
"""Cases below which scores say so little that it is told."""
COLUMNS = {"accuracy": "Right", "balanced_accuracy": "Balanced", "log_loss": "Log-loss", "ece": "Calibration error", "selective": "Right, surest half"}


prices_app = typer.Typer(invoke_without_command=True, help="The price book with ages and sources.")


@prices_app.callback()
@console.guarded
def prices(context: typer.Context, as_json: Json = False) -> None:
    """The price book with ages and sources."""
    if context.invoked_subcommand:
        return
    today = date.today()  # noqa: DTZ011 - the user's own day
    rows = prices_table(load_prices(today), today)
    cells = [[str(r["id"]), f"{r['low']:g}", f"{r['likely']:g}", f"{r['high']:g}", str(r["currency"]), str(r["unit"]),
              str(r["age_days"]), ", ".join([str(r["state"]), *([f"{'ended' if str(r['ends']) <= today.isoformat() else 'ends'} {r['ends']}"] if r["ends"] else [])]), str(r["source"])] for r in rows]
    table = table_of("Price book", ["Price", "Low", "Likely", "High", "", "Unit", "Days old", "State", "Source"], cells, (1, 2, 3, 6))
    console.answer({"advisorkit": 1, "prices": rows}, [table], as_json=as_json)


@prices_app.command("refresh")
@console.guarded
def prices_refresh(
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Append the changes to your own price file.")] = None,
    as_json: Json = False,
) -> None:
    """Compare the book with the installed price package; shows the difference, and changes nothing unless --to says so."""
    today = date.today()  # noqa: DTZ011 - the user's own day
    seen = refresh(load_prices(today), today)
    if to:
        append(seen.rows, to)
        console.say(f"{len(seen.rows)} prices appended to {to}; reviewed and negotiated prices stay; use it with ADVISORKIT_PRICES={to}")
    changes = [{"id": c.id, "before": c.before and c.before.amount.likely, "after": c.after and c.after.amount.likely,
                "kept": c.kept} for c in seen.changes]
    document = {"advisorkit": 1, "package": seen.package, "on": seen.on.isoformat(), "unchanged": seen.unchanged, "changes": changes}
    if not as_json:
        console.say(f"{seen.package}, {seen.on}: {seen.unchanged} prices agree, {len(seen.changes)} differ")
    rows = [[c.id, f"{c.before.amount.likely:g}" if c.before else "–", f"{c.after.amount.likely:g}" if c.after else "gone",
             "kept: reviewed or negotiated" if c.kept else "to review"] for c in seen.changes]
    tables = [table_of("Differences", ["Price", "Book", "Package", ""], rows, (1, 2))] if rows else []
    console.answer(document, tables, as_json=as_json)


@console.guarded
def calibrate(
    file: Annotated[Path | None, typer.Argument(metavar="[CASES.jsonl]", help="Closed cases; the shipped ones when left out.")] = None,
    score_only: Annotated[bool, typer.Option("--score-only", help="Score the shipped weights; fit nothing.")] = False,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="FILE.svg", help="Draw whether stated chances come true.")] = None,
    as_json: Json = False,
) -> None:
    """How often the advice was right on closed cases, leaving out one company at a time."""
    from advisorkit.calibration.closed_cases import read_cases, report, shipped_cases

    if plot is not None and plot.suffix != ".svg":
        raise UsageError(f"--plot {plot}: the plot is drawn as SVG; name a file that ends in .svg")
    if plot is not None and file is not None and plot.resolve() == file.resolve():
        raise UsageError(f"--plot {plot}: is the file of cases itself; name another")
    cases = read_cases(file) if file else shipped_cases()
    found = report(load_catalog(), cases, refit=not score_only)
    if len(cases) < FEW:
        console.say(f"note: {len(cases)} cases are too few to fit weights to; a score may be off by {2 * found['standard_error']:.2f} either way")
    if plot is not None:
        from advisorkit.charts.svg import svg

        write_bytes(plot, svg(reliability(found)).encode())
        console.say(f"drawn: {plot}")
    console.answer({"advisorkit": 1, **found}, _scores(found), as_json=as_json)


def _scores(found: Mapping[str, Any]) -> Iterator[Block]:
    shown = {"Shipped weights": found["shipped"]}
    if "refitted" in found:
        shown["Fitted afresh"] = found["refitted"]
    shown |= {f"Baseline: {name.replace('_', ' ')}": scores for name, scores in found["baselines"].items()}
    shown["With the nearest deployments' vote"] = found["with_neighbours"]
    rows = [[name, *(f"{scores[column]:.2f}" for column in COLUMNS)] for name, scores in shown.items()]
    title = f"{found['cases']} cases of {found['companies']} companies; one standard error of a share is about {found['standard_error']:.2f}"
    yield table_of(title, ["", *COLUMNS.values()], rows, range(1, 6))
    bins = [[str(one["cases"]), f"{one['stated']:.2f}", f"{one['observed']:.2f}"] for one in found["shipped"]["bins"]]
    yield table_of("Sure and right", ["Cases", "Stated", "Observed"], bins, range(3))


def reliability(found: Mapping[str, Any]) -> Reliability:
    """Stated against observed by the shipped weights: five groups of equally many cases, with 90 % Wilson intervals."""
    from advisorkit.pilots.tally import wilson

    seen = [(one["stated"], one["observed"], one["cases"]) for one in found["shipped"]["bins"]]
    return Reliability(
        title=f"How often the stated chance came true, {found['cases']} closed cases",
        bins=tuple(Bin(stated, came, *wilson(came * count, count, 0.9), count) for stated, came, count in seen),
    )

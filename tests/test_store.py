"""The contract of the engagement file: what is read, and every fault of a file in one run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from advisorkit.store import reading, writing
from advisorkit.values.engagement import Answer, Engagement, Override, PilotFile
from advisorkit.values.messages import EngagementError, Fault
from advisorkit.values.quantities import Estimate

CONTRACT = """\
advisorkit: 1                      # format version
id: northwind
client: Northwind Logistics
currency: EUR
as_of: 2026-11-20                  # day of the advice
answers: {hosting: any_cloud, operator: it_generalist}    # for all workflows; a workflow's own answer wins
workflows:
  - id: support-assistant
    name: Customer support assistant
    answers:
      corpus_tokens: [2000000, 5000000]      # a range
      citations: required
      access_control: {value: by_group, confidence: guess, said_by: IT head, confirm_by: 2026-12-01, note: n, private_note: p}
      knowledge_change: [daily, monthly]     # two people disagree
    notes: {citations: legal asked for it}
    context: {owner: Head of Support, department: Support, problem: p, success_metric: s, baseline: b, target: t}
    corpus: support-docs
    status: draft
    override: {pattern: prompt, reason: house rule, by: COO}
    workload: {input_tokens: 1800, output_tokens: 350}
    assumptions: {engineer_day_rate: [800, 1000, 1300], model: "openai:gpt-5-mini"}
    pilots: [{file: pilots/2026-11.csv, date: 2026-11-18, pass_mark: 0.82}]
assumptions: {discount_rate: 0.1, horizon_months: 36}
scenarios: {high volume: {answers: {calls_per_month: 400000}}}
priors: {retrieval: 0.29, training: 0.29}
exchange_rates: {USD: 0.92}
prices: {}
accept_stale: false
history: []
"""
SMALL = "advisorkit: 1\nclient: A\ncurrency: EUR\nas_of: 2026-11-20\nworkflows:\n  - id: w\n    name: W\n"


def read(folder: Path, text: str, name: str = "acme.yaml") -> Engagement:
    (folder / name).write_text(text, encoding="utf-8")
    return reading.read(folder / name)


def faults(folder: Path, text: str, name: str = "acme.yaml") -> list[Fault]:
    with pytest.raises(EngagementError) as caught:
        read(folder, text, name)
    return list(caught.value.faults)


def answer(folder: Path, text: str) -> Fault:
    """The only fault of a file whose one workflow has the answers `text`."""
    (fault,) = faults(folder, f"{SMALL}    answers: {{{text}}}\n")
    return fault


def test_the_example_of_the_contract_is_read_to_the_letter(tmp_path: Path) -> None:
    engagement = read(tmp_path, CONTRACT)
    workflow = engagement.workflow("support-assistant")

    assert workflow.answers["corpus_tokens"].amount == Estimate.of([2_000_000, 5_000_000])
    assert workflow.answers["citations"] == Answer(("required",))
    assert workflow.answers["access_control"] == Answer(
        ("by_group",), None, "guess", "IT head", date(2026, 12, 1), "n", "p"
    )
    assert workflow.answers["knowledge_change"].disputed
    assert workflow.override == Override("prompt", "house rule", "COO")
    assert workflow.pilots == (PilotFile("pilots/2026-11.csv", date(2026, 11, 18), 0.82),)
    assert engagement.settings_of(workflow)["model"] == "openai:gpt-5-mini"
    assert engagement.settings_of(workflow)["horizon_months"] == Estimate(36, 36, 36)
    assert engagement.scenarios["high volume"].answers["calls_per_month"].amount == Estimate(4e5, 4e5, 4e5)
    assert engagement.exchange_rates == {"USD": 0.92}


def test_five_slips_give_five_messages_with_line_and_nearest_words(tmp_path: Path) -> None:
    slips = (
        CONTRACT.replace("currency: EUR", "curency: EUR\ncurrency: EUR")
        .replace("citations: required", "citations: requird")
        .replace("output_tokens: 350", "output_tokens: many")
        .replace("input_tokens: 1800", "input_tokens: -1800")
        .replace("assumptions: {discount", "  - {id: support-assistant, name: Twin}\nassumptions: {discount")
    )

    found = faults(tmp_path, slips)

    assert [fault.where for fault in found] == [
        "line 4, curency",
        "line 13, workflows[0].answers.citations",
        "line 21, workflows[0].workload.input_tokens",
        "line 21, workflows[0].workload.output_tokens",
        "line 24, workflows[1]",
    ]
    assert found[0].nearest[0] == "currency"
    assert found[1].nearest[0] == "required"
    assert "must not be negative" in found[2].message
    assert "is not a number" in found[3].message
    assert "already taken" in found[4].message


@pytest.mark.parametrize(
    ("text", "where", "near"),
    [
        ("citation: required", "workflows[0].answers.citation", "citations"),
        ("citations: NO", "workflows[0].answers.citations", ""),
        ("operator: 007", "workflows[0].answers.operator", ""),
        ("calls_per_month: -5", "workflows[0].answers.calls_per_month", ""),
        ("calls_per_month: lots", "workflows[0].answers.calls_per_month", ""),
        ("calls_per_month: 12 minutes", "workflows[0].answers.calls_per_month", ""),
        ("calls_per_month: .inf", "workflows[0].answers.calls_per_month", ""),
        ("calls_per_month: [5, 2]", "workflows[0].answers.calls_per_month", ""),
        ("search_hit_rate: 1.2", "workflows[0].answers.search_hit_rate", ""),
        ("search_hit_rate: [half, 0.7]", "workflows[0].answers.search_hit_rate[0]", ""),
        ("knowledge_change: [daily, daily]", "workflows[0].answers.knowledge_change", ""),
        ("knowledge_change: [daily, unknown]", "workflows[0].answers.knowledge_change[1]", ""),
        ("knowledge_change: {values: daily}", "workflows[0].answers.knowledge_change.values", "value"),
        ("knowledge_change: {value: daily, confidence: sure}", "workflows[0].answers.knowledge_change.confidence", ""),
        ("knowledge_change: {confirm_by: 2026-02-30}", "workflows[0].answers.knowledge_change.confirm_by", ""),
    ],
)
def test_a_wrong_answer_is_named_with_its_place(tmp_path: Path, text: str, where: str, near: str) -> None:
    fault = answer(tmp_path, text)

    assert fault.where == f"line 8, {where}"
    assert near in (*fault.nearest, "")


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        ("engineer_day_rat: 900", "unknown assumption name 'engineer_day_rat'"),
        ("engineer_day_rate: -1", "must not be negative"),
        ("engineer_day_rate: cheap", "is not a number"),
        ("review_share: 1.2", "must lie between 0 and 1"),
        ("gpu_utilisation: 0", "must be above 0"),
        ("horizon_months: [12, 24, 36]", "must be one whole number"),
        ("horizon_months: 12.5", "must be one whole number"),
        ("growth_per_year: -1", "must be above −1"),
        ("store: cellar", "'cellar' is not a word for store"),
        ("model: 3", "'3' is not a model of the price book"),
    ],
)
def test_a_setting_that_cannot_be_used_names_the_field_and_the_fix(tmp_path: Path, setting: str, fault: str) -> None:
    (found,) = faults(tmp_path, f"{SMALL}    assumptions: {{{setting}}}\n")

    assert found.where == f"line 8, workflows[0].assumptions.{setting.partition(':')[0]}"
    assert fault in found.message
    assert ("engineer_day_rate" in found.nearest) == ("engineer_day_rat:" in setting)


def test_a_quote_without_a_price_or_that_ends_before_its_day_is_named_with_its_line(tmp_path: Path) -> None:
    offers = (
        "    quotes:\n      - {supplier: Alpha (sample), date: 2026-11-01}\n"
        "      - {supplier: Beta (sample), date: 2026-11-01, valid_until: 2026-10-01, seat_price: 9}\n"
        "      - {supplier: Gamma (sample), date: 2026-11-01, seat_price: 9}\n"
    )
    text = "advisorkit: 1\nid: acme\nclient: Acme (sample)\ncurrency: EUR\nas_of: 2026-11-20\nworkflows:\n  - id: desk\n    name: Desk\n" + offers

    assert [(fault.where, fault.message) for fault in faults(tmp_path, text)] == [
        ("line 10, workflows[0].quotes[0]", "a quote names either seat_price or resolution_price"), ("line 11, workflows[0].quotes[1]", "valid_until lies before date"),
    ]



def test_all_faulty_settings_of_a_workflow_are_told_together(tmp_path: Path) -> None:
    assert len(faults(tmp_path, f"{SMALL}    assumptions: {{review_share: 2, engineers: 0, nonsense: 1}}\n")) == 3


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("currency: EURO", "line 3, currency"),
        ("as_of: 20 November", "line 4, as_of"),
        ("priors: {retrieval: 1.2}", "line 8, priors.retrieval"),
        ("client: '  '", "line 1"),
        ("priors: {rag: 0.2}", "line 8, priors.rag"),
        ("exchange_rates: {USD: 0}", "line 8, exchange_rates.USD"),
        ("exchange_rates: {USX: 1}", "line 8, exchange_rates.USX"),
        ("exchange_rates: {USD: -1}", "line 8, exchange_rates.USD"),
        ("prices: {no-such-row: 1}", "line 8, prices.no-such-row"),
        *((f"prices: {{'openai:gpt-5.4/input': {amount}}}", "line 8, prices.openai:gpt-5.4/input") for amount in ("-1", ".nan", ".inf")),
        ("accept_stale: yes", "line 8, accept_stale"),
        ("id: Acme GmbH", "line 8, id"),
        ("id: ../x", "line 8, id"),
        ("assumptions: {input_tokens: 5}", "line 8, assumptions.input_tokens"),
        ("assumptions: {discount_rat: 0.1}", "line 8, assumptions.discount_rat"),
        ("assumptions: {error_rate_rag: 1.5}", "line 8, assumptions.error_rate_rag"),
        ("assumptions: {horizon_months: 1.5}", "line 8, assumptions.horizon_months"),
        ("assumptions: {model: gpt-5}", "line 8, assumptions.model"),
        ("assumptions: {gpu: h1000}", "line 8, assumptions.gpu"),
        ("scenarios: {x: {workflows: {v: {}}}}", "line 8, scenarios.x.workflows.v"),
        ("scenarios: {x: {workflows: {w: {workflows: {}}}}}", "line 8, scenarios.x.workflows.w.workflows"),
        ("scenarios: {x: {answers: {citation: no}}}", "line 8, scenarios.x.answers.citation"),
        ("scenarios: {'': {}}", "line 8, scenarios"),
        ("history: [{date: 2026-11-20, workflow: w, recommended: rag, now: rags, reason: r}]", "line 8, history[0].now"),
        ("history: [{date: 2026-11-20}]", "line 8, history[0]"),
    ],
)
def test_a_wrong_value_of_the_engagement_is_named_with_its_place(tmp_path: Path, line: str, where: str) -> None:
    key = line.partition(":")[0]
    kept = "\n".join(row if row.partition(":")[0] != key else line for row in SMALL.splitlines())

    found = faults(tmp_path, kept if line in kept else f"{SMALL}{line}\n")

    assert {fault.where for fault in found} == {where}


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("status: done", "workflows[0].status"),
        ("override: {pattern: rags, reason: r, by: b}", "workflows[0].override.pattern"),
        ("override: {pattern: rag}", "workflows[0].override"),
        ("pilots: [{file: ../x.csv, date: 2026-11-18}]", "workflows[0].pilots[0].file"),
        ("pilots: [{file: /etc/passwd, date: 2026-11-18}]", "workflows[0].pilots[0].file"),
        ("pilots: [{file: 'C:\\x.csv', date: 2026-11-18}]", "workflows[0].pilots[0].file"),
        ("pilots: [{file: x.csv, date: 2026-11-18, pass_mark: 82}]", "workflows[0].pilots[0].pass_mark"),
        ("pilots: {file: x.csv}", "workflows[0].pilots"),
        ("notes: {citation: x}", "workflows[0].notes.citation"),
        ("context: {boss: x}", "workflows[0].context.boss"),
        ("answers: [1]", "workflows[0].answers"),
        ("corpus: [a]", "workflows[0].corpus"),
        ("workload: {discount_rate: 0.1}", "workflows[0].workload.discount_rate"),
    ],
)
def test_a_wrong_part_of_a_workflow_is_named_with_its_place(tmp_path: Path, line: str, where: str) -> None:
    found = faults(tmp_path, f"{SMALL}    {line}\n")

    assert {fault.where for fault in found} == {f"line 8, {where}"}


@pytest.mark.parametrize("missing", ["advisorkit", "client", "currency", "as_of", "workflows", "id", "name"])
def test_what_is_required_is_missed_and_never_invented(tmp_path: Path, missing: str) -> None:
    lines = SMALL.splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip(" -").startswith(missing))
    text = "\n".join(lines[:5] if missing == "workflows" else lines)
    text = text.replace(f"{missing}:", "# ", 1) if missing == "workflows" else "\n".join(
        lines[:at] + ([lines[at].replace("id: w", "corpus: c")] if missing == "id" else []) + lines[at + 1 :]
    )

    found = faults(tmp_path, text)

    assert [fault.message for fault in found] == [f"'{missing}' is missing"]


@pytest.mark.parametrize("version", ["2", "0", "99999999999999999999", "one", "1.0"])
def test_an_unknown_format_version_is_one_clear_line(tmp_path: Path, version: str) -> None:
    (fault,) = faults(tmp_path, CONTRACT.replace("advisorkit: 1 ", f"advisorkit: {version} "))

    assert fault.where == "line 1, advisorkit"
    assert "version" in fault.message


def test_the_id_comes_from_the_files_own_name(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL, "Müller & Söhne.yaml").id == "muller-sohne"
    assert faults(tmp_path, SMALL, "顧客.yaml")[0].message.startswith("'id' is missing")


def test_unknown_and_absent_answers_are_no_answers_and_an_own_unknown_hides_the_common_one(tmp_path: Path) -> None:
    engagement = read(tmp_path, f"{SMALL}    answers: {{hosting: unknown}}\nanswers: {{hosting: offline, citations: no}}\n")

    known = engagement.answers_of(engagement.workflows[0])

    assert known == {"citations": Answer(("no",))}


def test_the_same_engagement_in_json_is_the_same_value(tmp_path: Path) -> None:
    value = read(tmp_path, CONTRACT)

    again = read(tmp_path, writing.to_json(value), "acme.json")

    assert again == value


def test_an_old_encoding_is_read_with_a_notice(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(SMALL.replace("client: A", "client: Café").encode("cp1252"))

    loaded = reading.load(tmp_path / "a.yaml")

    assert loaded.engagement.client == "Café"
    assert "Windows-1252" in loaded.notices[0]


def test_a_file_of_nothing_but_a_word_is_refused_without_a_traceback(tmp_path: Path) -> None:
    for text in ("hello", "[1, 2]", "5", "- a: 1", "workflows: []", "{}"):
        assert faults(tmp_path, text)


def test_a_pilot_after_the_day_of_the_advice_and_a_rate_of_another_size_are_told(tmp_path: Path) -> None:
    """Whole cents for a dollar, and a rate upside down; one that differs as rates do is not."""
    (tmp_path / "a.yaml").write_text(
        "advisorkit: 1\nclient: A\ncurrency: EUR\nas_of: 2026-11-20\nexchange_rates: {USD: 92, GBP: 1.3, CZK: 24}\nworkflows:\n"
        "  - {id: w, name: W, pilots: [{file: p.csv, date: 2026-11-25, pass_mark: 0.8}]}\n"
        "  - {id: v, name: V, pilots: [{file: p.csv, date: 2026-11-19, pass_mark: 0.8}],\n"
        "     measured: [{quantity: calls_per_month, value: 9, period: May}, {quantity: calls_per_month, value: 8, period: June}, {quantity: calls_per_month, value: 7, period: May}]}\n"
    )
    told = reading.load(tmp_path / "a.yaml").notices

    assert [line.partition(": ")[2].partition(" is ")[0] for line in told] == [
        "w: the pilot of 2026-11-25", "p.csv: its marks count for w, v; check that they are about each of these",
        "v: calls_per_month was measured twice in May; the last counts, 7", "exchange_rates.USD: 92 EUR for one USD", "exchange_rates.CZK: 24 EUR for one CZK",
    ]


def test_a_measurement_of_a_time_before_the_advice_or_after_its_day_is_told(tmp_path: Path) -> None:
    """May 2026 was taken for what use has shown of an advice of November, without a word."""
    (tmp_path / "a.yaml").write_text(
        "advisorkit: 1\nclient: A\ncurrency: EUR\nas_of: 2027-06-20\nworkflows:\n  - {id: w, name: W, measured: [\n"
        "    {quantity: calls_per_month, value: 9, period: May 2026}, {quantity: input_tokens, value: 9, period: Q4 2026}, {quantity: output_tokens, value: 9, period: März bis Mai 2027},\n"
        "    {quantity: engineer_day_rate, value: 900, period: 2027-09}, {quantity: horizon_months, value: 12, period: since the market fair}]}\n"
        "history: [{date: 2026-11-20, workflow: w, recommended: rag, now: prompt, reason: x, told: {calls_per_month: 8}}]\n", encoding="utf-8",
    )
    told = [line.partition(": ")[2] for line in reading.load(tmp_path / "a.yaml").notices]

    assert told == [
        "w: calls_per_month was measured in May 2026, before it was first told, 2026-11-20; what use has shown comes after that",
        "w: engineer_day_rate was measured in 2027-09, later than the day of the advice, 2027-06-20; one of the two is wrong",
    ]

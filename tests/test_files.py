"""Strict reading and whole writing: what is refused, what is kept as it stands."""

from __future__ import annotations

import os
import resource
import stat
from pathlib import Path

import pytest
from counting import counted
from hypothesis import given, strategies as st

from advisorkit.files.disk import MAX_BYTES, decode, fingerprint, read_bytes, read_source, within, write_bytes
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Fields, parse_json, parse_yaml
from advisorkit.values.messages import EngagementError
from advisorkit.values.quantities import Estimate


def refusal(text: str) -> str:
    with pytest.raises(EngagementError) as caught:
        parse_yaml(text, "a.yaml")
    return str(caught.value)


def spot(text: str) -> Spot:
    return Spot(parse_yaml(f"x: {text}", "a.yaml"), "", "a.yaml", []).fields()["x"]


ALIAS_BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 30))
MERGE_BOMB = "a0: &a0 {k: v}\n" + "".join(f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 30))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ALIAS_BOMB, "line 1: anchors and aliases"),
        (MERGE_BOMB, "line 1: anchors and aliases"),
        ("<<: {a: 1}\nb: 2", "line 1: merge keys"),
        ("a: !!python/object/apply:os.system [ls]", "line 1: tags such as"),
        ("a: !!str 5", "line 1: tags such as"),
        ("[" * 20_000, "nested more than 12 deep"),
        ("a: 1\nb: 2\na: 3", "line 3: 'a' is given twice: on lines 1 and 3"),
        ("a: 1\n---\nb: 2", "line 2: a second document"),
        ("? [a, b]\n: c", "line 1: merge keys and keys that are not a single word"),
        ("a: [1, 2", "line 1: is not well-formed YAML"),
        ("a: b: c", "line 1: is not well-formed YAML"),
        ("a: 1\n\tb: 2", "line 2: is not well-formed YAML"),
        ("a: \x00", "line 1: holds a control character"),
        ("# only a comment", "is empty"),
    ],
)
def test_dangerous_or_broken_yaml_is_refused_with_its_line(text: str, words: str) -> None:
    with counted() as calls:
        message = refusal(text)

    assert words in message
    assert "\n" not in message
    assert calls.count < 500, "it is refused where the first danger stands, whatever follows"


def test_every_duplicate_key_of_a_file_is_told_at_once() -> None:
    message = refusal("a: 1\na: 2\nb: {c: 1, c: 2}\n")

    assert message.splitlines() == [
        "a.yaml: line 3: 'c' is given twice: on lines 3 and 3; keep one",
        "a.yaml: line 2: 'a' is given twice: on lines 1 and 2; keep one",
    ]


def test_a_file_with_endless_values_is_refused_by_their_number() -> None:
    assert "more than 500,000 values" in refusal("a: [" + "x," * 500_001 + "x]")


@pytest.mark.parametrize("word", ["NO", "yes", "on", "007", "0123", "1:30", "1.10", "2026-11-20", "null", "~", "0x1f"])
def test_words_that_yaml_would_turn_into_something_else_stay_text(word: str) -> None:
    tree = parse_yaml(f"a: {word}", "a.yaml")

    assert isinstance(tree, Fields)
    assert tree.fields[0][1].text == word


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "'a' is given twice"),
        ('{"a": {"b": 1, "b": 2}}', "'b' is given twice"),
        ("{", "line 1: is not well-formed JSON"),
        ('{"a": 1}\n{"b": 2}', "line 2: is not well-formed JSON"),
        ("[" * 100_000, "nested more than 12 deep"),
        ("[" * 13 + "]" * 13, "nested more than 12 deep"),
    ],
)
def test_broken_json_is_refused(text: str, words: str) -> None:
    with pytest.raises(EngagementError, match=r"a\.json") as caught:
        parse_json(text, "a.json")

    assert words in str(caught.value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_json_numbers_that_are_not_finite_are_faults_of_their_field(number: str) -> None:
    root = Spot(parse_json(f'{{"a": {number}}}', "a.json"), "", "a.json", [])

    value = root.fields()["a"].number()

    assert value is None
    assert root.faults[0].where == "a"


@pytest.mark.parametrize("text", ["007", "1:30", "1,000", "1_000", "0x10", ".inf", "nan", "yes", '"350"', "1e99999", "--1"])
def test_what_only_looks_like_a_number_is_a_fault(text: str) -> None:
    place = spot(text)

    assert place.number() is None
    assert place.faults[0].where == "line 1, x"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_by_python_is_read_back(value: float) -> None:
    assert spot(repr(value)).number() == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5", Estimate(5, 5, 5)), ("[100, 400]", Estimate(100, 200, 400)), ("[1, 2, 9]", Estimate(1, 2, 9))],
)
def test_a_range_is_a_number_a_pair_or_a_triple(text: str, expected: Estimate) -> None:
    assert spot(text).estimate() == expected


@pytest.mark.parametrize("text", ["[5, 2]", "[1, 5, 2]", "[1]", "[]", "[1, 2, 3, 4]", "[1, x]", "{low: 1}", "[[1], 2]"])
def test_what_is_no_range_is_a_fault(text: str) -> None:
    place = spot(text)

    assert place.estimate() is None
    assert place.faults


@pytest.mark.parametrize("text", ["2026-02-30", "2026-1-1", "20261120", "20.11.2026", "soon", "[2026-11-20]"])
def test_what_is_no_day_is_a_fault(text: str) -> None:
    place = spot(text)

    assert place.day() is None
    assert "2026" in str(place.faults[0])


def test_a_text_of_more_than_ten_thousand_characters_is_a_fault() -> None:
    assert spot("x" * 10_000).text() is not None
    assert spot("x" * 10_001).text() is None


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\xef\xbb\xbfa: \xe2\x82\xac", "a: €"),
        ("a: €".encode("utf-16"), "a: €"),
        ("a: €".encode("utf-16-be"), None),
        ("a: é".encode("cp1252"), "a: é"),
        (b"a: \x81\x8d", None),
    ],
)
def test_the_ladder_of_encodings(raw: bytes, text: str | None) -> None:
    if text is None:
        with pytest.raises(EngagementError):
            parse_yaml(decode(raw, "a.yaml")[0], "a.yaml")
    else:
        found, notices = decode(raw, "a.yaml")

        assert found == text
        assert bool(notices) == (raw == "a: é".encode("cp1252"))


def test_files_that_cannot_be_read_are_refused_in_one_line(tmp_path: Path) -> None:
    cases = {"missing.yaml": "no such file", "folder": "is a folder", "empty.yaml": "is empty", "big.yaml": "larger than 20 MB"}
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.yaml").write_bytes(b"\n  \n")
    with (tmp_path / "big.yaml").open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)

    for name, words in cases.items():
        with pytest.raises(EngagementError, match=words):
            read_bytes(tmp_path / name)
    with pytest.raises(EngagementError, match="a name that is no text"):
        read_bytes("a\0b")


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret.yaml"
    file.write_text("a: 1")
    file.chmod(0)
    user = os.geteuid()

    if user == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(EngagementError, match="permission denied"):
            read_bytes(file)
    finally:
        os.seteuid(user)


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("old")
    file.chmod(0o640)

    write_bytes(file, b"new")

    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert read_source(file).fingerprint == fingerprint(b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("old")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_bytes(file, b"x" * 2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


def test_a_new_file_has_the_mode_that_the_user_gives_to_files(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()

    write_bytes(tmp_path / "a.yaml", b"new")

    assert (tmp_path / "a.yaml").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("old")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "real.yaml")

    write_bytes(tmp_path / "link.yaml", b"new")

    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == "new"


def test_a_name_in_a_clients_file_never_leads_out_of_its_folder(tmp_path: Path) -> None:
    inside, secret = tmp_path / "in", tmp_path / "secret.csv"
    inside.mkdir()
    secret.write_text("case,right\n")
    (inside / "link.csv").symlink_to(secret)

    assert within(inside, "marks.csv") == inside / "marks.csv"
    for name in ("link.csv", "../secret.csv", str(secret)):
        with pytest.raises(EngagementError, match="leads out of the folder"):
            within(inside, name)


def test_a_pipe_in_place_of_a_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    with pytest.raises(EngagementError, match="not a file"):
        read_bytes(tmp_path / "pipe.yaml")

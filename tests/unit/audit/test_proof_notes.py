"""Checkpoints and signed notes: what is taken, and everything that is not."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain import proof
from services.audit.domain.proof import (
    EMPTY_ROOT,
    Checkpoint,
    NotProven,
    SignedNote,
    VerifierKey,
    open_note,
    signed_checkpoint,
)
from services.audit.domain.proof.base64s import encoded
from services.audit.domain.proof.leaf import framed_headers
from services.audit.domain.proof.note import Signature

ORIGIN = "example.invalid/audit/accord.referrals.events/3"
ROOT = sha256(b"root").digest()
TEXT = str(Checkpoint(ORIGIN, 42, ROOT))
FOLDER = Path(proof.__file__).parent


def signer(name: str = "example.invalid/audit", seed: int = 1) -> tuple[VerifierKey, Ed25519PrivateKey]:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return VerifierKey(name, private.public_key().public_bytes_raw()), private


def signed(text: str, *by: tuple[VerifierKey, Ed25519PrivateKey]) -> str:
    lines = (Signature(key.name, key.id, private.sign(text.encode())) for key, private in by)
    return str(SignedNote(text, tuple(lines)))


OURS, OTHERS = signer(), signer(seed=2)
NOTE = signed(TEXT, OURS)
DASHED = NOTE.index("\u2014")


def test_a_checkpoint_is_three_lines_and_comes_back_as_it_was() -> None:
    assert f"{ORIGIN}\n42\n{encoded(ROOT)}\n" == TEXT
    assert Checkpoint.parse(TEXT) == Checkpoint(ORIGIN, 42, ROOT)
    assert Checkpoint.parse(str(Checkpoint(ORIGIN, 0, EMPTY_ROOT))).size == 0


def test_a_signed_checkpoint_of_ours_is_taken() -> None:
    assert signed_checkpoint(NOTE, ORIGIN, [OURS[0]]) == Checkpoint(ORIGIN, 42, ROOT)
    assert str(SignedNote.parse(NOTE)) == NOTE


def test_signatures_by_others_beside_ours_are_passed_over() -> None:
    assert open_note(signed(TEXT, OTHERS, OURS), [OURS[0]]).text == TEXT


WRONG_CHECKPOINTS = {
    "no_origin": f"\n42\n{encoded(ROOT)}\n",
    "no_last_newline": TEXT[:-1],
    "a_further_line": TEXT + "more\n",
    "an_empty_further_line": TEXT + "\n",
    "no_root": f"{ORIGIN}\n42\n",
    "empty_root": f"{ORIGIN}\n42\n\n",
    "size_with_a_leading_zero": TEXT.replace("\n42\n", "\n042\n"),
    "size_with_a_sign": TEXT.replace("\n42\n", "\n+42\n"),
    "size_negative": TEXT.replace("\n42\n", "\n-42\n"),
    "size_hexadecimal": TEXT.replace("\n42\n", "\n0x2a\n"),
    "size_with_a_blank": TEXT.replace("\n42\n", "\n42 \n"),
    "size_with_an_underscore": TEXT.replace("\n42\n", "\n4_2\n"),
    "size_in_other_digits": TEXT.replace("\n42\n", "\n\u0664\u0662\n"),
    "size_beyond_63_bits": TEXT.replace("\n42\n", f"\n{2**63}\n"),
    "size_empty": TEXT.replace("\n42\n", "\n\n"),
    "root_of_31_bytes": f"{ORIGIN}\n42\n{encoded(ROOT[:31])}\n",
    "root_of_33_bytes": f"{ORIGIN}\n42\n{encoded(ROOT + b'x')}\n",
    "root_without_padding": TEXT.replace("=\n", "\n"),
    "root_not_canonical": TEXT.replace(
        encoded(ROOT), encoded(ROOT)[:-2] + chr(ord(encoded(ROOT)[-2]) + 1) + "="
    ),
    "root_in_the_url_alphabet": f"{ORIGIN}\n42\n{encoded(bytes([251]) * 32).replace('+', '-')}\n",
    "root_of_something_for_size_zero": f"{ORIGIN}\n0\n{encoded(ROOT)}\n",
    "carriage_returns": TEXT.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", WRONG_CHECKPOINTS)
def test_a_checkpoint_is_refused_with(name: str) -> None:
    assert WRONG_CHECKPOINTS[name] != TEXT
    with pytest.raises(NotProven):
        Checkpoint.parse(WRONG_CHECKPOINTS[name])
    with pytest.raises(NotProven):
        signed_checkpoint(signed(WRONG_CHECKPOINTS[name], OURS), ORIGIN, [OURS[0]])


LINE = NOTE[DASHED:]
WRONG_NOTES = {
    "no_signature": TEXT + "\n",
    "no_blank_line": TEXT + LINE,
    "no_last_newline": NOTE[:-1],
    "a_blank_line_at_the_end": NOTE + "\n",
    "a_blank_line_in_front_of_the_signature_too_many": TEXT + "\n\n" + LINE,
    "a_hyphen_for_the_dash": NOTE.replace("\u2014", "-"),
    "an_en_dash_for_the_dash": NOTE.replace("\u2014", "\u2013"),
    "no_space_behind_the_dash": NOTE.replace("\u2014 ", "\u2014"),
    "two_spaces_behind_the_dash": NOTE.replace("\u2014 ", "\u2014  "),
    "a_name_with_a_plus": NOTE.replace("\u2014 example", "\u2014 exa+mple"),
    "no_name": NOTE.replace("\u2014 example.invalid/audit", "\u2014 "),
    "another_name": NOTE.replace("\u2014 example.invalid/audit", "\u2014 example.invalid/other"),
    "a_tab": TEXT + "\n" + LINE.replace(" ", "\t"),
    "a_null_character": NOTE.replace("42", "4\x002"),
    "a_carriage_return": TEXT + "\n" + LINE.replace("\n", "\r\n"),
    "a_line_of_text_behind_the_signature": NOTE + "more\n",
    "a_signature_without_padding": NOTE.rstrip("=\n") + "\n",
    "a_signature_of_four_bytes": TEXT + "\n\u2014 example.invalid/audit " + encoded(OURS[0].id) + "\n",
    "the_text_changed": NOTE.replace("\n42\n", "\n43\n"),
    "another_key_under_the_same_name": signed(TEXT, OTHERS),
    "another_keys_signature_under_our_id": str(
        SignedNote(TEXT, (Signature(OURS[0].name, OURS[0].id, OTHERS[1].sign(TEXT.encode())),))
    ),
    "a_good_and_a_wrong_signature_of_ours": signed(TEXT, OURS)
    + LINE[:-6]
    + ("A" if LINE[-6] != "A" else "B")
    + LINE[-5:],
    "too_long": signed(TEXT, OURS).replace(ORIGIN, "o" * 100_001),
    "too_many_signatures": TEXT + "\n" + LINE * 101,
    "a_lone_surrogate": NOTE.replace("42", "\ud800"),
    "nothing": "",
}


@pytest.mark.parametrize("name", WRONG_NOTES)
def test_a_note_is_refused_with(name: str) -> None:
    with pytest.raises(NotProven):
        signed_checkpoint(WRONG_NOTES[name], ORIGIN, [OURS[0]])


def test_a_note_that_nobody_trusted_signed_is_refused() -> None:
    with pytest.raises(NotProven, match="trusted"):
        open_note(NOTE, [])


def test_a_checkpoint_of_another_log_is_refused() -> None:
    with pytest.raises(NotProven, match="another log"):
        signed_checkpoint(NOTE, ORIGIN[:-1] + "4", [OURS[0]])


def test_the_last_blank_line_counts_so_a_text_may_have_some() -> None:
    text = "a\n\n\u2014 not a signature\n\nb\n"
    assert open_note(signed(text, OURS), [OURS[0]]).text == text


@given(st.integers(0, len(NOTE) - 1), st.characters())
@settings(max_examples=150, deadline=None)
def test_with_any_character_changed_it_is_refused(at: int, character: str) -> None:
    if NOTE[at] != character:
        with pytest.raises(NotProven):
            signed_checkpoint(NOTE[:at] + character + NOTE[at + 1 :], ORIGIN, [OURS[0]])


@given(st.text())
def test_arbitrary_text_is_refused_and_raises_nothing_else(text: str) -> None:
    for parse in (SignedNote.parse, Checkpoint.parse, VerifierKey.parse):
        with pytest.raises(NotProven):
            parse(text)


def test_a_key_comes_back_as_it_was_written() -> None:
    assert VerifierKey.parse(str(OURS[0])) == OURS[0]


TYPED_2, SHORT = encoded(b"\x02" + OURS[0].public), encoded(b"\x01" + OURS[0].public[:31])
WRONG_KEYS = {
    "another_id": str(OURS[0]).replace(OURS[0].id.hex(), "00000000"),
    "another_name": "x" + str(OURS[0]),
    "another_type": f"n+{sha256(b'n').hexdigest()[:8]}+{TYPED_2}",
    "a_short_key": f"n+{sha256(b'n').hexdigest()[:8]}+{SHORT}",
    "no_key": "n+00000000+",
    "no_plus": "n",
}


@pytest.mark.parametrize("name", WRONG_KEYS)
def test_a_key_is_refused_with(name: str) -> None:
    with pytest.raises(NotProven):
        VerifierKey.parse(WRONG_KEYS[name])


def test_the_package_imports_the_standard_library_and_itself_only() -> None:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert {a.name.partition(".")[0] for a in node.names} <= sys.stdlib_module_names, path
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert str(node.module).partition(".")[0] in sys.stdlib_module_names, path
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 1, path


def test_the_package_works_carried_elsewhere_in_a_python_that_has_nothing_installed(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "carried", ignore=shutil.ignore_patterns("__pycache__"))
    script = (
        "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p] + ['.']\n"
        "from carried import VerifierKey, signed_checkpoint\n"
        "note, key = open('note').read(), VerifierKey.parse(open('key').read())\n"
        f"print(signed_checkpoint(note, {ORIGIN!r}, [key]).size)\n"
    )
    (tmp_path / "note").write_text(NOTE, encoding="utf-8")
    (tmp_path / "key").write_text(str(OURS[0]))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("42\n", "")


def test_the_leaf_of_the_documents_example_is_what_the_document_says() -> None:
    text = (Path(__file__).parents[3] / "docs/proof.md").read_text()
    shown = text.partition("no value:\n\n```text\n")[2].partition("```")[0]
    headers = framed_headers([("sequence", b"%020d" % 7)])
    assert proof.leaf(b"k", headers, None) == bytes.fromhex(shown)

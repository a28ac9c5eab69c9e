"""Publish closed, read open: what a newer writer says never stops an older reader; we write nothing unknown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from shared.errors import Undeliverable
from shared.events import Unhandled, read
from shared.events.data import Unrecognised
from shared.events.envelope import require_plain
from shared.events.examples import EXAMPLES
from shared.events.moments import read_moment, write_moment
from shared.events.types.concern import ConcernReported
from shared.events.types.mou import MouAdopted

REPORTED = "accord.concern.reported.v1"


def reported(**changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(EXAMPLES[REPORTED].value())
    event["data"] |= changes
    return event


def value(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


def facts(event: dict[str, Any]) -> ConcernReported:
    data = read(value(event)).data
    assert isinstance(data, ConcernReported)
    return data


class TestReadingIsOpen:
    def test_a_field_that_is_not_known_is_ignored(self) -> None:
        assert facts(reported(mood_of_the_sky="clear")) == facts(reported())

    def test_an_attribute_that_is_not_known_is_ignored(self) -> None:
        assert read(value(reported() | {"newattribute": "x"})).envelope == read(value(reported())).envelope

    @pytest.mark.parametrize("field", ["reported_by", "immediate_danger", "called_line"])
    def test_a_code_that_is_not_known_keeps_its_text(self, field: str) -> None:
        code = getattr(facts(reported(**{field: "harbor-patrol"})), field)
        assert isinstance(code, Unrecognised)
        assert code == "harbor-patrol"

    def test_a_sealed_class_that_is_not_known_keeps_its_text(self) -> None:
        sealed = facts(reported(sealed={"immigration": "a.b.c.d.e"})).sealed
        assert dict(sealed) == {"immigration": "a.b.c.d.e"}

    def test_a_known_code_stays_known(self) -> None:
        assert not isinstance(facts(reported()).reported_by, Unrecognised)

    @pytest.mark.parametrize("name", ["accord.concern.reported.v2", "accord.meeting.held.v1", "x"])
    def test_an_unknown_type_or_newer_version_is_kept_as_unhandled(self, name: str) -> None:
        event = read(value(reported() | {"type": name}))
        assert event.data == Unhandled(name, reported()["data"])

    def test_the_bytes_that_were_read_are_kept_as_they_were(self) -> None:
        spaced = json.dumps(reported(), indent=3).encode()
        assert read(spaced).value == spaced


class TestReadingRefusesWhatIsNoEventOfOurs:
    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            (b"\xff\xfe", "not-utf-8"),
            (b"{", "not-json"),
            (b"[" * 100_000, "not-json"),
            (b"[]", "not-an-object"),
            (b"{}", "not-our-envelope"),
            (value(reported() | {"specversion": "0.3"}), "unknown-specversion"),
            (value(reported() | {"subject": "a name"}), "not-our-envelope"),
            (value(reported(concern=None)), "facts-do-not-fit-the-type"),
            (value(reported(age_years=900)), "facts-do-not-fit-the-type"),
        ],
    )
    def test_with_a_code_that_quotes_nothing(self, raw: bytes, reason: str) -> None:
        with pytest.raises(Undeliverable) as caught:
            read(raw)
        assert caught.value.reason == reason
        assert str(caught.value) == reason


class TestWritingIsClosed:
    @pytest.mark.parametrize(
        "changes",
        [{"mood_of_the_sky": "clear"}, {"reported_by": "harbor-patrol"}, {"sealed": {"immigration": "x"}}],
        ids=["field", "code", "sealed class"],
    )
    def test_what_the_contract_does_not_know_is_not_written(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            ConcernReported.model_validate(reported(**changes)["data"])

    def test_a_written_event_is_frozen(self) -> None:
        with pytest.raises(ValidationError):
            EXAMPLES[REPORTED].data.concern = "other"  # type: ignore[attr-defined]

    def test_what_is_absent_is_left_out_and_never_null(self) -> None:
        assert None not in reported()["data"].values()


class TestTheBytesCanBeReadExactlyByEveryJsonReader:
    @pytest.mark.parametrize(
        "document",
        [{"x": 1.5}, {"x": [{"y": 0.0}]}, {"x": float("nan")}, {"x": 2**53 + 1}, {"x": -(2**53) - 1}],
    )
    def test_floats_and_large_integers_are_refused(self, document: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="an event"):
            adopted(document)

    @pytest.mark.parametrize("document", [{"naïve": 1}, {"x": [{"ключ": 1}]}])
    def test_keys_outside_ascii_are_refused(self, document: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="ASCII"):
            adopted(document)

    def test_the_largest_exact_integer_and_any_text_are_written(self) -> None:
        assert b"9007199254740992" in adopted({"x": 2**53, "y": "naïve ключ"})

    def test_the_bytes_are_ascii(self) -> None:
        assert adopted({"y": "naïve ключ"}).isascii()

    @pytest.mark.parametrize("thing", [{1, 2}, b"bytes", datetime(2030, 1, 1, tzinfo=UTC)])
    def test_nothing_else_is_written(self, thing: Any) -> None:
        with pytest.raises(ValueError):
            require_plain({"x": thing})


class TestAMoment:
    def test_has_six_digits_even_when_they_are_nought(self) -> None:
        assert write_moment(datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2030-01-02T03:04:05.000000Z"

    def test_has_four_digits_of_a_year(self) -> None:
        assert write_moment(datetime(300, 1, 1, tzinfo=UTC)) == "0300-01-01T00:00:00.000000Z"

    def test_is_written_in_utc_whatever_its_zone(self) -> None:
        assert write_moment(read_moment("2030-01-02T03:04:05-08:00")) == "2030-01-02T11:04:05.000000Z"

    def test_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            write_moment(datetime(2030, 1, 1))
        with pytest.raises(ValueError, match="time zone"):
            read_moment("2030-01-02T03:04:05")


def adopted(document: dict[str, Any]) -> bytes:
    example = EXAMPLES["accord.mou.adopted.v1"]
    assert isinstance(example.data, MouAdopted)
    draft = example.draft()
    changed = example.data.model_copy(update={"document": document})
    return type(draft)(**{**draft.__dict__, "data": changed}).seal_bytes(draft.time, 1)

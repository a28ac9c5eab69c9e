"""What holds of the envelope for every event, tried with many."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as some

from shared.events import read
from shared.events.examples import EXAMPLES
from shared.events.inventing import Example
from shared.events.moments import read_moment, write_moment

zones = some.builds(timezone, some.timedeltas(timedelta(hours=-14), timedelta(hours=14)))
moments = some.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=zones)
examples = some.sampled_from(list(EXAMPLES.values()))
versions = some.integers(1, 2**53)
texts = some.text(max_size=60)


@given(moments)
def test_a_moment_is_read_as_it_was_written(moment: datetime) -> None:
    assert read_moment(write_moment(moment)) == moment


@given(moments, moments)
def test_moments_sort_as_text_as_they_sort_in_time(one: datetime, other: datetime) -> None:
    assert (write_moment(one) < write_moment(other)) == (one < other)
    assert len(write_moment(one)) == 27


@settings(max_examples=200)
@given(examples, moments, moments, versions, texts, texts)
def test_an_event_is_read_as_it_was_written(
    example: Example, time: datetime, recorded: datetime, version: int, command: str, clause: str
) -> None:
    draft = replace(example.draft(), time=time, commandid=command, clause=clause)
    event = read(draft.seal_bytes(recorded, version))
    assert event.data == example.data
    assert event.version == version
    assert (event.envelope.time, event.envelope.recordedtime) == (
        time.astimezone(UTC),
        recorded.astimezone(UTC),
    )
    assert (event.envelope.commandid, event.envelope.clause) == (command, clause)


@given(examples, moments, versions)
def test_the_same_draft_gives_the_same_bytes(example: Example, recorded: datetime, version: int) -> None:
    assert example.draft().seal_bytes(recorded, version) == example.draft().seal_bytes(recorded, version)


@given(examples, moments, versions)
def test_attribute_names_are_lower_case_letters_and_digits(
    example: Example, recorded: datetime, version: int
) -> None:
    value = json.loads(example.draft().seal_bytes(recorded, version))
    assert all(name.isascii() and name.isalnum() and name == name.lower() for name in value)

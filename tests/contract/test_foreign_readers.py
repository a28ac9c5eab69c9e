"""Our bytes are read by a reader that is not ours: the CloudEvents SDK for Python."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.bus.record import relay_headers
from shared.events import read
from shared.events.examples import EXAMPLES

FILES = sorted((Path(__file__).parent / "golden").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestTheCloudEventsSdkReadsAGoldenFile:
    def test_with_the_attributes_that_we_read(self, path: Path) -> None:
        theirs, ours = JSONFormat().read(CloudEvent, path.read_bytes()), read(path.read_bytes()).envelope
        assert theirs.get_specversion() == "1.0"
        assert (theirs.get_id(), theirs.get_type()) == (ours.id, ours.type)
        assert (theirs.get_source(), theirs.get_subject()) == (ours.source, ours.subject)
        assert theirs.get_time() == ours.time
        assert theirs.get_dataschema() == ours.dataschema
        assert theirs.get_extension("clause") == ours.clause
        assert datetime.fromisoformat(theirs.get_extension("recordedtime")) == ours.recordedtime

    def test_with_the_same_facts(self, path: Path) -> None:
        theirs = JSONFormat().read(CloudEvent, path.read_bytes())
        assert theirs.get_data() == json.loads(path.read_bytes())["data"]

    def test_as_a_kafka_record_of_the_relay_in_structured_mode(self, path: Path) -> None:
        value = path.read_bytes()
        key = read(value).envelope.partitionkey
        record = KafkaMessage(headers=dict(relay_headers(7)), key=key.encode(), value=value)
        theirs = from_kafka_event(record)
        assert theirs.get_id() == read(value).envelope.id
        assert theirs.get_extension("partitionkey") == key


def test_the_sdk_does_judge_what_it_reads() -> None:
    event = json.loads(EXAMPLES["accord.referral.accepted.v1"].value())
    with pytest.raises(CloudEventValidationError):
        JSONFormat().read(CloudEvent, json.dumps(event | {"Not_A_Name": "x"}).encode())

"""The committed documents are what the code says, and they say it in the public languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from shared.bus.asyncapi import document
from shared.bus.topics import all_topics
from shared.events import TYPES
from shared.events.catalogue import CATALOGUE, EACH_AGENCY
from shared.events.examples import EXAMPLES
from shared.events.export import collect, drift, exporters, write
from shared.events.export_schemas import ATTRIBUTES, schema_of
from shared.events.names import Service

ROOT = Path(__file__).parents[2]


def invented(name: str = "accord.referral.requested.v1", **changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(EXAMPLES[name].value())
    event["data"] |= changes
    return event


def check(event: dict[str, Any]) -> None:
    Draft202012Validator(schema_of(event["type"]), format_checker=FormatChecker()).validate(event)


class TestDrift:
    def test_there_is_none(self) -> None:
        assert drift(ROOT, collect(exporters())) == {}

    def test_a_changed_a_missing_and_a_left_over_file_are_each_named(self, tmp_path: Path) -> None:
        texts = {"docs/events/a.md": "a", "docs/events/b.md": "b", "docs/x.json": "{}"}
        assert write(tmp_path, texts) == sorted(texts)
        (tmp_path / "docs/events/a.md").write_text("changed")
        (tmp_path / "docs/x.json").unlink()
        (tmp_path / "docs/events/left.md").write_text("over")
        assert drift(tmp_path, texts) == {
            "docs/events/a.md": "differs",
            "docs/events/left.md": "nothing exports it",
            "docs/x.json": "missing",
        }

    def test_writing_mends_it(self, tmp_path: Path) -> None:
        (tmp_path / "docs/events").mkdir(parents=True)
        (tmp_path / "docs/events/left.md").write_text("over")
        write(tmp_path, {"docs/events/a.md": "a"})
        assert [path.name for path in (tmp_path / "docs/events").iterdir()] == ["a.md"]

    def test_two_packages_cannot_export_the_same_file(self) -> None:
        with pytest.raises(ValueError, match="twice"):
            collect([lambda: {"a": "1"}, lambda: {"a": "2"}])

    def test_exporting_twice_gives_the_same(self) -> None:
        assert collect(exporters()) == collect(exporters())


class TestTheSchemaOfAType:
    @pytest.mark.parametrize("name", sorted(TYPES))
    def test_is_valid_itself_and_for_its_example(self, name: str) -> None:
        Draft202012Validator.check_schema(schema_of(name))
        check(invented(name))

    @pytest.mark.parametrize("name", sorted(TYPES))
    def test_explains_every_attribute_of_the_envelope(self, name: str) -> None:
        assert set(invented(name)) <= set(ATTRIBUTES) | {
            *("specversion", "type", "datacontenttype", "dataschema", "data")
        }

    @pytest.mark.parametrize(
        "changes",
        [{"sender": 7}, {"referral": "not an id"}, {"respond_by": "2030-01-01T00:00:00Z"}, {"needs": "one"}],
        ids=["a number for a code", "no id", "a moment of another width", "no list"],
    )
    def test_refuses_facts_of_another_form(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            check(invented(**changes))

    @pytest.mark.parametrize("attribute", ["id", "subject", "recordedtime", "stream", "clause", "data"])
    def test_refuses_an_event_without_an_attribute(self, attribute: str) -> None:
        event = invented()
        del event[attribute]
        with pytest.raises(ValidationError):
            check(event)

    def test_refuses_another_types_event(self) -> None:
        with pytest.raises(ValidationError):
            Draft202012Validator(schema_of("accord.referral.accepted.v1")).validate(invented())

    @pytest.mark.parametrize(
        "changes",
        [{"later_field": 1}, {"urgency": "this-week"}, {"sealed": {"immigration": "a.b.c.d.e"}}],
        ids=["field", "code", "sealed class"],
    )
    def test_allows_what_a_newer_writer_may_add(self, changes: dict[str, Any]) -> None:
        check(invented(**changes))


class TestTheAsyncApiDocument:
    def test_has_every_topic_with_its_settings_and_only_those(self) -> None:
        topics = {topic.name: topic for topic in all_topics((EACH_AGENCY,))}
        channels = {channel["address"]: channel for channel in document()["channels"].values()}
        assert set(channels) == set(topics)
        for name, topic in topics.items():
            binding = channels[name]["bindings"]["kafka"]
            assert binding["partitions"] == topic.partitions
            assert binding["topicConfiguration"]["retention.ms"] == topic.retention_ms

    def test_has_every_event_type_on_a_topic(self) -> None:
        said = {name for channel in document()["channels"].values() for name in channel["messages"]}
        assert said >= set(TYPES)

    def test_accord_receives_submissions_and_sends_all_else(self) -> None:
        received = [key for key, one in document()["operations"].items() if one["action"] == "receive"]
        assert received == ["receive.accord.submissions"]

    def test_names_no_agency_as_reader_of_a_kept_topic(self) -> None:
        services = {"referrals", "notifications", "audit"}
        for channel in document()["channels"].values():
            if channel["description"] == "Kept for ever.":
                assert set(channel["x-readers"]) <= services


class TestTheOpenApiDocuments:
    def documents(self) -> dict[str, Any]:
        return {path.stem: json.loads(path.read_text()) for path in (ROOT / "docs/openapi").glob("*.json")}

    def test_there_is_one_for_each_service_in_openapi_3_1(self) -> None:
        found = self.documents()
        assert set(found) == set(map(str, Service))
        assert all(document["openapi"].startswith("3.1.") for document in found.values())

    def test_their_schemas_are_valid_json_schema(self) -> None:
        for api in self.documents().values():
            for schema in api["components"]["schemas"].values():
                Draft202012Validator.check_schema(schema)

    def test_the_doors_that_the_catalogue_names_are_there(self) -> None:
        paths = {
            (method.upper(), re.sub(r"\{[^}]*}", "{}", path))
            for document in self.documents().values()
            for path, operations in document["paths"].items()
            for method in operations
        }
        named = {
            (method, re.sub(r"\{[^}]*}", "{}", path))
            for entry in CATALOGUE.values()
            for method, path in re.findall(r"`([A-Z]+) (/v1[^`]*)`", entry.door)
        }
        assert len(named) > 8
        assert named <= paths

    def test_every_command_can_answer_with_a_problem(self) -> None:
        for name, api in self.documents().items():
            for path, operations in api["paths"].items():
                for method, operation in operations.items():
                    if method == "post":
                        answers = [code for code in operation["responses"] if code[0] in "45d"]
                        assert answers, f"{name}: {path}"

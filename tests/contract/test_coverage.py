"""No event type is forgotten: each has a page, an example, a schema, and somebody who handles it or is silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.audit.domain import fold, words
from services.notifications.domain.items import DELIBERATELY_SILENT, HANDLED
from shared.bus.topics import all_topics
from shared.events import TYPES
from shared.events.catalogue import CATALOGUE, EACH_AGENCY
from shared.events.examples import EXAMPLES
from shared.mou import SILENT

DOCS = Path(__file__).parents[2] / "docs"


def test_every_type_is_in_the_catalogue_and_nothing_else_is() -> None:
    assert set(CATALOGUE) == set(TYPES)


def test_every_type_has_an_example_of_its_own_type() -> None:
    assert {name: type(one.data) for name, one in EXAMPLES.items()} == dict(TYPES)


@pytest.mark.parametrize("name", sorted(TYPES))
class TestEveryType:
    def test_has_a_page_with_its_meaning_and_an_example(self, name: str) -> None:
        page = (DOCS / "events" / f"{name}.md").read_text()
        assert f'"type": "{name}"' in page
        assert len(TYPES[name].__doc__ or "") > 20

    def test_has_a_schema(self, name: str) -> None:
        assert (DOCS / "schemas" / f"{name}.json").is_file()

    def test_is_told_of_by_the_mou_or_silent_on_purpose(self, name: str) -> None:
        assert CATALOGUE[name].told != (name in SILENT or not CATALOGUE[name].kept)

    def test_is_silent_with_a_reason(self, name: str) -> None:
        assert name not in DELIBERATELY_SILENT or len(DELIBERATELY_SILENT[name]) > 10

    def test_is_handled_by_notifications_or_silent_there_with_a_reason(self, name: str) -> None:
        assert (name in HANDLED) != (name in DELIBERATELY_SILENT)
        assert CATALOGUE[name].told == (name in HANDLED)

    def test_is_folded_by_audit_or_silent_there_on_purpose(self, name: str) -> None:
        assert [TYPES[name] in table for table in (fold.ON, fold.TELLING, fold.SILENT)].count(True) == 1

    def test_has_a_sentence_in_audits_history(self, name: str) -> None:
        assert TYPES[name] in words.ON

    def test_is_on_a_topic_that_exists_and_is_written_by_one_service(self, name: str) -> None:
        topics = {topic.name: topic for topic in all_topics((EACH_AGENCY,))}
        for topic in CATALOGUE[name].topics:
            assert topics[topic].writer in {"referrals", "notifications", "audit"}
            assert topics[topic].kept == CATALOGUE[name].kept

    def test_has_an_example_on_one_of_its_topics(self, name: str) -> None:
        topic = EXAMPLES[name].topic
        assert any(
            topic == one or topic.startswith(one.removesuffix(EACH_AGENCY)) for one in CATALOGUE[name].topics
        )

    def test_says_what_happened_in_the_past_tense_of_a_noun(self, name: str) -> None:
        accord, noun, verb, version = name.split(".")
        assert (accord, noun.isalpha(), version) == ("accord", True, "v1")
        assert verb.endswith(
            (
                "ed",
                "begun",
                "given",
                "held",
                "left",
                "made",
                "met",
                "read",
                "unreadable",
                "undone",
                "evaluated-out",
                "confirmed-not-done",
                "entered-in-error",
            )
        )

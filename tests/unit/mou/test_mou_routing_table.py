from pathlib import Path

from shared.events import TYPES
from shared.events.data import Data
from shared.events.types.notification import NotificationDelivered
from shared.mou import SILENT, CaseFacts, EventFacts, ThingFacts, load, recipients
from shared.mou.routing import MUST_BE_TOLD, TOLD_BY_DUTIES

MOU = load((Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml").read_text("utf-8"))
ROUTED = {rule.event for rule in MOU.routing}


def test_every_event_type_is_told_to_somebody_or_silent_on_purpose():
    assert set(SILENT) | ROUTED | TOLD_BY_DUTIES == set(TYPES)
    assert not set(SILENT) & ROUTED
    assert not TOLD_BY_DUTIES & (ROUTED | set(SILENT))


def test_every_silence_has_its_reason():
    assert all(len(why) > 10 for why in SILENT.values())


def test_what_must_be_told_is_not_silent():
    assert not MUST_BE_TOLD & set(SILENT)


def test_a_silent_type_is_told_to_nobody_whatever_it_is_about():
    thing = ThingFacts(
        "case",
        "human-services",
        frozenset({"probation"}),
        "human-services",
        "advocacy",
        frozenset({"sheriff"}),
        "shelter",
    )
    for kind in SILENT:
        event = EventFacts(kind, thing, "sheriff", "hours", "sheriff", "0be7d4c6-5f19-4a82-bd60-f8a3729e1c57")
        assert recipients(event, MOU, MOU.rota) == []


def test_a_type_that_is_not_known_here_is_told_to_nobody():
    assert recipients(EventFacts("accord.plan.agreed.v1"), MOU, {}) == []


def test_each_recipient_can_be_written_as_a_delivered_notification():
    thing = CaseFacts(
        "referral",
        "human-services",
        sender="human-services",
        recipient="advocacy",
        reporters=frozenset({"sheriff"}),
        owner="shelter",
    )
    worker = "0be7d4c6-5f19-4a82-bd60-f8a3729e1c57"
    for kind in ROUTED:
        told = recipients(EventFacts(kind, thing, None, "days", "probation", worker), MOU, MOU.rota)
        assert told, kind
        for recipient in told:
            written: Data = NotificationDelivered(
                item=worker,
                event=worker,
                rule=recipient.rule,
                recipient=recipient.address,
                tier=recipient.tier,
                channel="feed",
            )
            assert written.written()["recipient"] == recipient.address


def test_a_concern_of_two_agencies_is_told_to_both_in_a_fixed_order():
    concern = CaseFacts("concern", reporters=frozenset({"sheriff", "medical-hub"}))
    told = recipients(EventFacts("accord.concern.attached.v1", concern), MOU, {})
    assert [recipient.address for recipient in told] == ["medical-hub/system", "sheriff/system"]

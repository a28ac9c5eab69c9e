"""What every vault keeps, as tests; each implementation runs them (`vault` and `clock` are its fixtures)."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.referrals.vault import Forgotten, MemoryVault, ToOpen, ToSeal, VaultPort, Which
from services.referrals.vault.making import make_county_key
from shared.errors import Undeliverable
from shared.events.names import SealedClass
from shared.events.sealing import CannotOpen, seal_for_county

IDENTITY, CONTACT, HEALTH = SealedClass.IDENTITY, SealedClass.CONTACT, SealedClass.HEALTH
NAME = {"given_name": "Marisol", "family_name": "Quetzal-Ibarra"}
T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = T0

    def __call__(self) -> datetime:
        return self.time


def item(cls=IDENTITY, facts=NAME, *, youth=None, matter="none", subject=None, event=None) -> ToSeal:
    return ToSeal(youth or uuid4(), matter, subject or uuid4(), event or uuid4(), cls, facts)


def part(sealed: str, of: ToSeal) -> ToOpen:
    return ToOpen(sealed, of.subject, of.event_id, of.cls)


def outcome(vault: VaultPort, sealed: str, of: ToSeal):
    return vault.open(sealed, of.subject, of.event_id, of.cls)


class VaultContract:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def youth(self) -> UUID:
        return uuid4()

    # Sealing, and what a part is bound to

    def test_what_was_sealed_opens_where_it_belongs(self, vault):
        items = [
            item(),
            item(CONTACT, {"telephone": "(555) 010-4477"}),
            item(HEALTH, {"note": "é\u2028\u0000"}),
        ]
        sealed = vault.seal_all(items)
        assert [outcome(vault, s, i) for s, i in zip(sealed, items, strict=True)] == [i.facts for i in items]

    def test_ids_are_taken_as_text_too(self, vault):
        one = item()
        [sealed] = vault.seal_all([one])
        assert vault.open(sealed, str(one.subject), str(one.event_id), IDENTITY) == NAME

    def test_nothing_to_seal_gives_nothing(self, vault):
        assert vault.seal_all([]) == []
        assert vault.open_many([]) == []

    def test_each_part_has_a_key_of_its_own(self, vault, youth):
        one = item(youth=youth)
        vault.seal_all([one, one])
        assert len(set(vault.keys(Which(youth=youth)))) == 2

    def test_a_part_moved_to_another_event_case_or_class_does_not_open(self, vault):
        one = item()
        [sealed] = vault.seal_all([one])
        for moved, reason in [
            (ToOpen(sealed, uuid4(), one.event_id, IDENTITY), "bound-to-another-case"),
            (ToOpen(sealed, one.subject, uuid4(), IDENTITY), "bound-to-another-event"),
            (ToOpen(sealed, one.subject, one.event_id, HEALTH), "bound-to-another-class"),
        ]:
            with pytest.raises(CannotOpen) as failed:
                vault.open(moved.sealed, moved.subject, moved.event_id, moved.cls)
            assert failed.value.reason == reason

    def test_a_part_of_another_vaults_key_does_not_open(self, vault):
        one = item()
        [foreign] = MemoryVault().seal_all([one])
        with pytest.raises(CannotOpen, match="unknown-key"):
            outcome(vault, foreign, one)

    def test_two_names_of_different_length_give_parts_of_equal_length(self, vault):
        short, long = vault.seal_all([item(facts={"name": "Al"}), item(facts={"name": "A" * 200})])
        assert len(short) == len(long)

    def test_of_many_parts_one_that_does_not_open_does_not_hide_the_others(self, vault):
        first, second = item(), item(CONTACT, {"telephone": "1"})
        sealed = vault.seal_all([first, second])
        [kid] = vault.keys(Which(event_id=second.event_id))
        vault.forget(Which(kid=kid), uuid4())
        opened = vault.open_many(
            [
                part("not a part", first),
                part(sealed[1], second),
                part(sealed[0], first),
                part(sealed[0], second),
            ]
        )
        assert [type(o) for o in opened] == [CannotOpen, Forgotten, dict, CannotOpen]
        assert opened[2] == NAME

    def test_what_is_too_large_for_an_event_is_not_sealed_and_leaves_no_key(self, vault, youth):
        with pytest.raises(Undeliverable) as failed:
            vault.seal_all([item(youth=youth), item(facts={"text": "x" * 60_000}, youth=youth)])
        assert failed.value.reason == "too-large"
        assert vault.keys(Which(youth=youth)) == []

    # Forgetting

    def test_one_wrong_entry_is_forgotten_and_the_rest_stays(self, vault, youth, clock):
        wrong, right = item(youth=youth), item(youth=youth)
        sealed = vault.seal_all([wrong, right])
        [kid] = vault.keys(Which(event_id=wrong.event_id))
        clock.time += timedelta(days=1)
        assert vault.forget(Which(kid=kid), uuid4()) == [kid]
        assert outcome(vault, sealed[0], wrong) == Forgotten(kid, clock.time)
        assert outcome(vault, sealed[1], right) == NAME

    def test_one_class_of_one_youth_is_forgotten_and_the_rest_stays(self, vault, youth):
        health, identity = item(HEALTH, youth=youth), item(IDENTITY, youth=youth)
        other_youth = item(HEALTH)
        sealed = vault.seal_all([health, identity, other_youth])
        vault.forget(Which(youth=youth, cls=HEALTH), uuid4())
        assert isinstance(outcome(vault, sealed[0], health), Forgotten)
        assert outcome(vault, sealed[1], identity) == NAME
        assert outcome(vault, sealed[2], other_youth) == NAME

    def test_one_matter_of_one_youth_is_forgotten_and_the_other_stays(self, vault, youth):
        delinquency, dependency = (
            item(youth=youth, matter="delinquency"),
            item(youth=youth, matter="dependency"),
        )
        sealed = vault.seal_all([delinquency, dependency])
        vault.forget(Which(youth=youth, matter="delinquency"), uuid4())
        assert isinstance(outcome(vault, sealed[0], delinquency), Forgotten)
        assert outcome(vault, sealed[1], dependency) == NAME

    def test_a_youth_is_forgotten_and_others_stay(self, vault, youth):
        theirs, others = [item(youth=youth), item(HEALTH, youth=youth)], item()
        sealed = vault.seal_all([*theirs, others])
        named = vault.keys(Which(youth=youth))
        assert vault.forget(Which(youth=youth), uuid4()) == named
        assert all(isinstance(outcome(vault, s, i), Forgotten) for s, i in zip(sealed, theirs, strict=False))
        assert outcome(vault, sealed[2], others) == NAME

    def test_forgetting_twice_destroys_nothing_more_and_keeps_the_first_time(self, vault, youth, clock):
        one = item(youth=youth)
        [sealed] = vault.seal_all([one])
        [kid] = vault.forget(Which(youth=youth), uuid4())
        clock.time += timedelta(hours=1)
        assert vault.forget(Which(youth=youth), uuid4()) == []
        assert outcome(vault, sealed, one) == Forgotten(kid, T0)

    def test_the_keys_of_a_whole_county_cannot_be_forgotten_at_once(self):
        with pytest.raises(ValueError, match="name a key"):
            Which(cls=HEALTH, matter="none")

    def test_destructions_are_applied_again_after_a_restore(self, vault, youth):
        kept, destroyed = item(youth=youth), item(youth=youth)
        sealed = vault.seal_all([kept, destroyed])
        [kid] = vault.keys(Which(event_id=destroyed.event_id))
        never_restored, by, at = uuid4(), uuid4(), T0 - timedelta(days=3)
        assert vault.apply_destructions([kid, never_restored], by, at) == 1
        assert vault.apply_destructions([kid, never_restored], by, at) == 0
        assert outcome(vault, sealed[1], destroyed) == Forgotten(kid, at)
        assert outcome(vault, sealed[0], kept) == NAME

    def test_a_concern_attached_to_a_case_is_forgotten_with_the_cases_youth(self, vault, youth):
        of_concern, of_other = item(), item()
        sealed = vault.seal_all([of_concern, of_other])
        assert vault.regroup(of_concern.youth, youth, "dependency") == 1
        assert vault.keys(Which(youth=of_concern.youth)) == []
        assert outcome(vault, sealed[0], of_concern) == NAME
        assert len(vault.forget(Which(youth=youth, matter="dependency"), uuid4())) == 1
        assert isinstance(outcome(vault, sealed[0], of_concern), Forgotten)
        assert outcome(vault, sealed[1], of_other) == NAME

    # Submissions

    def test_what_an_agency_seals_to_the_county_opens_for_its_submission_and_class(self, vault):
        [public] = vault.county_jwks()["keys"]
        submission = uuid4()
        sealed = seal_for_county(public, submission, IDENTITY, NAME)
        assert vault.open_submission(sealed, submission, IDENTITY) == NAME
        assert vault.open_submission(sealed, str(submission), IDENTITY) == NAME

    def test_a_part_of_another_submission_or_class_does_not_open(self, vault):
        [public] = vault.county_jwks()["keys"]
        sealed = seal_for_county(public, "one", IDENTITY, NAME)
        for submission, cls, reason in [
            ("two", IDENTITY, "bound-to-another-submission"),
            ("one", CONTACT, "bound-to-another-class"),
        ]:
            for _ in "before and after the key is known":
                with pytest.raises(CannotOpen) as failed:
                    vault.open_submission(sealed, submission, cls)
                assert failed.value.reason == reason

    def test_a_part_sealed_to_a_key_that_is_not_the_countys_does_not_open(self, vault):
        for kid in (str(uuid4()), "not-a-uuid", vault.county_jwks()["keys"][0]["kid"]):
            public = make_county_key().public | {"kid": kid}
            with pytest.raises(CannotOpen) as failed:
                vault.open_submission(seal_for_county(public, "s", IDENTITY, NAME), "s", IDENTITY)
            assert failed.value.reason in {"unknown-key", "damaged"}

    def test_only_the_public_half_of_the_county_key_is_published(self, vault):
        [public] = vault.county_jwks()["keys"]
        assert set(public) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert vault.county_jwks() == {"keys": [public]}

    def test_many_asking_for_the_first_county_key_at_once_get_the_same(self, vault):
        with ThreadPoolExecutor(8) as threads:
            answers = [f.result() for f in [threads.submit(vault.county_jwks) for _ in range(16)]]
        assert len({json.dumps(answer, sort_keys=True) for answer in answers}) == 1

    def test_after_a_rotation_the_former_key_opens_until_nothing_can_arrive_for_it(self, vault, clock):
        [first] = vault.county_jwks()["keys"]
        sealed = seal_for_county(first, "s", IDENTITY, NAME)
        [second] = vault.rotate()["keys"]
        assert vault.county_jwks() == {"keys": [second]} != {"keys": [first]}
        vault.purge(clock.time + timedelta(days=30))
        assert vault.open_submission(sealed, "s", IDENTITY) == NAME
        assert vault.purge(clock.time + timedelta(days=36)) == 1
        with pytest.raises(CannotOpen, match="unknown-key"):
            vault.open_submission(sealed, "s", IDENTITY)
        assert vault.open_submission(seal_for_county(second, "s", IDENTITY, NAME), "s", IDENTITY) == NAME

    # Dead letters

    def keep(self, vault, offset=7, value=b"\xff not utf-8 Marisol", reason="not-utf-8"):
        return vault.keep_deadletter(
            topic="accord.submissions.sheriff",
            partition=0,
            offset=offset,
            reason=reason,
            key=b"Marisol",
            value=value,
            headers=[("x", b"1"), ("x", b"\xfe")],
        )

    def test_what_could_not_be_read_is_kept_and_shown_byte_for_byte(self, vault):
        letter = self.keep(vault)
        shown = vault.show_deadletter(letter.id)
        assert shown.letter == letter
        assert (shown.key, shown.value) == (b"Marisol", b"\xff not utf-8 Marisol")
        assert shown.headers == (("x", b"1"), ("x", b"\xfe"))
        assert (letter.size, letter.expires_at) == (19, T0 + timedelta(days=30))
        assert letter.sha256 == hashlib.sha256(b"\xff not utf-8 Marisol").hexdigest()

    def test_a_record_without_key_and_value_and_one_of_two_mebibytes_are_kept(self, vault):
        for offset, value in ((1, None), (2, b"x" * 2 * 1024 * 1024)):
            letter = self.keep(vault, offset, value)
            assert vault.show_deadletter(letter.id).value == value

    def test_the_same_record_again_is_the_same_dead_letter(self, vault):
        assert self.keep(vault, reason="first") == self.keep(vault, reason="second")
        assert self.keep(vault, offset=8).id != self.keep(vault).id

    def test_a_draft_is_its_persons_at_its_place_and_the_last_one_counts(self, vault):
        person, other = uuid4(), uuid4()
        vault.keep_draft(person, "/concerns/new", b"first")
        vault.keep_draft(person, "/concerns/new", "segundo \u00f1 \U0001f642".encode())
        assert vault.draft(person, "/concerns/new") == "segundo \u00f1 \U0001f642".encode()
        assert vault.draft(other, "/concerns/new") is None
        assert vault.draft(person, "/cases/1") is None

    def test_a_draft_that_was_sent_is_gone(self, vault):
        person = uuid4()
        vault.keep_draft(person, "/concerns/new", b"typed")
        vault.drop_draft(person, "/concerns/new")
        vault.drop_draft(person, "/concerns/new")
        assert vault.draft(person, "/concerns/new") is None

    def test_a_draft_is_gone_after_a_day(self, vault, clock):
        person = uuid4()
        vault.keep_draft(person, "/concerns/new", b"typed")
        clock.time += timedelta(hours=23, minutes=59)
        assert vault.purge(clock.time) == 0
        assert vault.draft(person, "/concerns/new") == b"typed"
        clock.time += timedelta(minutes=1)
        assert vault.draft(person, "/concerns/new") is None
        assert vault.purge(clock.time) == 1

    def test_an_address_is_its_persons_until_it_is_dropped_and_the_last_one_counts(self, vault):
        person, other = uuid4(), uuid4()
        vault.addresses.keep(person, "first@lantern.example")
        vault.addresses.keep(person, " Ruth@Lantern.example")
        assert vault.addresses.of([person, other]) == {person: "ruth@lantern.example"}
        vault.addresses.drop(person)
        assert vault.addresses.of([person]) == {}

    def test_an_address_is_found_again_however_it_is_written(self, vault):
        digest = vault.addresses.digest
        assert digest("Ruth@Lantern.example ") == digest("ruth@lantern.example")
        assert digest("ruth@lantern.example") != digest("ruth@harbor.example")

    def test_a_letter_is_there_until_it_is_sent_or_over(self, vault, clock):
        sent, late = uuid4(), uuid4()
        for letter in (sent, late):
            vault.addresses.keep_letter(letter, b"a link", clock.time + timedelta(minutes=10))
        vault.addresses.drop_letter(sent)
        assert (vault.addresses.letter(sent), vault.addresses.letter(late)) == (None, b"a link")
        clock.time += timedelta(minutes=10)
        assert vault.addresses.letter(late) is None
        assert vault.purge(clock.time) == 1

    def test_a_dead_letter_is_gone_after_thirty_days(self, vault, clock):
        early = self.keep(vault, offset=1)
        clock.time += timedelta(days=1)
        late = self.keep(vault, offset=2)
        clock.time = T0 + timedelta(days=30)
        assert vault.show_deadletter(early.id) is None
        assert vault.purge(clock.time) == 1
        assert vault.show_deadletter(late.id) is not None
        assert vault.show_deadletter(uuid4()) is None

"""A bundle for one agency holds not a byte of what it could not have known; and says what it withholds, and why."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from services.audit.domain.proof.bundle import verify_bundle
from shared.events.names import Agency
from tests.unit.audit.bundles import bundle, entries_of, material_of
from tests.unit.audit.county import ACTIVE, County, county, versions
from tests.unit.audit.independent_knowing import knew
from tests.unit.audit.made import Case

#: What names a person, an act or a fact: random ids, planted sealed parts, planted signs.
TOKEN = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|canary-[a-z_]+-\d+|sign-of-[a-z-]+")
SEEDS = range(3, 6)


def tokens(data: bytes) -> set[bytes]:
    return set(TOKEN.findall(data))


def searched(members: dict[str, bytes]) -> bytes:
    """Every file; and what the page carries in base64, which the records beside it are compared with."""
    return b"\0".join(data for _, data in sorted(members.items()))


def allowed(made: County, case: Case, agency: str, members: dict[str, bytes]) -> set[bytes] | None:
    """What the agency could have known, worked out anew; None if that is nothing."""
    values = [(m.topic, m.sequence, m.value) for m in made.log.made]
    fields, opens, knows = knew(case.case, values, agency, made.log.now, made.adopted)
    if not knows:
        return None
    own = [e for e in entries_of(made, case, made.log.now) if _stated(e.event.envelope, agency)]
    known = tokens(json.dumps([fields, sorted(opens)]).encode()) | {case.case.encode()}
    for entry in own:
        known |= tokens(entry.event.value)
    # Which events were known of at all is tested with replay; here their ids are all that is taken from it.
    told = json.loads(members["data/history.json"])["entries"]
    return known | {entry["event"].encode() for entry in told} | _saw(members)


def _stated(envelope: Any, agency: str) -> bool:
    return bool(envelope.agency == agency and envelope.type != "accord.record.denied.v1")


def _saw(members: dict[str, bytes]) -> set[bytes]:
    return {
        t for saw in json.loads(members["data/state.json"])["did_see"] for t in tokens(saw["actor"].encode())
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_no_byte_of_what_the_agency_could_not_have_known_is_in_its_bundle(seed: int) -> None:
    made, looked = county(seed, acts=30), 0
    mou = {t for m in made.log.made if m.topic == "accord.mou.events" for t in tokens(m.value)}
    case = made.cases[seed % 2]
    whole = searched(bundle(made, case))
    every = {t for e in entries_of(made, case, made.log.now) for t in tokens(e.event.value)} - mou
    assert every <= tokens(whole), "the search finds all of it where all of it is"
    for agency in random.Random(seed).sample(ACTIVE, 5):
        members = bundle(made, case, None, Agency(agency))
        may = allowed(made, case, agency, members)
        if may is None:
            continue
        looked += 1
        assert tokens(searched(members)) & every <= may, (seed, agency)
        assert every - may, "there is something that it could not have known"
    assert looked


@pytest.mark.parametrize("seed", SEEDS)
def test_only_what_an_agency_stated_itself_is_given_whole(seed: int) -> None:
    made = county(seed, acts=40)
    for agency in ACTIVE:
        for case in made.cases:
            for piece in material_of(made, case, None, Agency(agency)).story.pieces:
                if piece.given == "raw":
                    assert _stated(piece.entry.event.envelope, agency)
                    assert (
                        not {"youth", "case_stream", "concern_version"}
                        & piece.entry.event.envelope.data.keys()
                    )


class TestWhatIsWithheld:
    def index(self, members: dict[str, bytes]) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(members["data/index.json"])
        return found

    def test_every_record_of_the_case_has_its_place_its_hash_and_its_version_whatever_is_given_of_it(
        self,
    ) -> None:
        made = county(5, acts=40)
        case = made.cases[0]
        whole, part = (self.index(bundle(made, case, None, a)) for a in (None, Agency.SHERIFF))
        place = ("log", "sequence", "leaf", "version")
        assert [[r[n] for n in place] for r in whole["records"]] == [
            [r[n] for n in place] for r in part["records"]
        ]
        assert {r["given"] for r in part["records"]} >= {"withheld"}

    def test_what_is_withheld_names_a_reason_and_the_clause_that_is_behind_it(self) -> None:
        made = county(5, acts=40)
        rows = self.index(bundle(made, made.cases[0], None, Agency.SHERIFF))["records"]
        withheld = [row for row in rows if row["given"] == "withheld"]
        assert {row["reason"] for row in withheld} == {"Sheriff could not have known of it by then."}
        assert {row["clause"] for row in withheld} == {str(versions()[0].otherwise)}
        assert not any("event" in row or "file" in row for row in withheld)

    def test_streams_of_which_nothing_is_given_whole_are_not_named(self) -> None:
        made = county(5, acts=40)
        members = bundle(made, made.cases[0], None, Agency.SHERIFF)
        index = self.index(members)
        given = {row["stream"] for row in index["records"] if row["given"] == "raw"}
        assert {label for label, s in index["streams"].items() if s["id"]} == given
        assert verify_bundle(members).counts["withheld"] > 10

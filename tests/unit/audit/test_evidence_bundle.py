"""An evidence bundle is verified as a stranger would: whatever was altered, left out or put in is named."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.proof import Checkpoint, VerifierKey
from services.audit.domain.proof.bag import MANIFEST, SEAL, TAGS, is_payload, is_tag, manifest, sealed_text
from services.audit.domain.proof.bundle import Verdict, verify_bundle
from services.audit.domain.proof.outside import Outside
from services.audit.evidence.writing import write_bundle
from services.audit.merkle.signing import QuickKey
from services.audit.stranger.telling import told
from shared.events.names import Agency
from tests.unit.audit.bundles import KEY, NAME, Logs, bundle, material, material_of, sign
from tests.unit.audit.county import ACTIVE, County, county, versions
from tests.unit.audit.made import MONDAY, Case, Log

QUICK = Outside(key=QuickKey(KEY.name, KEY.public))
#: `--faults-full` takes every byte of the auditor's bundle, in parts that each end in time.
PARTS = 8
SAMPLE = 240


@cache
def small(agency: str | None = None) -> dict[str, bytes]:
    """The bundle of a short case without an MOU: few bytes, every kind of file."""
    made = County(Log(), random.Random(1))
    case = Case(made.log, {"identity": "eyJ.invented"}).open()
    case.accept(case.refer("advocacy"))
    return bundle(made, case, None, Agency(agency) if agency else None)


@cache
def invented(seed: int = 11) -> County:
    return county(seed, acts=60)


def named(verdict: Verdict) -> set[str]:
    return {problem.member for problem in verdict.problems}


def words(verdict: Verdict) -> str:
    return "\n".join(told(verdict))


def resealed(members: dict[str, bytes]) -> dict[str, bytes]:
    """What somebody with the signing key can make of altered files: manifests and seal that fit them."""
    members[MANIFEST] = manifest(members, is_payload)
    members[TAGS] = manifest(members, is_tag)
    members[SEAL] = sign(sealed_text(NAME, TAGS, members[TAGS])).encode()
    return members


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([None, *ACTIVE]), st.floats(0.0, 1.1))
def test_whatever_the_case_the_moment_and_the_view_a_bundle_fits(
    seed: int, agency: str | None, share: float
) -> None:
    made = county(seed, acts=25)
    case = made.cases[seed % 2]
    until = MONDAY + (made.log.now - MONDAY) * share
    verdict = verify_bundle(bundle(made, case, until, Agency(agency) if agency else None), QUICK)
    assert verdict.problems == []
    assert agency is not None or verdict.counts["withheld"] == verdict.counts["extract"] == 0


class TestWhicheverByteIsAltered:
    @pytest.mark.parametrize("part", range(PARTS))
    @pytest.mark.parametrize("agency", [None, "advocacy"])
    def test_it_is_found_and_the_file_is_named(
        self, agency: str | None, part: int, pytestconfig: pytest.Config
    ) -> None:
        members = small(agency)
        places = [(path, at) for path, data in sorted(members.items()) for at in range(len(data))]
        seed = random.randrange(10_000)
        print(f"seed {seed}; {len(places)} bytes in {len(members)} files")
        chance = random.Random(seed)
        if agency is not None or not pytestconfig.getoption("--faults-full"):
            every = [(path, chance.randrange(len(data))) for path, data in sorted(members.items())]
            places = every + chance.sample(places, SAMPLE)
        for path, at in places[part::PARTS]:
            data = bytearray(members[path])
            data[at] ^= 1 << chance.randrange(8)
            assert named(verify_bundle({**members, path: bytes(data)}, QUICK)) == {path}, (path, at)

    def test_with_the_key_that_came_along_it_is_found_as_well(self) -> None:
        members, chance = small(), random.Random(3)
        assert verify_bundle(members).fits
        for path in sorted(members):
            data = bytearray(members[path])
            data[chance.randrange(len(data))] ^= 1
            assert path in named(verify_bundle({**members, path: bytes(data)})), path

    def test_a_file_that_is_cut_missing_or_put_in_is_named(self) -> None:
        members = small()
        for path in sorted(members):
            assert path in named(verify_bundle({**members, path: members[path][:-1]}, QUICK))
            less = {name: data for name, data in members.items() if name != path}
            assert path in named(verify_bundle(less, QUICK))
        for path in ("more.txt", "data/more.txt", "data/records/999999.record", "verifier/site.py"):
            assert named(verify_bundle({**members, path: b"more"}, QUICK)) == {path}

    def test_two_records_that_were_exchanged_are_named(self) -> None:
        members = small()
        one, other = sorted(path for path in members if path.startswith("data/records/"))[:2]
        swapped = {**members, one: members[other], other: members[one]}
        assert named(verify_bundle(swapped, QUICK)) == {one, other}

    def test_nothing_at_all_is_no_bundle(self) -> None:
        assert not verify_bundle({}).fits
        assert not verify_bundle({"data/index.json": b"{}"}).fits


class TestABundleOfNonsense:
    """Nobody knows what a stranger is given: whatever it is, the verdict is words and never a crash."""

    JUNK = (
        None,
        True,
        -1,
        2**63 - 1,
        2**80,
        "",
        "x",
        "\x1b[31m",
        "A" * 44,
        [],
        [[]],
        {},
        {"a": []},
        "../../etc",
    )

    @pytest.mark.parametrize("part", range(4))
    def test_any_value_in_any_document_may_be_anything(self, part: int) -> None:
        seed = random.randrange(10_000)
        print(f"seed {seed}")
        chance = random.Random(seed)
        for _ in range(120):
            members = dict(small(chance.choice([None, "advocacy"])))
            path = chance.choice([p for p in sorted(members) if p.endswith(".json")])
            document = json.loads(members[path])
            self.spoil(document, chance)
            members[path] = json.dumps(document).encode()
            if path == "data/index.json":
                members["data/index.note"] = sign(sealed_text(NAME, "index.json", members[path])).encode()
            said = words(verify_bundle(resealed(members), QUICK))
            assert said.startswith(("FITS", "DOES NOT FIT"))
            assert said.replace("\n", "").isprintable()

    def spoil(self, document: Any, chance: random.Random) -> None:
        here = document
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                return
            key = chance.choice(keys)
            if isinstance(here[key], dict | list) and here[key] and chance.random() < 0.8:
                here = here[key]
                continue
            if chance.random() < 0.2:
                del here[key]
            else:
                here[key] = chance.choice(self.JUNK)
            return

    def test_a_record_of_anything_is_named(self) -> None:
        members = dict(small())
        path = next(p for p in members if p.startswith("data/records/"))
        for data in (b"", b"\x00\x00\x00\x05ab", b"\xff" * 12, members[path][:-1], members[path] + b"x"):
            assert path in named(verify_bundle(resealed({**members, path: data}), QUICK))


Change = Callable[[dict[str, Any]], None]


def altered(path: str, change: Change) -> dict[str, bytes]:
    """The bundle of a signer who alters an answer and seals it again."""
    members = dict(small())
    document = json.loads(members[path])
    change(document)
    members[path] = (json.dumps(document, indent=1) + "\n").encode()
    return resealed(members)


class TestASignerWhoIsNotHonest:
    """The key's holder can sign whatever they like; these show all the same."""

    def test_an_event_that_is_left_out_is_told_by_its_stream_and_version(self) -> None:
        made = County(Log(), random.Random(1))
        case = Case(made.log, {}).open()
        case.accept(case.refer("advocacy"))
        logs, story = Logs(made), material_of(made, case).story
        hidden = next(p for p in story.pieces if p.entry.event.type == "accord.referral.requested.v1")
        kept = [p for p in story.pieces if p is not hidden]
        entries = [e for e in story.history["entries"] if e["event"] != hidden.entry.event.envelope.id]
        less = replace(story, pieces=kept, history={**story.history, "entries": entries})
        verdict = verify_bundle(write_bundle(material(logs, less), NAME, sign))
        stream = story.streams[hidden.entry.event.envelope.stream]
        assert f"leaves out an event: stream {stream.label}" in words(verdict)
        assert f"lacks version {hidden.entry.event.version} of {stream.last}" in words(verdict)

    def test_a_withheld_record_that_is_not_mentioned_is_told_as_well(self) -> None:
        made = invented()
        logs, story = Logs(made), material_of(made, made.cases[0], None, Agency.ADVOCACY).story
        last = {s.label: s.last for s in story.streams.values()}
        hidden = next(
            p
            for p in story.pieces
            if p.given == "withheld"
            and p.entry.event.version < last[story.streams[p.entry.event.envelope.stream].label]
            and story.streams[p.entry.event.envelope.stream].kind == "case"
        )
        less = replace(story, pieces=[p for p in story.pieces if p is not hidden])
        verdict = verify_bundle(write_bundle(material(logs, less), NAME, sign), QUICK)
        assert named(verdict) == {"data/index.json"}
        assert "leaves out an event" in words(verdict)

    @pytest.mark.parametrize(
        ("path", "change", "told_as"),
        [
            ("data/history.json", lambda d: d["entries"][2].update(agency="probation"), "agency of event"),
            ("data/history.json", lambda d: d["entries"].pop(3), "leaves out event"),
            (
                "data/history.json",
                lambda d: d["entries"].append({"event": "x"}),
                "of which there is no record",
            ),
            ("data/history.json", lambda d: d["entries"][1].update(recorded="2020"), "recorded of event"),
            ("data/state.json", lambda d: d.update(as_of="2020-01-01T00:00:00.000000Z"), "as_of is not"),
            ("data/state.json", lambda d: d.update(mouversion="another"), "mouversion is not"),
            ("data/proofs.json", lambda d: d.clear(), "does not prove"),
            (
                "data/consistency.json",
                lambda d: next(iter(d.values())).update({"1": {}}),
                "how the logs grew",
            ),
        ],
    )
    def test_an_answer_that_says_something_else_than_the_records_is_named(
        self, path: str, change: Change, told_as: str
    ) -> None:
        verdict = verify_bundle(altered(path, change), QUICK)
        assert path in named(verdict)
        assert told_as in words(verdict)

    def test_a_page_that_tells_something_else_is_named(self) -> None:
        members = dict(small())
        members["data/report.html"] = members["data/report.html"].replace(b"advocacy", b"shelter", 1)
        members["data/report.html"] = members["data/report.html"].replace(b"Advocacy", b"Shelter", 1)
        assert named(verify_bundle(resealed(members), QUICK)) == {"data/report.html"}

    def test_an_mou_that_was_never_adopted_is_named(self) -> None:
        made = invented()
        members = dict(bundle(made, made.cases[0]))
        assert verify_bundle(members, QUICK).counts["mou"] == 3
        members["data/mou/001.json"] = members["data/mou/001.json"].replace(b"sha256:", b"sha256:0")
        assert named(verify_bundle(resealed(members), QUICK)) == {"data/mou/001.json"}


class TestWhatIsBroughtAlong:
    """Trust comes from outside: a key, a checkpoint kept elsewhere, a root."""

    def test_without_it_the_verdict_says_what_it_rests_on(self) -> None:
        said = words(verify_bundle(small()))
        assert "The key came with the bundle" in said
        assert "No checkpoint kept elsewhere was compared" in said

    def test_with_the_key_the_verdict_says_so(self) -> None:
        assert "The key is the one you gave" in words(verify_bundle(small(), Outside(key=KEY)))

    def test_another_key_is_told(self) -> None:
        other = VerifierKey(
            "example.invalid/other", Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        )
        verdict = verify_bundle(small(), Outside(key=other))
        assert {"data/key.txt", SEAL} <= named(verdict)
        assert "is not the key that you gave" in words(verdict)

    def test_a_bundle_that_another_key_signed_is_told_even_if_it_names_the_right_one(self) -> None:
        private = Ed25519PrivateKey.generate()
        made = invented()
        story = material_of(made, made.cases[0])
        forged = write_bundle(story, NAME, lambda text: sign(text, private))
        assert {SEAL, "data/index.note"} <= named(verify_bundle(forged))

    def test_a_checkpoint_of_the_same_log_is_compared_at_the_same_size_and_at_an_earlier_one(self) -> None:
        made = invented()
        logs, story = Logs(made), material_of(made, made.cases[0])
        (topic, partition), root = max(logs.roots.items(), key=lambda one: one[1].size)
        (size, earlier), *_ = logs.grown((topic, partition)).items()
        old = sign(str(Checkpoint(f"{NAME}/{topic}/{partition}", size, earlier.root)))
        members = write_bundle(story, NAME, sign)
        verdict = verify_bundle(members, replace(QUICK, checkpoints=[root.note, old]))
        assert verdict.fits
        assert verdict.compared.same == 2
        assert verify_bundle(members, replace(QUICK, roots=[(f"{topic}/{partition}", root.root)])).fits

    def test_another_root_is_told_by_its_log(self) -> None:
        made = invented()
        logs, story = Logs(made), material_of(made, made.cases[0])
        (topic, partition), root = max(logs.roots.items(), key=lambda one: one[1].size)
        for size in (root.size, root.size // 2):
            other = sign(str(Checkpoint(f"{NAME}/{topic}/{partition}", size, bytes(32))))
            verdict = verify_bundle(write_bundle(story, NAME, sign), replace(QUICK, checkpoints=[other]))
            assert named(verdict) == {f"data/checkpoints/{topic}-{partition}.note"}
            assert "the log's past was changed" in words(verdict)
        wrong = replace(QUICK, roots=[(f"{topic}/{partition}", bytes(32))])
        assert f"another root for {topic}/{partition}" in words(
            verify_bundle(write_bundle(story, NAME, sign), wrong)
        )

    def test_what_is_of_another_log_or_size_is_said_not_to_have_been_compared(self) -> None:
        other = sign(str(Checkpoint(f"{NAME}/accord.other/0", 3, bytes(32))))
        verdict = verify_bundle(small(), replace(QUICK, checkpoints=[other], roots=[("accord.other/0", b"")]))
        assert verdict.fits
        assert verdict.compared.same == 0
        assert words(verdict).count("Not compared: accord.other/0") == 2

    def test_a_checkpoint_by_nobody_that_is_trusted_is_told(self) -> None:
        verdict = verify_bundle(small(), replace(QUICK, checkpoints=["no note\n"]))
        assert named(verdict) == {"--checkpoint"}


class TestTheEdgesOfTime:
    def test_before_the_first_event_the_bundle_says_that_there_was_nothing_and_fits(self) -> None:
        made = invented()
        members = bundle(made, made.cases[0], MONDAY - timedelta(days=1))
        verdict = verify_bundle(members, QUICK)
        assert verdict.fits
        assert set(verdict.counts.values()) == {0}
        assert b"Nothing of this case was recorded by then." in members["data/report.html"]

    def test_only_versions_of_the_mou_that_were_known_by_then_are_told(self) -> None:
        made = invented()
        recorded = [at for at, _, _ in made.adopted]
        for count, moment in enumerate(recorded, 1):
            assert verify_bundle(bundle(made, made.cases[0], moment), QUICK).counts["mou"] == count
        assert len(versions()) == len(recorded)

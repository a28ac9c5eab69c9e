"""Evidence bundles out of a real ledger: over HTTP and by command; made and opened, and both on the record."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typer
from typer.testing import CliRunner

from services.audit import cli
from services.audit.domain.proof.bundle import verify_bundle
from services.audit.domain.proof.outside import Outside
from services.audit.merkle.signing import read_key_file
from services.audit.stranger.reading import read_zip
from shared.cli.failures import ExitCode, Unreachable
from shared.events import read
from tests.integration.evidence_platform import Platform, api, case
from tests.integration.test_audit_api import PEOPLE, iso
from tests.unit.audit.county import canary
from tests.unit.audit.made import MONDAY, Case

__all__ = ["api", "case"]
pytestmark = pytest.mark.platform


def run(*arguments: str) -> Any:
    app = typer.Typer()
    cli.register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["audit", *arguments])


class TestABundleOverHttp:
    def test_proves_the_whole_case_and_is_on_the_record_before_it_is_handed_out(
        self, api: Platform, case: Case
    ) -> None:
        answer = api.ask(f"/v1/cases/{case.case}/evidence", {"as_of": iso(case.log.now)})
        members = read_zip(io.BytesIO(answer.content))
        verdict = verify_bundle(members, Outside(key=read_key_file(api.key_file).verifier))
        assert verdict.problems == []
        assert verdict.counts == {"raw": 9, "extract": 0, "withheld": 0, "mou": 1}
        assert answer.headers["accord-bundle"] == verdict.bundle
        (made,) = api.facts("evidence.made")
        assert made.data.bundle == verdict.bundle
        assert (made.data.given, made.data.extracts, made.data.withheld) == (9, 0, 0)
        assert (str(made.data.about), made.data.as_of, made.data.known_to) == (case.case, case.log.now, None)
        assert (made.envelope.agency, made.envelope.purpose) == ("county", "audit")
        assert made.envelope.actor == PEOPLE["auditor"].person
        assert len(api.facts("record.read")) == 1
        assert json.loads(members["data/state.json"])["state"]["lead"] == "human-services"

    def test_is_made_and_recorded_anew_each_time(self, api: Platform, case: Case) -> None:
        first, second = (api.verified(case.case) for _ in range(2))
        assert first.fits
        assert second.fits
        assert [made.data.bundle for made in api.facts("evidence.made")] == [first.bundle, second.bundle]

    def test_for_an_agency_holds_nothing_that_it_could_not_have_known(
        self, api: Platform, case: Case
    ) -> None:
        members = api.bundle(case.case, known_to="public-health")
        verdict = verify_bundle(members)
        assert verdict.fits
        assert verdict.counts == {"raw": 1, "extract": 2, "withheld": 6, "mou": 1}
        every = b"".join(members.values())
        assert canary("identity", 1).encode() not in every
        assert case.concern.encode() not in every
        assert case.youth.encode() not in every
        assert canary("identity", 1).encode() in b"".join(api.bundle(case.case).values())
        (made, _) = api.facts("evidence.made")
        assert (made.data.known_to, made.data.withheld) == ("public-health", 6)

    def test_for_an_agency_that_never_knew_is_answered_as_if_there_were_no_case(
        self, api: Platform, case: Case
    ) -> None:
        real, none = (
            api.ask(f"/v1/cases/{id}/evidence", {"known_to": "probation"}) for id in (case.case, uuid4())
        )
        assert real.status_code == none.status_code == 404
        assert real.content == none.content
        assert api.facts("evidence.made") == []

    @pytest.mark.parametrize(("person", "purpose"), [("worker", "audit"), ("auditor", "coordinate")])
    def test_is_for_auditors_and_for_the_purpose_of_audit(
        self, api: Platform, case: Case, person: str, purpose: str
    ) -> None:
        for path, body in (
            ("evidence", {}),
            ("evidence/opened", {"bundle": f"sha256:{'0' * 64}", "outcome": "fits"}),
        ):
            assert api.ask(f"/v1/cases/{case.case}/{path}", body, person, purpose).status_code == 404
            assert api.ask(f"/v1/cases/{uuid4()}/{path}", body).status_code == 404
        assert len(api.facts("record.denied")) == 1
        assert api.facts("evidence.made") == api.facts("evidence.opened") == []


class TestThePointAskedFor:
    def test_before_the_first_event_there_is_nothing_and_the_bundle_says_so(
        self, api: Platform, case: Case
    ) -> None:
        verdict = api.verified(case.case, as_of=iso(MONDAY - timedelta(days=1)))
        assert verdict.fits
        assert set(verdict.counts.values()) == {0}

    def test_after_the_last_event_it_is_told_until_when_it_is_known_to_be_complete(
        self, api: Platform, case: Case
    ) -> None:
        verdict = api.verified(case.case, as_of="2099-01-01T00:00:00Z")
        assert verdict.fits
        assert verdict.index.document["as_of"] == iso(case.log.now).replace("Z", ".000000Z")

    def test_in_between_only_what_was_recorded_by_then_is_in_it(self, api: Platform, case: Case) -> None:
        for count, moment in ((1, 2), (5, 6)):
            verdict = api.verified(case.case, as_of=iso(MONDAY + timedelta(seconds=moment)))
            assert (verdict.fits, verdict.counts["raw"]) == (True, count)
        assert api.verified(case.case, as_of_event=case.events["opened"]).counts["raw"] == 4

    @pytest.mark.parametrize(
        ("asked", "told"),
        [
            ({"as_of": "2026-03-08T02:30:00"}, "a local time alone names no moment, or two"),
            ({"as_of": "1772413200"}, "must be a date and time such as"),
            ({"as_of": "2026-03-08T02:30:00-08:00", "as_of_event": str(uuid4())}, "give one of the two"),
            ({"as_of_event": str(uuid4())}, "is not an event of this case"),
            ({"known_to": "nobody"}, ""),
            ({"since": [{"topic": "t", "partition": 0, "size": 0}]}, ""),
            ({"axis": "happened"}, ""),
        ],
    )
    def test_that_is_none_is_refused_with_a_reason(
        self, api: Platform, case: Case, asked: dict[str, Any], told: str
    ) -> None:
        answer = api.ask(f"/v1/cases/{case.case}/evidence", asked)
        assert answer.status_code == 422
        assert told in answer.text
        assert api.facts("evidence.made") == []


class TestALedgerThatIsNotWhatItWas:
    def test_an_altered_record_does_not_fit_its_log_and_is_named(self, api: Platform, case: Case) -> None:
        with api.store.transaction() as c:
            value = c.execute(
                "SELECT value FROM ledger WHERE event_id = %s", [case.events["opened"]]
            ).fetchone()
            assert value is not None
            altered = bytes(value["value"]).replace(b'"dependency"', b'"delinquency"')
            c.execute("UPDATE ledger SET value = %s WHERE event_id = %s", [altered, case.events["opened"]])
        verdict = api.verified(case.case)
        assert [problem.member for problem in verdict.problems] == ["data/proofs.json"]
        assert "does not prove that the record at" in verdict.problems[0].text

    def test_a_record_that_is_gone_is_missing_from_its_stream_and_the_bundle_says_so_itself(
        self, api: Platform, case: Case
    ) -> None:
        requested = case.events[f"requested {case.referrals[0]}"]
        with api.store.transaction() as c:
            c.execute("DELETE FROM ledger WHERE event_id = %s", [requested])
        members = api.bundle(case.case)
        verdict = verify_bundle(members)
        assert [problem.member for problem in verdict.problems] == ["data/index.json"]
        assert "leaves out an event" in verdict.problems[0].text
        assert b"lacks version 3" in members["data/report.html"]

    def test_without_a_key_none_is_made(self, api: Platform, case: Case) -> None:
        api.key_file.unlink()
        assert api.ask(f"/v1/cases/{case.case}/evidence", {}).status_code == 503
        assert api.facts("evidence.made") == []


class TestTheCommand:
    def test_takes_a_bundle_and_opens_it_and_both_are_recorded(self, api: Platform, case: Case) -> None:
        taken = run(
            "evidence", case.case, "--purpose", "audit", "--as-of", iso(case.log.now), "--output", "e.zip"
        )
        assert taken.exit_code == 0, taken.output
        assert "FITS" in taken.stderr
        assert taken.stdout == "e.zip\n"
        key = str(read_key_file(api.key_file).verifier)
        opened = run("open", "e.zip", "--key", key)
        assert opened.exit_code == 0, opened.output
        assert opened.stdout.startswith("FITS")
        assert "Public health declined the referral" in opened.stdout
        assert "is recorded in the case's access log" in opened.stderr
        (made,), (fact,) = api.facts("evidence.made"), api.facts("evidence.opened")
        assert (fact.data.bundle, fact.data.outcome) == (made.data.bundle, "fits")
        read_back = [read(event.value) for event in (made, fact)]
        assert [event.envelope.stream for event in read_back] == [made.envelope.stream] * 2

    def test_tells_what_an_agency_could_have_known(self, api: Platform, case: Case) -> None:
        assert run("evidence", case.case, "--purpose", "audit", "--known-to", "public-health").exit_code == 0
        opened = run("open", f"accord-evidence-{case.case}.zip")
        assert opened.exit_code == 0
        assert "as Public health could have known it" in opened.stdout

    def test_what_led_to_it_is_on_the_record_where_it_was_said(self, api: Platform, case: Case) -> None:
        asked = ("evidence", case.case, "--purpose", "audit")
        assert run(*asked, "--reason", "complaint").exit_code == 0
        assert run(*asked, "--force").exit_code == 0
        assert [made.data.reason for made in api.facts("evidence.made")] == ["complaint", None]
        assert run(*asked, "--force", "--reason", "because").exit_code == ExitCode.USAGE

    def test_needs_a_purpose(self, api: Platform, case: Case) -> None:
        assert run("evidence", case.case).exit_code == ExitCode.USAGE

    def test_leaves_a_file_that_is_there_and_asks_for_nothing(self, api: Platform, case: Case) -> None:
        Path("e.zip").write_bytes(b"mine")
        arguments = ("evidence", case.case, "--purpose", "audit", "--output")
        assert "is there already" in run(*arguments, "e.zip").exception.text
        assert "cannot be written there" in run(*arguments, "none/e.zip").exception.text
        assert Path("e.zip").read_bytes() == b"mine"
        assert api.facts("evidence.made") == []
        assert run(*arguments, "e.zip", "--force").exit_code == 0
        assert Path("e.zip").read_bytes()[:2] == b"PK"

    def test_leaves_nothing_on_a_full_disk(
        self, api: Platform, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("services.audit.evidence.zipping.os.fsync", full)
        done = run("evidence", case.case, "--purpose", "audit", "--output", "e.zip")
        assert "No space left on device. Nothing is left of it" in done.exception.text
        assert [path.name for path in Path().iterdir()] == ["signing.key"]

    def test_opens_without_the_service_and_says_that_it_is_not_recorded(
        self, api: Platform, case: Case
    ) -> None:
        assert run("evidence", case.case, "--purpose", "audit", "--output", "e.zip").exit_code == 0
        api.away.append(Unreachable("The service does not answer."))
        opened = run("open", "e.zip", "--json")
        assert opened.exit_code == 0
        assert json.loads(opened.stdout)["fits"] is True
        assert "This opening is not recorded: The service does not answer." in opened.stderr

    def test_ends_with_6_and_records_it_if_something_does_not_fit(self, api: Platform, case: Case) -> None:
        assert run("evidence", case.case, "--purpose", "audit", "--output", "e.zip").exit_code == 0
        other = "example.invalid/other+f6b75cb1+" + "A" * 44
        assert run("open", "e.zip", "--key", other).exception.exit_code == ExitCode.USAGE
        log = next(iter(json.loads(read_zip(Path("e.zip"))["data/index.json"])["logs"]))
        wrong = run("open", "e.zip", "--root", f"{log}={'00' * 32}")
        assert wrong.exit_code == ExitCode.FOUND_PROBLEMS
        assert f"another root for {log} than you gave" in wrong.stdout
        folder = Path("unpacked")
        for path, data in read_zip(Path("e.zip")).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        (folder / "data" / "more.txt").write_text("more")
        opened = run("open", str(folder))
        assert opened.exit_code == ExitCode.FOUND_PROBLEMS
        assert "data/more.txt does not belong here" in opened.stdout
        assert api.facts("evidence.opened")[-1].data.outcome == "problems"
        Path("cut.zip").write_bytes(Path("e.zip").read_bytes()[:-30])
        assert run("open", "cut.zip").exit_code == ExitCode.FOUND_PROBLEMS

    def test_proves_that_the_logs_have_only_grown_since_a_checkpoint_that_was_kept(
        self, api: Platform, case: Case
    ) -> None:
        kept = api.ask("/v1/checkpoints", {}).json()
        Path("kept.json").write_text(json.dumps(kept))
        before = len(case.log.made)
        case.told("opened", "human-services/supervisor")
        case.say("cancelled", case.referrals[0], by="human-services")
        api.keep(case.log.made[before:])
        arguments = (
            "evidence",
            case.case,
            "--purpose",
            "audit",
            "--output",
            "e.zip",
            "--checkpoint",
            "kept.json",
        )
        assert run(*arguments).exit_code == 0
        opened = run("open", "e.zip", "--checkpoint", "kept.json", "--json")
        assert opened.exit_code == 0, opened.output
        assert json.loads(opened.stdout)["compared"]["same"] >= 3

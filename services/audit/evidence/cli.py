"""`accord audit evidence|open`: takes a bundle of a case, and opens one. Both verify it here, trusting nobody."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from shared.cli.failures import CommandFailed, ExitCode, Usage
from shared.cli.options import As, Data, Json
from shared.cli.output import emit_json, say
from shared.events.names import Agency, EvidenceReason

Case = Annotated[UUID, typer.Argument(metavar="CASE", help="The case's id.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="MOMENT", help="ISO 8601 with its offset; by when it was recorded; inclusive."
    ),
]
AsOfEvent = Annotated[
    UUID | None, typer.Option("--as-of-event", metavar="ID", help="An event of the case; inclusive.")
]
KnownTo = Annotated[
    Agency | None,
    typer.Option("--known-to", metavar="AGENCY", help="Only what this agency could have known then."),
]
Why = Annotated[str, typer.Option("--purpose", metavar="PURPOSE", help="Why you take it; it is recorded.")]
Reason = Annotated[
    EvidenceReason | None,
    typer.Option("--reason", metavar="REASON", help="sample, complaint, court-order, review or other."),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", metavar="FILE", help="Where to; accord-evidence-CASE.zip here if not given."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A bundle: the zip, or its unpacked folder.")]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="The public key to trust, name+id+base64; got by another way."),
]
Kept = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", metavar="FILE", help="A checkpoint kept elsewhere, to compare with."),
]
Roots = Annotated[
    list[str] | None,
    typer.Option("--root", metavar="LOG=ROOT", help="topic/partition=root (base64 or hex), to compare with."),
]


def register(audit: typer.Typer) -> None:
    """Adds the commands."""
    audit.command("evidence", help="A zip that proves a case to whoever has nothing of ours.")(evidence)
    audit.command("open", help="Verify a bundle and read it; exit 6 if anything does not fit.")(open_bundle)


def evidence(
    case: Case,
    purpose: Why,
    as_of: AsOf = None,
    as_of_event: AsOfEvent = None,
    known_to: KnownTo = None,
    reason: Reason = None,
    checkpoints: Kept = None,
    output: Output = None,
    force: Force = False,
    person: As = None,
    data: Data = None,
) -> None:
    """Ask for the bundle, verify it, write it whole or not at all."""
    from services.audit.domain.proof.bundle import verify_bundle
    from services.audit.stranger.reading import read_zip
    from services.audit.stranger.telling import told
    from shared.cli.client import connect

    if as_of is not None and as_of_event is not None:
        raise Usage("Give a moment or an event, not both.")
    path = output or Path(f"accord-evidence-{case}.zip")
    _require_place(path, force)
    asked = {
        "as_of": as_of,
        "as_of_event": str(as_of_event) if as_of_event else None,
        "known_to": known_to,
        "reason": reason,
        "since": _since(checkpoints or []),
    }
    with connect("audit", person=person, data=data, purpose=purpose) as client:
        packed: bytes = client.post(f"/v1/cases/{case}/evidence", asked).body
    _write(path, packed, force)
    verdict = verify_bundle(read_zip(io.BytesIO(packed)))
    for line in told(verdict):
        say(line)
    sys.stdout.write(f"{path}\n")
    if not verdict.fits:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)


def _since(files: list[Path]) -> list[dict[str, Any]]:
    """Which logs at which sizes were kept; whose signatures count is looked at when the bundle is opened."""
    from services.audit.domain.proof import Checkpoint, NotProven, SignedNote
    from services.audit.domain.proof.outside import read_kept

    try:
        notes = [note for file in files for note in read_kept(file.read_bytes())]
        kept = [Checkpoint.parse(SignedNote.parse(note).text) for note in notes]
        places = [(one.origin.rsplit("/", 2), one.size) for one in kept if one.size]
        return [{"topic": p[-2], "partition": int(p[-1]), "size": size} for p, size in places]
    except (NotProven, OSError, ValueError, IndexError) as error:
        raise Usage("A file given with --checkpoint holds no checkpoint.") from error


def _require_place(path: Path, force: bool) -> None:
    """Before anything is asked for, and so recorded."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise Usage(f"{path.name} cannot be written there: give a file in a folder that is there.")
    if path.exists() and not force:
        raise Usage(f"{path.name} is there already; --force replaces it.")


def _write(path: Path, packed: bytes, force: bool) -> None:
    from services.audit.evidence.zipping import write_whole

    try:
        write_whole(path, packed, replace=force)
    except FileExistsError as error:
        raise Usage(f"{path.name} is there already; --force replaces it.") from error
    except OSError as error:
        text = f"{path.name} could not be written: {error.strerror or type(error).__name__}. Nothing is left of it."
        raise CommandFailed(text, "The bundle was made, and that is recorded; ask for it again.") from error


def open_bundle(
    file: File,
    key: Key = None,
    checkpoints: Kept = None,
    roots: Roots = None,
    as_json: Json = False,
    person: As = None,
    data: Data = None,
) -> None:
    """Verify, tell, and record the opening where audit can be reached."""
    from services.audit.domain.proof import NotProven
    from services.audit.domain.proof.bundle import verify_bundle
    from services.audit.stranger.command import outside_of
    from services.audit.stranger.reading import Unreadable, read_bundle
    from services.audit.stranger.telling import told

    try:
        outside = outside_of(key, checkpoints or [], roots or [])
    except (NotProven, OSError) as error:
        raise Usage(str(error) if isinstance(error, NotProven) else "A file cannot be read.") from error
    try:
        members = read_bundle(file)
    except Unreadable as error:
        say(f"DOES NOT FIT: it is not an evidence bundle that is safe to read. {error}")
        raise typer.Exit(ExitCode.FOUND_PROBLEMS) from error
    verdict = verify_bundle(members, outside)
    if as_json:
        emit_json(_document(verdict))
    else:
        sys.stdout.writelines(line + "\n" for line in [*told(verdict), "", *_history(members, verdict)])
    say(_recorded(verdict, person, data))
    if not verdict.fits:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)


def _document(verdict: Any) -> dict[str, Any]:
    problems = [{"member": one.member, "text": one.text} for one in verdict.problems]
    index = verdict.index.document if verdict.index else {}
    said = {name: index.get(name) for name in ("case", "as_of", "known_to")}
    key = str(verdict.key) if verdict.key else None
    head = {"fits": verdict.fits, "bundle": verdict.bundle, "key": key, "key_from_outside": verdict.trusted}
    compared = {"same": verdict.compared.same, "not_compared": verdict.compared.elsewhere}
    return {**head, **said, "counts": verdict.counts, "compared": compared, "problems": problems}


def _history(members: dict[str, bytes], verdict: Any) -> list[str]:
    """The case as text: only of a bundle that fits."""
    from services.audit.domain.proof.index import HISTORY, read_json
    from services.audit.shown import timeline
    from services.audit.shown_known import known_timeline
    from services.audit.stranger.telling import harmless

    if not verdict.fits:
        return []
    answer = read_json(members[HISTORY])
    tell = known_timeline if verdict.index.document["known_to"] else timeline
    try:
        return [harmless(line) for line in tell(answer, answer["entries"])]
    except (KeyError, TypeError, ValueError, AttributeError):
        return ["Its history is not one that can be told here: its signer did not make it with Accord."]


def _recorded(verdict: Any, person: str | None, data: Path | None) -> str:
    from shared.cli.client import connect

    try:
        case = UUID(verdict.index.case if verdict.index else "")
    except ValueError:
        return "This opening is not recorded: the bundle names no case."
    outcome = {"bundle": verdict.bundle, "outcome": "fits" if verdict.fits else "problems"}
    try:
        with connect("audit", person=person, data=data, purpose="audit") as client:
            client.post(f"/v1/cases/{case}/evidence/opened", outcome)
    except CommandFailed as failed:
        return f"This opening is not recorded: {failed.text}"
    return "That you opened it is recorded in the case's access log."

"""`accord audit verify|checkpoint`: proof from the outside. What is claimed is checked here, by the verifier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.failures import ExitCode
from shared.cli.options import As, Data, Json
from shared.cli.output import emit_json, emit_table, say

Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="The public key to trust, name+id+base64; got by another way."),
]
Kept = Annotated[
    list[Path] | None,
    typer.Option(
        "--checkpoint",
        metavar="FILE",
        help="A checkpoint kept earlier: a signed note, or what `accord audit checkpoint --json` printed.",
    ),
]
COLUMNS = ("topic", "partition", "sequence", "kind", "what")


def register(audit: typer.Typer) -> None:
    """Adds the commands."""
    audit.command("verify", help="Verify the ledger; exit 6 if anything does not fit, and name the first.")(
        verify
    )
    audit.command("checkpoint", help="Sign the logs as they are now, and print what to keep elsewhere.")(
        checkpoint
    )


def checkpoint(
    last: Annotated[bool, typer.Option("--last", help="Sign nothing: those signed last.")] = False,
    key: Key = None,
    as_json: Json = False,
    person: As = None,
    data: Data = None,
) -> None:
    """The newest checkpoint of each log; each signature is verified before it is shown."""
    from services.audit.merkle.kept import open_all
    from shared.cli.client import connect

    with connect("audit", person=person, data=data, purpose="audit") as client:
        answer = (client.get("/v1/checkpoints") if last else client.post("/v1/checkpoints")).body
    wrong = open_all(answer, key)
    if as_json:
        emit_json(answer)
    else:
        columns = ("topic", "partition", "size", "root", "signed")
        emit_table(columns, [[one[name] for name in columns] for one in answer["checkpoints"]])
        say(f"Public key: {answer['key']}")
    for one in answer["refused"]:
        say(f"NOT SIGNED: {one['topic']}/{one['partition']}: {one['detail']}")
    for text in wrong:
        say(f"NOT PROVEN: {text}")
    if wrong or answer["refused"]:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)


def verify(
    checkpoints: Kept = None,
    key: Key = None,
    as_json: Json = False,
    person: As = None,
    data: Data = None,
) -> None:
    """Every log: signatures, tree, and each record; then what was kept elsewhere against it."""
    from services.audit.merkle.kept import against, read_kept
    from shared.cli.client import connect

    kept = [one for path in checkpoints or [] for one in read_kept(path, key)]
    with connect("audit", person=person, data=data, purpose="audit") as client:
        steps = list(_steps(client, as_json))
        problems = [problem for step in steps for problem in step["problems"]]
        signed = {(step["topic"], step["partition"]): step["signed"] for step in steps}
        problems += [p for one in kept for p in against(client, one, signed.get(one.place, 0))]
        findings = list(_findings(client))
    problems.sort(
        key=lambda one: (one["topic"], one["partition"], one["sequence"] is None, one["sequence"] or 0)
    )
    verified, logs = (
        sum(step["verified"] for step in steps),
        len({(s["topic"], s["partition"]) for s in steps}),
    )
    summary = {"verified": verified, "logs": logs, "kept": len(kept)}
    if as_json:
        emit_json({**summary, "problems": problems, "findings": findings})
    else:
        _tell(summary, problems, findings)
    if problems:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)


def _steps(client: Any, quiet: bool) -> Iterator[dict[str, Any]]:
    begin: dict[str, Any] | None = None
    while True:
        step = client.post("/v1/verify", {"begin": begin}).body
        if step["topic"] is None:
            return
        if not quiet:
            end = (begin or {}).get("sequence", 0) + step["verified"]
            say(
                f"{step['topic']}/{step['partition']}: {end:,} of {step['size']:,}, {step['signed']:,} signed"
            )
        yield step
        begin = step["next"]
        if begin is None:
            return


def _findings(client: Any) -> Iterator[dict[str, Any]]:
    after: int | None = 0
    while after is not None:
        page = client.get("/v1/findings", {"after": after, "limit": 200}).body
        yield from page["findings"]
        after = page["next"]


def _tell(summary: dict[str, int], problems: list[dict[str, Any]], findings: list[dict[str, Any]]) -> None:
    rows = [[p["topic"], p["partition"], p["sequence"], p["kind"], p["detail"]] for p in problems]
    if rows:
        emit_table(COLUMNS, rows)
    entries, logs = summary["verified"], summary["logs"]
    verdict = f"{len(problems)} do not fit; the first is named above." if problems else "All fit."
    say(
        f"{entries:,} entries of {logs} logs verified, {summary['kept']} checkpoints kept elsewhere. {verdict}"
    )
    for kind, count in sorted(Counter(one["kind"] for one in findings).items()):
        say(f"Findings in the log of record: {kind}, {count} (GET /v1/findings)")

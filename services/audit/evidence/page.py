"""The report as one HTML file that verifies itself in a browser, offline: text, what it rests on, and a script."""

from __future__ import annotations

import json
from pathlib import Path

from services.audit.domain.proof.bag import KEY, Members
from services.audit.domain.proof.base64s import encoded
from services.audit.domain.proof.index import INDEX, NOTE, PROOFS, RECORDS, Index
from services.audit.domain.proof.page import DATA, DATA_END, MAIN, MAIN_END
from services.audit.evidence.html import element, text

HERE = Path(__file__).parent
#: Nothing is loaded from anywhere, and nothing is sent.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
SECTIONS = (
    ("happened", "What happened"),
    ("stood", "How the case stood"),
    ("withheld", "What is withheld"),
    ("mou", "The memorandum"),
    ("proves", "What this proves"),
    ("verify", "How to verify"),
    ("words", "Words"),
    ("places", "Every record"),
)


def page(members: Members, index: Index, report: str) -> bytes:
    """The file. `report` is the HTML inside `<main>`, whose digest the index has. Reads style and script."""
    style = (HERE / "page.css.txt").read_text(encoding="utf-8")
    script = (HERE / "page.js.txt").read_text(encoding="utf-8")
    links = "".join(element("li", f'<a href="#{id}">{text(title)}</a>') for id, title in SECTIONS)
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>Evidence of a case</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
    )
    waiting = (
        '<div id="verdict" class="waiting" role="status"><h2>Not verified</h2><p>This page verifies itself once'
        " a browser runs its script. If this text stays, it did not: do not rely on the page: run verify.py.</p>"
        "</div>\n"
    )
    body = f'{waiting}<nav aria-label="Sections"><ul>{links}</ul></nav>\n{MAIN}{report}{MAIN_END}\n'
    foot = f"{DATA}{carried(members, index)}{DATA_END}\n<script>\n{script}</script>\n</body>\n</html>\n"
    return (head + body + foot).encode()


def carried(members: Members, index: Index) -> str:
    """What the page verifies itself by, as one JSON document without a character that ends a script."""
    document = {
        "key": members[KEY].decode(),
        "index": encoded(members[INDEX]),
        "note": encoded(members[NOTE]),
        "checkpoints": {log.name: encoded(members[log.checkpoint]) for log in index.logs.values()},
        "records": {
            path: encoded(data) for path, data in sorted(members.items()) if path.startswith(RECORDS)
        },
        "proofs": json.loads(members[PROOFS]),
    }
    return json.dumps(document, separators=(",", ":"), sort_keys=True)

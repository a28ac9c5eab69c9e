"""`python -m bench [NAME …]`: run the figures, one process each so that none leans on another."""

from __future__ import annotations

import subprocess
import sys

#: Module -> what it measures, and the aim.
FIGURES = {
    "commands": "application-layer and HTTP commands per second, against the bare eventsourcing library",
    "stream_length": "what a command costs on a stream of 10, 1,000 and 10,000 events",
    "relay": "relay catch-up, against a bare producer",
    "feed": "feed catch-up, against a bare Faust agent that only counts",
    "audit_ingestion": "audit ingestion with Merkle trees, against bare kafka-python consumption",
    "audit_rebuild": "audit rebuild, compared and switched to, against bare kafka-python consumption",
    "audit_proofs": "inclusion proofs at 1 million entries, and verification against a bare hashlib loop",
    "memory": "memory of audit over 1 million events: the last half against the first tenth",
    "state_as_of": "the state of a case of 10,000 events as of any moment, against folding it anew",
    "timeline": "the timeline page of a case of 5,000 events, against the bare question without rendering",
    "worklist": "the first page of a worklist of 10,000 referrals, against the bare query; its weight",
    "duties": "the duties of a case of 1,000 events, at once against a bare count, and event by event against anew",
    "simulate": "a proposed version over recorded history, against parsing the same events",
    "next_due": "what is due next among 300,000 open duties, against the same rows by their ids",
    "latency": "command accepted to item in an open stream, at 20 commands per second",
}
SECONDS = 600


def main(names: list[str]) -> int:
    """Run the named figures, or all. Returns 1 if one could not be measured."""
    names = [name.replace("-", "_") for name in names]
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        sys.stderr.write("".join(f"  {name:14} {what}\n" for name, what in FIGURES.items()))
        return 2
    failed = []
    for name in names or list(FIGURES):
        print(f"\n== {name}: {FIGURES[name]}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"bench.{name}"], timeout=SECONDS, check=False)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"\nnot measured: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

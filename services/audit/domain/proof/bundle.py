"""An evidence bundle verified: everything that does not fit, by the file it is in. No I/O; docs/evidence.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .bag import KEY, Members, Problem, bag_problems, digest_of, open_seal, read_key
from .contents import content_problems
from .errors import NotProven
from .growth import read_growth
from .index import CONSISTENCY, EXTRACT, INDEX, NOTE, OF_MOU, RAW, REPORT, WITHHELD, Index
from .keys import VerifierKey
from .outside import Compared, Outside, outside_problems
from .page import page_problems


@dataclass
class Verdict:
    """What was found. Without `problems` everything fits; `trusted`: the key came from outside."""

    bundle: str
    problems: list[Problem] = field(default_factory=list)
    key: VerifierKey | None = None
    trusted: bool = False
    index: Index | None = None
    compared: Compared = field(default_factory=Compared)

    @property
    def fits(self) -> bool:
        """Whether nothing speaks against the bundle."""
        return not self.problems

    @property
    def counts(self) -> dict[str, int]:
        """Records of the case that are given whole, in part, and withheld; and those of the MOU."""
        if self.index is None:
            return {}
        case = {how: len(self.index.given(how)) for how in (RAW, EXTRACT, WITHHELD)}
        mou = len([row for row in self.index.rows if self.index.streams[row.stream].kind == OF_MOU])
        return {**case, RAW: case[RAW] - mou, OF_MOU: mou}


def verify_bundle(members: Members, outside: Outside | None = None) -> Verdict:
    """Every problem of the bundle, the first that explains the others first. Raises nothing."""
    outside = outside or Outside()
    verdict = Verdict(digest_of(members), trusted=outside.key is not None)
    verdict.problems += _keys(members, outside, verdict)
    keys = [verdict.key] if verdict.key else []
    verdict.problems += bag_problems(members, keys)
    bad = frozenset(problem.member for problem in verdict.problems)
    if INDEX in members and INDEX not in bad:
        verdict.problems += _index(members, verdict, keys, bad)
    if verdict.index is not None:
        verdict.problems += content_problems(members, verdict.index, keys, bad)
        growth = {} if CONSISTENCY in bad else read_growth(members, verdict.index, verdict.problems)
        if REPORT not in bad:
            verdict.problems += page_problems(members, verdict.index, bad)
        verdict.problems += outside_problems(verdict.index, outside, keys, growth, verdict.compared)
    elif not verdict.problems:
        verdict.problems.append(Problem(INDEX, "is missing: this is not an evidence bundle"))
    verdict.problems = list(dict.fromkeys(verdict.problems))
    return verdict


def _keys(members: Members, outside: Outside, verdict: Verdict) -> Iterator[Problem]:
    verdict.key = outside.key
    try:
        own = read_key(members)
    except NotProven as error:
        if KEY in members:
            yield Problem(KEY, f"is not a public key: {error}")
        return
    if outside.key is None:
        verdict.key = own
    elif (own.name, own.public) != (outside.key.name, outside.key.public):
        yield Problem(KEY, "is not the key that you gave: another signed it, or it is of another ledger")


def _index(
    members: Members, verdict: Verdict, keys: list[VerifierKey], bad: frozenset[str]
) -> Iterator[Problem]:
    try:
        verdict.index = Index.parse(members[INDEX])
    except NotProven as error:
        yield Problem(INDEX, f"cannot be read: {error}")
    if keys and NOTE not in bad:
        try:
            if not open_seal(members.get(NOTE, b""), "index.json", members[INDEX], keys):
                yield Problem(INDEX, "is not the index that was signed")
        except NotProven as error:
            yield Problem(NOTE, f"does not sign the index: {error}")

"""What nobody waits for, done hourly by the intake: what is past its time goes, what was left undone is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from services.referrals.application import repository as repo
from services.referrals.application.grouping import group_with_case
from services.referrals.application.questions import QUARTER
from services.referrals.bootstrap import Referrals
from shared.errors import TryLater

EACH_SECONDS = 3_600.0
AGAIN_SECONDS = 60.0
#: Keys of concerns attached within this time are looked at again.
LOOK_BACK = timedelta(days=30)

log = structlog.get_logger()


@dataclass
class Upkeep:
    """Not thread-safe. `due` is the monotonic moment of the next round: the first is at the start."""

    referrals: Referrals
    monotonic: Callable[[], float] = time.monotonic
    due: float = 0.0

    def if_due(self) -> None:
        """One round if it is time. Blocks on both databases; if one is away, it is tried again in a minute."""
        now = self.monotonic()
        if now < self.due:
            return
        self.due = now + EACH_SECONDS
        try:
            self.run()
        except TryLater as later:
            self.due = now + AGAIN_SECONDS
            log.warning("upkeep_waits", reason=str(later), seconds=AGAIN_SECONDS)

    def run(self) -> None:
        """Dead letters past their 30 days, long retired keys, memories of old reads; keys not yet grouped with
        their case. Raises TryLater."""
        referrals = self.referrals
        now = referrals.store.now()
        purged = referrals.vault.purge(now)
        with referrals.store.transaction() as connection:
            slot = int((now - timedelta(days=1)).timestamp()) // QUARTER
            repo.forget_reads(connection, slot)
            attached = repo.attached(connection, since=now - LOOK_BACK)
        grouped = sum(group_with_case(referrals.vault, concern, matter) for concern, matter in attached)
        if purged or grouped:
            log.info("upkeep_done", count=purged + grouped)

"""Starts everything in order, keeps it running, says what it does, and stops everything in order.

`python -m deploy.local.supervisor --data DIR [--workers N]` is what `accord up --detach` runs.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from deploy.local.child import Child, created_at, end_left_over
from deploy.local.first_steps import FirstSteps
from deploy.local.infrastructure import Infrastructure, say
from deploy.local.kafka import Kafka
from deploy.local.lock import AlreadyUp, data_lock
from deploy.local.places import read_json
from deploy.local.postgres import Postgres
from deploy.local.processes import (
    APIS,
    Spec,
    address,
    api_ports,
    environment_of,
    process_table,
    write_environments,
    write_files,
)
from deploy.local.runfile import Run, read_run
from deploy.local.supervised import Supervised
from shared.errors import AccordError

#: Seconds between two looks; a dead process is noticed within this and the time of one look.
TICK = 0.2
#: A service drains within 4 s; what still runs after this is killed.
STOP_SECONDS = 10.0


class Supervisor:
    """Kafka, PostgreSQL and every process of the table on one data directory. Run it on the main thread."""

    def __init__(
        self, data: Path, table: Sequence[Spec] = process_table(), tell: Callable[[str], None] = say
    ) -> None:
        self.infra = Infrastructure(data)
        self._places = self.infra.places
        self._tell = tell
        self._servers: dict[str, Supervised] = {}
        self._services: dict[str, Supervised] = {}
        self._specs = {spec.name: spec for spec in table}
        self._ports: dict[str, int] = {}
        self._state = "starting"
        self._since = _now()
        self._stop = self._announced = False
        self._addresses: tuple[str, str] = ("", "")
        self._first_steps = FirstSteps(self._places.data, tell)

    def run(self) -> None:
        """Start everything and keep it running until SIGINT or SIGTERM; then stop it all.

        Raises AlreadyUp, and what Infrastructure.start raises.
        """
        self._places.make()
        with data_lock(self._places.data), self._signals():
            try:
                self._start()
                while not self._stop:
                    self._look()
                    time.sleep(TICK)
            finally:
                self._stop_all()

    def _start(self) -> None:
        began = time.monotonic()
        self._end_left_overs()
        (self._places.data / "hold.json").unlink(missing_ok=True)
        self._write()
        self._tell("starting Kafka and PostgreSQL")
        self.infra.start()
        self._addresses = (self.infra.bootstrap, self.infra.admin_url)
        for server in (self.infra.kafka, self.infra.postgres):
            if server is not None:
                assert server.child is not None
                self._servers[server.child.name] = _supervised_server(server)
        self._ports = api_ports(self._places)
        write_files(self._places, self._ports)
        write_environments(self.infra, self._ports)
        self._tell(f"Kafka and PostgreSQL are up ({time.monotonic() - began:.1f} s); starting the services")
        for spec in self._specs.values():
            self._services[spec.name] = Supervised(spec.name, self._maker(spec))
            self._services[spec.name].start()
        self._write()

    def _maker(self, spec: Spec) -> Callable[[], Child]:
        def make() -> Child:
            env = environment_of(spec, self.infra, self._ports)
            return Child(spec.name, spec.command, env, self._places.log(spec.name))

        return make

    def _look(self) -> None:
        """One round: who died, who became ready, who is to be held; `run.json` follows."""
        changed = self._apply_holds()
        for one in (*self._servers.values(), *self._services.values()):
            was = one.state
            if one.tick():
                changed = True
                self._report(one, was)
        changed |= self._follow_addresses()
        state = self._overall()
        if state == "ready" and not self._first_steps.finished.is_set():
            self._first_steps.begin(self._urls()["referrals"])
            state = self._state  # not ready before the county has its MOU
        if state != self._state:
            self._state, self._since, changed = state, _now(), True
            if state == "ready":
                self._announce()
        if changed:
            self._write()

    def _report(self, one: Supervised, was: str) -> None:
        if one.state == "waiting":
            how = f"ended with {one.exit_code}" if one.exit_code is not None else "did not start"
            self._tell(f"{one.name} {how} and is started again{_why(one)}")
        elif one.state == "needs-operator":
            self._tell(f"{one.name} stopped and needs a person{_why(one)}")
        elif one.state == "ready" and one.restarts and was != "ready":
            self._tell(f"{one.name} is back (restart {one.restarts})")

    def _apply_holds(self) -> bool:
        """`hold.json` names processes that shall not run for now (repair, restore, tests)."""
        held = set(read_json(self._places.data / "hold.json") or [])
        changed = False
        for one in self._services.values():
            if one.name in held and one.state != "held":
                one.hold()
                changed = True
            elif one.name not in held and one.state == "held":
                one.release()
                changed = True
        return changed

    def _follow_addresses(self) -> bool:
        """If a server had to come back on another port, the services are started again with the new one."""
        now = (self.infra.bootstrap, self.infra.admin_url)
        if now == self._addresses:
            return False
        self._addresses = now
        write_environments(self.infra, self._ports)
        self._tell("Kafka or PostgreSQL has another port now; starting the services again")
        stop_together([one for one in self._services.values() if one.state != "held"], self._tell)
        for one in self._services.values():
            if one.state != "held":
                one.start()
        return True

    def _overall(self) -> str:
        states = {one.state for one in (*self._servers.values(), *self._services.values())}
        if states == {"ready"}:
            return "ready"
        return "starting" if self._state == "starting" and states <= {"ready", "starting"} else "degraded"

    def _announce(self) -> None:
        self._tell("everything is up")
        if self._announced:
            return
        self._announced = True
        for api, url in self._urls().items():
            self._tell(f"  {api:<14} {url}")

    def _urls(self) -> dict[str, str]:
        return {api: address(api, self._ports) for api in APIS if api in self._ports}

    def _write(self) -> None:
        addresses = self._urls()
        if self._addresses[0]:
            addresses |= {"kafka": self._addresses[0], "postgres": self._addresses[1].rpartition("@")[2]}
        everything = {**self._servers, **self._services}
        me = os.getpid()
        run = Run(
            self._state,
            self._since,
            me,
            created_at(me),
            {} if self._state == "stopped" else addresses,
            {name: one.entry() for name, one in everything.items()},
        )
        try:
            run.write(self._places)
        except OSError as error:  # a full disk must not take the services down as well
            self._tell(f"run.json could not be written: {error.strerror}")

    def _stop_all(self) -> None:
        self._state, self._since = "stopping", _now()
        if self._services:
            self._tell("stopping")
            self._write()
        for order in sorted({spec.stop_order for spec in self._specs.values()}):
            these = [one for name, one in self._services.items() if self._specs[name].stop_order == order]
            stop_together(these, self._tell)
        self.infra.stop()
        for one in (*self._servers.values(), *self._services.values()):
            one.stopped()
        self._state, self._since = "stopped", _now()
        self._write()

    def _end_left_overs(self) -> None:
        """Where the kernel does not end children with their parent, an earlier supervisor may have left some."""
        run = read_run(self._places.data)
        for name, entry in (run.processes if run else {}).items():
            if entry.pid and end_left_over(entry.pid, entry.created):
                self._tell(f"ended {name}, left over from a supervisor that was killed")

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def end(number: int, frame: FrameType | None) -> None:
            if self._stop and number == signal.SIGINT:
                raise KeyboardInterrupt  # a second Ctrl-C does not wait; children die with us
            self._stop = True
            if not self._services:
                raise SystemExit(0)  # starting may take minutes the first time; it is cut short

        wanted = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, end) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _supervised_server(server: Kafka | Postgres) -> Supervised:
    def again() -> Child:
        server.start()
        assert server.child is not None
        return server.child

    assert server.child is not None
    one = Supervised(server.child.name, again, answers=server.answers)
    one.adopt(server.child)
    return one


def stop_together(some: Sequence[Supervised], tell: Callable[[str], None]) -> None:
    """Ask all of them to stop at once; what still runs after `STOP_SECONDS` is killed, and said by name."""
    children = [one.child for one in some if one.child is not None]
    for child in children:
        child.begin_stop()
    limit = time.monotonic() + STOP_SECONDS
    for child in children:
        if not child.wait(limit - time.monotonic()):
            tell(f"{child.name} did not stop within {STOP_SECONDS:.0f} s and is killed")
            child.kill()


def _why(one: Supervised) -> str:
    return f": {one.message}" if one.message else ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def main() -> int:
    """Run on `--data` until SIGTERM. 4: already up; 7: Kafka or PostgreSQL could not be had."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.supervisor")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    try:
        Supervisor(given.data, process_table(given.workers)).run()
    except AlreadyUp as error:
        say(str(error))
        return 4
    except AccordError as error:
        say(str(error))
        return 7
    return 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)

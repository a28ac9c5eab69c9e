"""`accord doctor`: everything that must be so, each line ok, warn or fail, and what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from deploy.local.health import health_of, relay_of, stores
from deploy.local.infrastructure import Infrastructure
from deploy.local.runfile import Run, is_running, read_run

#: DECISIONS, HTTP: at this many unpublished events commands are answered with 503.
LAG_FAIL = 10_000
_GIB = 2**30
_UP = "start it with `accord up`"
_AGAIN = "`accord down`, then `accord up`"
_ENDED = "if it stands still, end it by its pid (`accord status`): it is started again"


@dataclass(frozen=True)
class Line:
    """One finding. `detail` says what is, `remedy` what to do; neither holds a secret or a fact of a case."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str = ""


Check = Callable[[Infrastructure, Run | None], Iterator[Line]]


def examine(data: Path) -> list[Line]:
    """Run every check, in an order in which a later failure is explained by an earlier one.

    Blocks some seconds when a server does not answer; never raises: a check that fails is a failed line.
    """
    run = read_run(data)
    infra = Infrastructure(data).attach()
    lines: list[Line] = []
    new = not infra.places.secrets.exists()  # nothing to examine, and nothing is made by looking
    for check in (check_platform, check_machine) if new else CHECKS:
        name = check.__name__.removeprefix("check_")
        try:
            lines += check(infra, run)
        except Exception as error:  # noqa: BLE001 - the point of a doctor is to go on
            lines.append(Line(name, "fail", f"the check itself failed: {type(error).__name__}", up(run)))
    return lines


def up(run: Run | None, what: str = "") -> str:
    """Have `accord up` do something: it refuses (exit 4) on data where it runs already."""
    return f"{_AGAIN if is_running(run) else _UP}{what}"


def answers_not(run: Run | None, variable: str, ours: bool) -> str:
    """What to do about a server that does not answer: one of the platform's own, or the county's."""
    return _ENDED if ours and is_running(run) else _UP if ours else f"see that it runs, and {variable}"


def check_platform(infra: Infrastructure, run: Run | None) -> Iterator[Line]:
    """Whether a supervisor runs on this data."""
    if is_running(run):
        assert run is not None
        yield Line("platform", "ok", f"up on {infra.places.data}")
    else:
        yield Line("platform", "fail", f"nothing runs on {infra.places.data}", _UP)


def check_processes(infra: Infrastructure, run: Run | None) -> Iterator[Line]:
    """Each process's state, as the supervisor sees it."""
    if not is_running(run) or run is None:
        return
    for name, entry in run.processes.items():
        said = f": {entry.message}" if entry.message else ""
        if entry.state == "ready":
            again = f", started again {entry.restarts} times" if entry.restarts else ""
            yield Line(name, "ok", f"ready since {entry.since}{again}")
        elif entry.state == "needs-operator":
            remedy = f"see {entry.log}; `accord repair {name.partition('-')[0]}` mends it and starts it again"
            yield Line(name, "fail", f"stopped itself{said}", remedy)
        elif entry.state == "held":
            yield Line(name, "warn", "held on purpose", f"remove it from {infra.places.data / 'hold.json'}")
        else:
            status: Literal["warn", "fail"] = "warn" if entry.state == "starting" else "fail"
            yield Line(name, status, f"{entry.state} since {entry.since}{said}", f"see {entry.log}")


def check_kafka(infra: Infrastructure, run: Run | None) -> Iterator[Line]:
    """Kafka answers; every topic is there with its partitions and settings; rights are the table's."""
    from deploy.local.kafka_admin import admin_client, answers
    from deploy.local.provision import group_rights, principals, read_rights, rights_on, wrong_settings
    from shared.bus.topics import all_topics

    who = infra.kafka_credentials("admin")
    if not answers(infra.bootstrap, *who):
        remedy = answers_not(run, "KAFKA_BOOTSTRAP_SERVERS", infra.kafka is not None)
        yield Line("kafka", "fail", f"{infra.bootstrap} does not answer", remedy)
        return
    yield Line("kafka", "ok", f"{infra.bootstrap} answers")
    with admin_client(infra.bootstrap, *who) as admin:
        there = {t["name"]: len(t["partitions"]) for t in admin.describe_topics()}
        present = [t for t in all_topics() if t.name in there]
        wrong = wrong_settings(admin, present)
        rights = set(read_rights(admin, set(principals())))
    for topic in all_topics():
        if topic.name not in there:
            yield Line(topic.name, "fail", "there is no such topic", up(run, ", which makes it"))
        elif there[topic.name] != topic.partitions:
            found = f"{there[topic.name]} partitions, not {topic.partitions}"
            yield Line(topic.name, "fail", found, "a case's order is lost: restore the topic as it was")
        elif topic.name in wrong:
            found = ", ".join(f"{key}={value}" for key, value in sorted(wrong[topic.name].items()))
            yield Line(topic.name, "fail", f"set otherwise: {found}", up(run, ", which puts it right"))
    if len(present) == len(all_topics()) and not wrong:
        yield Line("topics", "ok", f"{len(present)} topics, each with the settings of the table")
    differing = rights ^ (rights_on(all_topics()) | group_rights(principals()))
    if differing:
        yield Line(
            "rights", "fail", f"{len(differing)} access rules differ", up(run, ", which puts them right")
        )
    else:
        yield Line("rights", "ok", f"{len(rights)} access rules, exactly the table's")


def check_postgres(infra: Infrastructure, run: Run | None) -> Iterator[Line]:
    """PostgreSQL answers, every login reaches its own database, and its clock is ours."""
    import psycopg

    from deploy.local.postgres import database_answers
    from deploy.local.provision import DATABASES

    try:
        with psycopg.connect(infra.admin_url, connect_timeout=3) as connection:
            row = connection.execute("SELECT current_setting('server_version'), clock_timestamp()").fetchone()
    except psycopg.Error:
        address = infra.admin_url.rpartition("@")[2]
        remedy = answers_not(run, "DATABASE_URL", infra.postgres is not None)
        yield Line("postgres", "fail", f"{address} does not answer", remedy)
        return
    assert row is not None
    yield Line("postgres", "ok", f"version {str(row[0]).split()[0]} answers")
    apart = abs((datetime.now(UTC) - row[1]).total_seconds())
    if apart > 1.0:
        text, remedy = f"the database's clock is {apart:.1f} s apart from ours", "set both by one time server"
        yield Line("clock", "fail" if apart > 60 else "warn", text, remedy)
    else:
        yield Line("clock", "ok", "ours and the database's agree within a second")
    for name in DATABASES:
        if database_answers(infra.database_url(name)):
            yield Line(name, "ok", "its own login reaches it")
        else:
            yield Line(name, "fail", "its own login does not reach it", up(run, ", which makes it"))


def check_relays(infra: Infrastructure, run: Run | None) -> Iterator[Line]:
    """How many events of each store are not on Kafka yet, and since when its relay has said nothing."""
    import psycopg

    from shared.bus.gate import relay_stands

    for service, database in stores().items():
        name = f"{service} relay"
        try:
            stands = relay_of(infra.database_url(database))
        except psycopg.Error:
            remedy = answers_not(run, "DATABASE_URL", infra.postgres is not None)
            yield Line(name, "fail", "the store does not answer", remedy)
            continue
        if stands is None:
            yield Line(name, "warn", "the store has no tables yet", f"they come when {service} first starts")
        else:
            waiting, silent = stands
            said = relay_stands(waiting, silent)
            status = "fail" if waiting >= LAG_FAIL else said.status
            log = f" Its log is {infra.places.log(f'{service}-relay')}."
            yield Line(name, status, said.detail, "" if status == "ok" else said.remedy + log)


def check_apis(_: Infrastructure, run: Run | None) -> Iterator[Line]:
    """Each api's own opinion of itself, and the issuer's and the site's."""
    for api, health in health_of(run.addresses if run else {}).items():
        name = api if api in ("issuer", "site") else f"{api} api"
        if health.status == "ok":
            yield Line(name, "ok", "ready")
        elif health.status == "unreachable":
            yield Line(name, "fail", "does not answer", _ENDED if is_running(run) else _UP)
        for check in health.checks:
            status: Literal["warn", "fail"] = "warn" if check.get("status") == "warn" else "fail"
            said = f"{check.get('name')}: {check.get('detail')}"
            yield Line(name, status, said, str(check.get("remedy") or "see its log"))


def check_machine(infra: Infrastructure, _: Run | None) -> Iterator[Line]:
    """Disk, time zone data, and who can read the secrets."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    folder = next(p for p in (infra.places.data, *infra.places.data.parents) if p.exists())
    free = shutil.disk_usage(folder).free / _GIB
    if free < 2:
        remedy = "free some space: kept topics only grow"
        yield Line("disk", "fail" if free < 0.5 else "warn", f"{free:.1f} GiB are free", remedy)
    else:
        yield Line("disk", "ok", f"{free:.0f} GiB are free")
    try:
        zone = ZoneInfo("America/Los_Angeles")
        summer = datetime.fromtimestamp(1_751_328_000, zone).utcoffset()
        assert summer is not None
        good = summer.total_seconds() == -7 * 3600
    except ZoneInfoNotFoundError:
        good = False
    if good:
        yield Line("time zones", "ok", "America/Los_Angeles with its daylight-saving time")
    else:
        yield Line("time zones", "fail", "there is no time zone data", "install tzdata: `make setup`")
    open_to_others = [
        p.name for p in sorted(infra.places.secrets.glob("*")) if p.stat().st_mode & 0o077 and p.is_file()
    ]
    if open_to_others:
        yield Line("secrets", "fail", f"others can read {', '.join(open_to_others)}", "chmod 600 them")
    else:
        yield Line("secrets", "ok", "readable by their owner only")


def check_signing(infra: Infrastructure, _: Run | None) -> Iterator[Line]:
    """The key that audit signs checkpoints with: there, a key, and nobody else's to read."""
    from services.audit.merkle.signing import read_key_file
    from shared.errors import Disagreement

    try:
        key = read_key_file(infra.places.secrets / "audit-signing.key")
    except Disagreement as found:
        yield Line("signing key", "fail", found.detail, found.remedy)
    else:
        yield Line("signing key", "ok", f"signs checkpoints as {key.verifier.name}")


CHECKS: tuple[Check, ...] = (
    check_platform,
    check_processes,
    check_kafka,
    check_postgres,
    check_relays,
    check_apis,
    check_signing,
    check_machine,
)

"""Topics, users, rights and databases, made so that doing it again changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from shared.bus.topics import Topic, all_topics
from shared.errors import AccordError
from shared.events.names import Agency, Service

#: One database and one login of the same name each. The vault is apart.
DATABASES = ("accord_referrals", "accord_vault", "accord_notifications", "accord_audit")
_TOPIC_SECONDS = 30.0


class ProvisionFailed(AccordError):
    """Kafka or PostgreSQL refused a part of the set-up. The message says which."""


@dataclass(frozen=True, order=True)
class Right:
    """One ACL: `principal` may do `operation` on the topic `resource`, or the groups that start so."""

    principal: str
    operation: str
    kind: str
    resource: str


def principals() -> tuple[str, ...]:
    """Who signs in to Kafka: every service and every agency."""
    return (*map(str, Service), *map(str, Agency))


def rights_on(topics: Iterable[Topic]) -> set[Right]:
    """What the topics table says, as ACLs. Nobody gets DELETE, ALTER, CREATE or a right on the cluster."""
    rights = set()
    for topic in topics:
        rights |= {Right(topic.writer, operation, "topic", topic.name) for operation in ("WRITE", "DESCRIBE")}
        for reader in topic.readers:
            rights |= {Right(str(reader), op, "topic", topic.name) for op in ("READ", "DESCRIBE")}
    return rights


def group_rights(names: Iterable[str]) -> set[Right]:
    """Each principal may use the consumer groups `accord.<principal>.…`."""
    return {Right(name, op, "group", f"accord.{name}.") for name in names for op in ("READ", "DESCRIBE")}


def provision_kafka(admin: Any, passwords: Mapping[str, str], topics: Sequence[Topic] | None = None) -> None:
    """Make topics, users and rights on the cluster of this admin client. Blocks; raises ProvisionFailed.

    A topic that is there keeps its records; settings that differ are put right, and a partition count that
    differs is refused, since a case's order hangs on it. Rights that our principals should not have go.
    """
    wanted = tuple(all_topics()) if topics is None else tuple(topics)
    make_users(admin, passwords)
    make_topics(admin, wanted)
    put_rights(admin, rights_on(wanted) | group_rights(passwords), set(passwords))


def make_users(admin: Any, passwords: Mapping[str, str]) -> None:
    """Make the SCRAM users, or give them these passwords again."""
    from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

    changes = [
        UserScramCredentialUpsertion(name, ScramMechanism.SCRAM_SHA_256, password)
        for name, password in passwords.items()
    ]
    failed = {name: why for name, why in admin.alter_user_scram_credentials(changes).items() if why}
    if failed:
        raise ProvisionFailed(f"Kafka refused to make the users {', '.join(sorted(failed))}")


def make_topics(admin: Any, topics: Sequence[Topic]) -> None:
    """Make what is missing, put settings right, refuse another partition count."""
    there = {t["name"]: len(t["partitions"]) for t in admin.describe_topics() if not t["error_code"]}
    missing = [topic for topic in topics if topic.name not in there]
    if missing:
        copies, more = durability(len(admin.describe_cluster()["brokers"]))
        new = {
            t.name: {
                "num_partitions": t.partitions,
                "replication_factor": copies,
                "configs": t.config() | more,
            }
            for t in missing
        }
        admin.create_topics(new, timeout_ms=int(_TOPIC_SECONDS * 1000))
        admin.wait_for_topics([t.name for t in missing], timeout_ms=int(_TOPIC_SECONDS * 1000))
    present = [topic for topic in topics if topic.name in there]
    for topic in present:
        if there[topic.name] != topic.partitions:
            raise ProvisionFailed(
                f"the topic {topic.name} has {there[topic.name]} partitions, not {topic.partitions}; a kept "
                "topic's count must never change, so nothing was touched: use another Kafka or another prefix"
            )
    _put_settings_right(admin, present)


def durability(brokers: int) -> tuple[int, dict[str, str]]:
    """Copies of each record, and the settings that go with them: three, two of them in step, where there are
    three brokers; one on a laptop."""
    return (3, {"min.insync.replicas": "2"}) if brokers >= 3 else (1, {})


def wrong_settings(admin: Any, topics: Sequence[Topic]) -> dict[str, dict[str, str]]:
    """Per topic, the settings on the broker that are not the table's, with the broker's value."""
    from kafka.admin import ConfigResource

    if not topics:
        return {}
    resources = [ConfigResource("TOPIC", t.name, list(t.config())) for t in topics]
    found = admin.describe_configs(resources, config_filter="all").get("topic", {})
    wrong = {}
    for topic in topics:
        values = {key: str(entry["value"]) for key, entry in found.get(topic.name, {}).items()}
        differing = {k: values.get(k, "missing") for k, v in topic.config().items() if values.get(k) != v}
        if differing:
            wrong[topic.name] = differing
    return wrong


def _put_settings_right(admin: Any, topics: Sequence[Topic]) -> None:
    from kafka.admin import ConfigResource

    wrong = wrong_settings(admin, topics)
    changes = [
        ConfigResource("TOPIC", t.name, {key: t.config()[key] for key in wrong[t.name]})
        for t in topics
        if t.name in wrong
    ]
    if changes:
        result = admin.alter_configs(changes).get("topic", {})
        refused = sorted(name for name, said in result.items() if said != "OK")
        if refused:
            raise ProvisionFailed(f"Kafka refused the settings of {', '.join(refused)}")


def put_rights(admin: Any, wanted: set[Right], of: set[str]) -> None:
    """Make the rights of these principals exactly `wanted`: missing ones are added, others removed."""
    have = read_rights(admin, of)
    if missing := wanted - have.keys():
        failed = admin.create_acls([_acl(right) for right in sorted(missing)])["failed"]
        if failed:
            raise ProvisionFailed(f"Kafka refused {len(failed)} access rules")
    if extra := [acl for right, acl in have.items() if right not in wanted]:
        admin.delete_acls(extra)
    if missing or extra:
        # The controller has them; the broker, which enforces them and knows new users, follows a moment later.
        _wait_until(
            lambda: read_rights(admin, of).keys() == wanted, _TOPIC_SECONDS, "the access rules did not hold"
        )


def read_rights(admin: Any, of: set[str]) -> dict[Right, Any]:
    """The access rules that the cluster holds for these principals."""
    from kafka import admin as k

    anything = k.ACLFilter(
        principal=None,
        host=None,
        operation=k.ACLOperation.ANY,
        permission_type=k.ACLPermissionType.ANY,
        resource_pattern=k.ResourcePatternFilter(k.ResourceType.ANY, None, k.ACLResourcePatternType.ANY),
    )
    acls, _ = admin.describe_acls(anything)
    found = {}
    for acl in acls:
        name = acl.principal.removeprefix("User:")
        if name in of:
            kind = acl.resource_pattern.resource_type.name.lower()
            if (kind == "group") != (acl.resource_pattern.pattern_type is k.ACLResourcePatternType.PREFIXED):
                kind += "-other"  # another pattern than ours is another right
            if acl.permission_type is not k.ACLPermissionType.ALLOW or acl.host != "*":
                kind += "-other"
            found[Right(name, acl.operation.name, kind, acl.resource_pattern.resource_name)] = acl
    return found


def _acl(right: Right) -> Any:
    from kafka import admin as k

    group = right.kind == "group"
    pattern = k.ACLResourcePatternType.PREFIXED if group else k.ACLResourcePatternType.LITERAL
    return k.ACL(
        principal=f"User:{right.principal}",
        host="*",
        operation=k.ACLOperation[right.operation],
        permission_type=k.ACLPermissionType.ALLOW,
        resource_pattern=k.ResourcePattern(k.ResourceType[right.kind.upper()], right.resource, pattern),
    )


def provision_databases(
    admin_url: str, password: Callable[[str], str], *, whole_server: bool, names: Sequence[str] = DATABASES
) -> None:
    """Make the databases and their logins. Blocks; raises ProvisionFailed.

    `whole_server`: the server is ours alone, so the system's databases are closed to the logins as well.
    """
    import psycopg

    try:
        with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as connection:
            for name in names:
                _make_login(connection, name, password(name))
                make_database(connection, name, owner=name)
            if whole_server:
                connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
    except psycopg.Error as error:
        raise ProvisionFailed(f"PostgreSQL refused the set-up ({type(error).__name__})") from error


def _make_login(connection: Any, name: str, password: str) -> None:
    from psycopg import sql

    there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    verb = sql.SQL("ALTER" if there else "CREATE")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            verb, sql.Identifier(name), sql.Literal(password)
        )
    )


def make_database(connection: Any, name: str, owner: str) -> None:
    """Make a database, if it is not there, that only `owner` (and administrators) can connect to."""
    from psycopg import sql

    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        # An administrator who is no superuser (a county's hosted server) must belong to the owner's role.
        is_super = connection.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()[0]
        if not is_super:
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(name), sql.Identifier(owner)
            )
        )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def drop_database(connection: Any, name: str) -> None:
    """Drop a database and end its sessions (tests only)."""
    from psycopg import sql

    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def with_database(url: str, database: str, login: str = "", password: str = "") -> str:
    """The same server's address for another database, and another login if one is given."""
    parts = urlsplit(url)
    who = f"{login}:{password}" if login else (parts.netloc.rpartition("@")[0])
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{who}@{address}", path=f"/{database}"))


def _wait_until(done: Callable[[], bool], seconds: float, what: str) -> None:
    limit = time.monotonic() + seconds
    while not done():
        if time.monotonic() > limit:
            raise ProvisionFailed(f"{what} within {seconds:.0f} s")
        time.sleep(0.05)

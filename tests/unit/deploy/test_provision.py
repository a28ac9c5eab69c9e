"""The rights that the topics table gives, before any Kafka sees them."""

from __future__ import annotations

import pytest

from deploy.local.provision import durability, group_rights, principals, rights_on, with_database
from shared.bus.topics import all_topics, kept_topics
from shared.events.names import Agency, Service

RIGHTS = rights_on(all_topics()) | group_rights(principals())


def test_no_agency_reads_or_writes_a_kept_topic() -> None:
    kept = {topic.name for topic in kept_topics()}
    assert len(kept) == 9
    touched = {right.principal for right in RIGHTS if right.resource in kept}
    assert touched == set(map(str, Service))


def test_nobody_may_do_more_than_read_write_and_describe() -> None:
    assert {right.operation for right in RIGHTS} == {"READ", "WRITE", "DESCRIBE"}
    assert {right.kind for right in RIGHTS} == {"topic", "group"}


@pytest.mark.parametrize("agency", Agency)
def test_an_agency_writes_its_own_submissions_and_nothing_else(agency: str) -> None:
    writes = {right.resource for right in RIGHTS if (right.principal, right.operation) == (agency, "WRITE")}
    assert writes == {f"accord.submissions.{agency}"}


@pytest.mark.parametrize("name", principals())
def test_group_names_of_one_principal_are_none_of_anothers(name: str) -> None:
    mine = next(r.resource for r in RIGHTS if r.kind == "group" and r.principal == name)
    others = [r.resource for r in RIGHTS if r.kind == "group" and r.principal != name]
    assert not [other for other in others if other.startswith(mine) or mine.startswith(other)]


def test_three_brokers_keep_three_copies_and_a_laptop_one() -> None:
    assert durability(1) == (1, {})
    assert durability(2) == (1, {})
    assert durability(5) == (3, {"min.insync.replicas": "2"})


def test_an_administrators_address_keeps_server_and_options_but_not_the_login() -> None:
    url = with_database("postgresql://root:secret@db.example:5433/postgres?sslmode=require", "a", "b", "c")
    assert url == "postgresql://b:c@db.example:5433/a?sslmode=require"

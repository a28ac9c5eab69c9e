"""The vault on a real PostgreSQL: its contract, and what only a database can show."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from deploy.local.postgres import wheel_programs
from services.referrals.vault import MIGRATIONS, Vault, Which, create_key_file
from shared.errors import Disagreement, TryLater
from shared.events.names import SealedClass
from shared.events.sealing import CannotOpen, seal_for_county
from shared.store.migrate import migrate
from tests.canary import Canary
from tests.unit.vault.contract import NAME, VaultContract, item, outcome, part

pytestmark = pytest.mark.platform


@pytest.fixture
def url(fresh_database):
    address = fresh_database("accord_vault")
    migrate(address, MIGRATIONS)
    return address


@pytest.fixture
def key_file(tmp_path):
    create_key_file(tmp_path / "vault.key")
    return tmp_path / "vault.key"


@pytest.fixture
def opened(url, key_file):
    vaults = []

    def one_more(**options) -> Vault:
        vaults.append(Vault(url, key_file, **options))
        return vaults[-1]

    yield one_more
    for vault in vaults:
        vault.close()


class TestTheVaultOnPostgres(VaultContract):
    @pytest.fixture
    def vault(self, opened, clock):
        return opened(now=clock)


class TestAKeyIsDurableBeforeAnEventUsesIt:
    def test_another_process_opens_what_was_sealed_as_soon_as_it_is_returned(self, opened):
        one = item()
        [sealed] = opened().seal_all([one])
        assert outcome(opened(), sealed, one) == NAME

    def test_the_keys_of_a_command_are_stored_in_one_transaction(self, opened, url):
        opened().seal_all([item(), item(SealedClass.CONTACT), item(SealedClass.HEALTH)])
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT count(*), count(DISTINCT xmin::text) FROM keys").fetchone()
        assert found == (3, 1)


class TestTheKeyFile:
    def test_a_vault_does_not_start_with_another_vaults_key(self, opened, url, tmp_path):
        opened()
        create_key_file(tmp_path / "other.key")
        with pytest.raises(Disagreement, match="ACCORD_VAULT_KEY_FILE"):
            Vault(url, tmp_path / "other.key")

    def test_a_wrapped_key_moved_to_another_row_opens_nothing(self, opened, url):
        vault = opened()
        first, second = item(), item()
        sealed = vault.seal_all([first, second])
        kids = [vault.keys(Which(event_id=i.event_id))[0] for i in (first, second)]
        with psycopg.connect(url) as connection:
            connection.execute(
                "UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE kid = %s) WHERE kid = %s", kids
            )
        with pytest.raises(CannotOpen, match="damaged"):
            outcome(vault, sealed[1], second)
        assert vault.open_many([part(sealed[0], first)]) == [NAME]


class TestADumpOfTheVault:
    def test_holds_neither_an_identifying_fact_nor_a_key_in_clear(self, opened, url, key_file, tmp_path):
        vault = opened()
        one = item()
        vault.seal_all([one])
        [public] = vault.county_jwks()["keys"]
        vault.open_submission(seal_for_county(public, "s", one.cls, NAME), "s", one.cls)
        kept = vault.keep_deadletter(
            topic="accord.submissions.sheriff",
            partition=0,
            offset=1,
            reason="malformed",
            key=b"Quetzal-Ibarra",
            value=b"{Quetzal-Ibarra",
            headers=[("Quetzal-Ibarra", b"Quetzal-Ibarra")],
        )
        assert vault.show_deadletter(kept.id) is not None
        [data_key] = vault._find(vault.keys(Which(youth=one.youth))).values()
        county_d = vault._county._private[public["kid"]]["d"]
        dump = _dump(url)
        assert b"COPY public.keys" in dump
        assert Canary(["Quetzal-Ibarra", "Marisol"]).search_bytes(dump) == []
        assert Canary([key_file.read_text().strip(), county_d]).search_bytes(dump) == []
        assert data_key.hex().encode() not in dump
        assert key_file.read_bytes().strip() not in dump

    def test_the_search_of_the_dump_finds_what_is_planted_in_it_on_purpose(self, opened, url):
        opened()
        with psycopg.connect(url) as connection:
            connection.execute(
                "INSERT INTO county_keys VALUES (%s, '{}', %s, now(), now())",
                [uuid4(), b'{"name":"Quetzal-Ibarra"}'],
            )
        assert Canary(["Quetzal-Ibarra"]).search_database(wheel_programs() / "pg_dump", url)


class TestSeveralProcesses:
    def test_making_the_first_county_key_at_once_agree_on_one(self, opened, url):
        vaults = [opened(pool_size=2) for _ in range(4)]
        with ThreadPoolExecutor(8) as threads:
            asked = [threads.submit(vault.county_jwks) for vault in vaults for _ in range(4)]
        assert len({answer.result()["keys"][0]["kid"] for answer in asked}) == 1
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM county_keys").fetchone() == (1,)

    def test_what_one_forgets_no_other_opens(self, opened):
        one, first, second = item(), opened(), opened()
        [sealed] = first.seal_all([one])
        assert outcome(second, sealed, one) == NAME
        first.forget(Which(youth=one.youth), uuid4())
        assert not isinstance(outcome(second, sealed, one), dict)


class TestWhenTheDatabaseIsAway:
    def test_a_vault_does_not_start(self, key_file):
        with pytest.raises(TryLater):
            Vault("postgresql://accord_vault:x@127.0.0.1:1/accord_vault", key_file)

    def test_connections_cut_by_a_restart_cost_one_failure_then_it_heals(self, opened, url):
        vault = opened()
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: vault.ping(), range(16)))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with pytest.raises(TryLater):
            vault.ping()
        vault.ping()


def _dump(url: str) -> bytes:
    command = [str(wheel_programs() / "pg_dump"), "--dbname", url]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout

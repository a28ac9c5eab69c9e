import pytest

from services.referrals.vault import MemoryVault, ToSeal
from shared.errors import TryLater
from tests.unit.vault.contract import VaultContract, item


class TestTheVaultInMemory(VaultContract):
    @pytest.fixture
    def vault(self, clock):
        return MemoryVault(clock)

    def test_when_it_is_away_every_call_says_try_later(self, vault):
        one: ToSeal = item()
        vault.away = True
        for call in (vault.ping, vault.county_jwks, lambda: vault.seal_all([one])):
            with pytest.raises(TryLater):
                call()

from __future__ import annotations

import base64
import os
from uuid import uuid4

import pytest

from services.referrals.vault.key_file import Wrapping, create_key_file, read_key_file
from shared.errors import Disagreement


class TestTheKeyFile:
    def test_is_made_once_for_its_owner_only(self, tmp_path):
        path = tmp_path / "vault.key"
        create_key_file(path)
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(read_key_file(path)) == 32
        assert list(tmp_path.iterdir()) == [path]

    def test_is_never_replaced(self, tmp_path):
        path = tmp_path / "vault.key"
        create_key_file(path)
        key = read_key_file(path)
        with pytest.raises(FileExistsError):
            create_key_file(path)
        assert read_key_file(path) == key
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"short").decode()])
    def test_that_holds_no_key_is_refused_without_quoting_it(self, tmp_path, text):
        path = tmp_path / "vault.key"
        path.write_text(text)
        path.chmod(0o600)
        with pytest.raises(Disagreement, match="no 32 bytes") as failed:
            read_key_file(path)
        assert not text or text not in str(failed.value)

    def test_that_is_missing_or_that_others_can_read_is_refused(self, tmp_path):
        with pytest.raises(Disagreement, match="cannot be read"):
            read_key_file(tmp_path / "vault.key")
        create_key_file(tmp_path / "vault.key")
        (tmp_path / "vault.key").chmod(0o640)
        with pytest.raises(Disagreement, match="chmod 600"):
            read_key_file(tmp_path / "vault.key")


class TestWrapping:
    def test_a_wrapped_key_is_bound_to_its_id_its_kind_and_the_key_file(self):
        wrapping, kid = Wrapping(os.urandom(32)), uuid4()
        wrapped = wrapping.wrap(b"secret", "data", kid)
        assert wrapping.unwrap(wrapped, "data", kid) == b"secret"
        for other, kind, of, held in [
            (wrapping, "data", uuid4(), wrapped),
            (wrapping, "county", kid, wrapped),
            (Wrapping(os.urandom(32)), "data", kid, wrapped),
            (wrapping, "data", kid, wrapped[:-1]),
            (wrapping, "data", kid, b""),
        ]:
            with pytest.raises(Disagreement):
                other.unwrap(held, kind, of)

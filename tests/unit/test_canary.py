"""The search itself: what is planted on purpose is found, and nothing else."""

import gzip
import os
import random
import time
from pathlib import Path

import pytest

from tests.canary import EXEMPT_TOPICS, Canary, is_exempt_broker_file, planted

VALUES = ("Marisol Quetzal-Ibarra", "Núñez O'Hara", "2011-07-04", "4417 Larkspur Court #3", "Zoë/Ward+Q")
FORMS = sorted(planted(VALUES[0]))
NOISE = os.urandom(997) + b'{"event":"ready","detail":"nothing of note 100% here + there \\u0041"}\n'


class TestPlantedOnPurposeItIsFound:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("value", VALUES)
    def test_in_every_form_whatever_stands_around_it(self, value: str, form: str) -> None:
        blob = NOISE + b" " + planted(value)[form] + b" " + NOISE
        assert {hit.value for hit in Canary(VALUES).search_bytes(blob, "log")} == {value}

    @pytest.mark.parametrize("shift", range(3))
    def test_in_base64_of_a_document_wherever_it_stands_in_it(self, shift: int) -> None:
        import base64

        document = b'{"n":"' + b"x" * shift + VALUES[1].encode() + b'","m":1}'
        assert Canary(VALUES).search_bytes(base64.urlsafe_b64encode(document).rstrip(b"="))

    def test_in_a_database_dump_where_the_bytes_of_an_event_stand_in_hex(self) -> None:
        event = b'{"name":"N\\u00fa\\u00f1ez O\'Hara"}'
        hits = Canary(VALUES).search_bytes(b"1\t\\\\x" + event.hex().encode() + b"\t2\n")
        assert {hit.value for hit in hits} == {"Núñez O'Hara"}

    def test_where_only_some_characters_are_percent_encoded(self) -> None:
        assert Canary(VALUES).search_bytes(b"GET /?q=Mar%69sol%20Quetzal%2dIbarra")

    def test_in_the_name_of_a_file_in_a_log_and_in_a_compressed_one(self, tmp_path: Path) -> None:
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / f"{VALUES[2]}.txt").write_text("nothing")
        (tmp_path / "service.log").write_text(f'{{"event":"x","who":"{VALUES[0].upper()}"}}\n')
        (tmp_path / "old.log.gz").write_bytes(gzip.compress(VALUES[3].encode()))
        found = {hit.value for hit in Canary(VALUES).search_folder(tmp_path)}
        assert found == {VALUES[2], VALUES[0], VALUES[3]}

    def test_across_the_border_of_two_chunks_of_a_large_file(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr("tests.canary._CHUNK", 1000)
        (tmp_path / "large").write_bytes(b"." * 990 + VALUES[0].encode() + b"." * 3000)
        assert {hit.value for hit in Canary(VALUES).search_file(tmp_path / "large")} == {VALUES[0]}

    def test_in_an_address_a_header_and_a_body(self) -> None:
        canary = Canary(VALUES)
        assert canary.search_http("/cases?name=Marisol+Quetzal-Ibarra", {}, b"")
        assert canary.search_http("/cases", {"Location": "/n/2011-07-04"}, b"")
        assert canary.search_http("/cases", {}, '{"detail":"Núñez O\'Hara"}'.encode())


class TestNothingPlantedNothingFound:
    def test_random_bytes_hex_base64_and_text_hold_no_canary(self) -> None:
        rng = random.Random(7)
        blob = rng.randbytes(200_000) + rng.randbytes(50_000).hex().encode() + NOISE * 20
        assert Canary(VALUES).search_bytes(blob) == []

    def test_a_value_that_chance_would_find_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least"):
            Canary(["Ann"])

    def test_a_mebibyte_is_searched_within_two_seconds(self) -> None:
        blob = random.Random(8).randbytes(512 * 1024).hex().encode()
        began = time.process_time()
        Canary(VALUES).search_bytes(blob)
        assert time.process_time() - began < 2


class TestTheOneExemptSink:
    def test_is_the_submissions_topics_and_their_broker_files_only(self) -> None:
        assert is_exempt_broker_file(Path("/d/kafka/accord.submissions.sheriff-0/00000000.log"))
        assert not is_exempt_broker_file(Path("/d/kafka/accord.receipts.sheriff-0/00000000.log"))
        assert not is_exempt_broker_file(Path("/d/logs/accord.submissions.sheriff.log"))
        assert all(topic.startswith("accord.submissions.") for topic in EXEMPT_TOPICS)

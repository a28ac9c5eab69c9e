import io

import pytest
import typer

from shared.cli import run
from shared.mou.cli import register
from shared.mou.documents import text_of
from shared.mou.editing.questions import questions
from shared.mou.load import load

TEMPLATE = text_of("california-csec")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "birch.yaml"


@pytest.fixture
def new(file, monkeypatch, capsys):
    """`accord mou new FILE …` with what a person types, a line each; the exit code and what was said."""
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)

    def typed(*lines, options=()):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        code = run(app, [], ["mou", "new", str(file), *map(str, options)])
        return code, capsys.readouterr().err

    return typed


class TestABeginning:
    def test_is_the_template_with_an_id_of_its_own(self, new, file):
        code, said = new("later")
        mou, template = load(file.read_text("utf-8")), load(TEMPLATE)
        assert code == 0
        assert (mou.adopted_from.document, mou.adopted_from.version) == ("california-csec", template.version)
        assert mou.id != template.id
        assert f"`accord mou new {file}` goes on." in said

    def test_keeps_every_other_line(self, new, file):
        new("later")
        old, lines = TEMPLATE.splitlines(), file.read_text("utf-8").splitlines()
        assert len([line for line in lines if line not in old]) == 2

    def test_may_be_another_document_or_a_file(self, new, file, tmp_path):
        other = tmp_path / "other.yaml"
        other.write_text(TEMPLATE, "utf-8")
        assert new("later", options=["--from", other])[0] == 0
        assert load(file.read_text("utf-8")).adopted_from is None

    def test_is_not_made_over_a_file_that_is_there(self, new, file):
        file.write_text("county: Kept\n")
        assert new("later", options=["--from", "california-csec"])[0] == 2
        assert file.read_text() == "county: Kept\n"

    def test_needs_a_document_that_is_right(self, new, file, tmp_path):
        (tmp_path / "bad.yaml").write_text("county: Kept\n")
        assert new(options=["--from", tmp_path / "bad.yaml"])[0] == 5
        assert not file.exists()

    def test_needs_a_folder_that_is_there(self, new, file):
        assert new("later", options=["--from", "nothing"])[0] == 2


class TestTheAnswers:
    def test_are_in_the_file_as_soon_as_they_are_given(self, new, file):
        new("Birch County", "birch", "", "birch-2027.1", "2027-01-01")
        mou = load(file.read_text("utf-8"))
        assert (mou.county, mou.counties, mou.version) == ("Birch County", ("birch",), "birch-2027.1")
        assert mou.effective.isoformat() == "2027-01-01"

    def test_show_the_hint_and_what_follows_from_a_rule(self, new):
        _, said = new(*[""] * 400)
        assert "Hint: Model protocols say about ten days." in said
        assert "By when: within 10 days, by the end of the last one." in said

    def test_that_are_no_answers_are_asked_again(self, new, file):
        _, said = new("", "", "", "", "on New Year's Day", "2027-01-01", "later")
        assert "Write the day as 2026-01-31." in said
        assert load(file.read_text("utf-8")).effective.isoformat() == "2027-01-01"

    def test_may_be_taken_back_by_going_back(self, new, file):
        new("Birch", "back", "Birch County", "later")
        assert load(file.read_text("utf-8")).county == "Birch County"

    def test_say_that_counsel_has_confirmed_a_rule_or_change_it(self, new, file):
        until = [""] * 5 + ["", ""] + [""] + [""] * 11 + [""] + ["", ""] * 9 + ["", ""] * 9 + ["", ""]
        new(*until, "y", "c", "Refusing", "", "", "", "counsel", "later")
        clauses = load(file.read_text("utf-8")).clauses
        assert [one.confirmed for one in clauses[:3]] == ["counsel", "counsel", "default"]
        assert clauses[1].title == "Refusing"

    def test_are_asked_where_they_were_left(self, new, file):
        new("Birch County", "birch", "later")
        _, said = new("later")
        asked = len(questions(load(file.read_text("utf-8"))))
        assert f"2 of {asked} questions are answered." in said
        assert f"[1 of {asked - 2}] The county's time zone" in said

    def test_are_not_lost_when_the_input_ends_or_ctrl_c_is_pressed(self, new, file, monkeypatch):
        new("Birch County")
        assert load(file.read_text("utf-8")).county == "Birch County"
        monkeypatch.setattr("shared.mou.cli.guide._read", _interrupted)
        assert new()[0] == 0
        assert load(file.read_text("utf-8")).county == "Birch County"

    def test_at_the_end_say_what_to_do_next(self, new, file):
        code, said = new(*[""] * 400)
        assert code == 0
        assert f"`accord mou propose {file}` sends it to the parties." in said
        assert list(file.parent.iterdir()) == [file]

    def test_at_the_end_say_what_is_still_wrong(self, new, file):
        new("later")
        file.write_text(
            file.read_text("utf-8").replace(
                "{agency: sheriff, office: Sheriff,", "{agency: sheriff, signed: 2031-05-01, office: Sheriff,"
            ),
            "utf-8",
        )
        code, said = new(*[""] * 400)
        assert code == 6
        assert f"{file}:12:12: /effective It lies before a signature." in said


class TestAFileThatIsThere:
    def test_must_be_readable(self, new, file):
        file.write_text("county: [")
        code, said = new("later")
        assert code == 5
        assert f"{file}:2:1: / is not YAML" in said


def _interrupted(_prompt):
    raise KeyboardInterrupt


ANSWERS = [
    "The young person's tribe is told within 24 hours of a placement.",
    "La tribu se entera en 24 horas.",
    "",
    "Telling the tribe",
    "County policy 12",
    "The young person was placed",
    "",
    "new",
    "The tribe was told of the placement",
    "tribe",
    "",
    "",
    "24",
    "1",
    "lead",
    "social-worker",
    "6",
    "",
    "human-services/supervisor",
]


class TestADutyOfItsOwn:
    def test_is_added_by_answering(self, new, file):
        new("later")
        code, said = new(*ANSWERS, options=["--add-duty"])
        duty = load(file.read_text("utf-8")).duties[-1]
        assert code == 0, said
        assert (duty.id, duty.within.hours, duty.opens[0].act) == ("telling-the-tribe", 24, "placed")
        assert duty.es == "La tribu se entera en 24 horas."

    def test_lists_what_may_be_chosen(self, new, file):
        new("later")
        _, said = new(*ANSWERS[:5], "?", "later", options=["--add-duty"])
        assert "The young person is missing  (act:youth-missing)" in said

    def test_that_is_left_adds_nothing(self, new, file):
        new("later")
        before = file.read_text("utf-8")
        new(*ANSWERS[:6], "later", options=["--add-duty"])
        assert file.read_text("utf-8") == before

    def test_is_asked_again_where_something_is_wrong(self, new, file):
        new("later")
        wrong = [*ANSWERS]
        wrong[2] = "3.1"
        _, said = new(*wrong, "99.1", options=["--add-duty"])
        assert "The number of its clause: A clause has this number already." in said
        assert load(file.read_text("utf-8")).duties[-1].clause == "99.1"

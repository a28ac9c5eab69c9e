"""What is printed of a document: one page where one is promised, readable, the same each time, and never run."""

import ast
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from shared.mou import load, validate
from shared.mou.documents import DOCUMENTS, text_of
from shared.mou.papers import pdf
from shared.mou.papers.counsel import counsel
from shared.mou.papers.html import as_html
from shared.mou.papers.memorandum import memorandum
from shared.mou.papers.owing import owed_by
from shared.mou.papers.paper import text_of as words_on
from shared.mou.papers.pdf import Unprintable, as_pdf
from shared.mou.papers.sheet import ROLES, sheet
from shared.mou.telling import patterns_in_words
from shared.mou.vocabulary import Target
from shared.mou.words import words_of

ROOT = Path(__file__).parents[3]
ALDER = load((ROOT / "deploy" / "local" / "alder-county.yaml").read_text("utf-8"))
COUNTIES = {"alder": ALDER, **{name: load(text_of(name)) for name in DOCUMENTS}}
PAPERS = {
    "sheet": lambda mou: sheet(mou, "social-worker", words_of("es")),
    "memorandum": memorandum,
    "counsel": counsel,
}
#: What would be run, or shown otherwise than written, if any of it were read as markup.
MARKUP = 'A #panic("x") #read("paper.typ") $x$ *b* _i_ @a <b>&amp; `c` // \\ [d] {e}'


def read(printed):
    return PdfReader(io.BytesIO(printed.pdf))


def said(printed):
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in read(printed).pages))


def sizes(printed):
    """The sizes of type, in points; page numbers and the boxes to tick count as well."""
    found = set()
    for page in read(printed).pages:
        page.extract_text(
            visitor_text=lambda text, cm, tm, font, size: found.add(size) if text.strip() else None
        )
    return found


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("county", COUNTIES)
def test_a_sheet_is_one_page_that_can_be_read(county, role, language):
    printed = as_pdf(sheet(COUNTIES[county], role, words_of(language)))
    assert len(read(printed).pages) == printed.pages == 1
    assert min(sizes(printed)) >= 7.5


@pytest.mark.parametrize("county", COUNTIES)
class TestThePackForCounsel:
    def test_is_at_most_six_pages_of_at_least_eight_and_a_half_points(self, county):
        printed = as_pdf(counsel(COUNTIES[county]))
        assert len(read(printed).pages) == printed.pages <= 6
        assert min(sizes(printed)) >= 8.5

    def test_asks_of_every_default_and_says_where_it_comes_from(self, county):
        mou, text = COUNTIES[county], words_on(counsel(COUNTIES[county]))
        for clause in mou.clauses:
            assert (f"{clause.id} {clause.title}. {clause.text}" in text) == (clause.confirmed == "default")
        for duty in mou.duties:
            assert duty.source.split("; ")[0] in text
            assert duty.why_off is None or duty.why_off in text
        for row in mou.disclosure:
            assert f"{row.basis} [{row.clause}]" in text

    def test_has_a_place_for_counsels_mark_on_every_row(self, county):
        tables = [block for block in counsel(COUNTIES[county]).blocks if block.kind == "table"]
        rows = [row for table in tables for row in table.rows]
        assert {row[-1][0].text.count("☐") for row in rows} == {2}


@pytest.mark.parametrize("kind", PAPERS)
class TestEveryPaper:
    def test_is_the_same_bytes_each_time(self, kind):
        assert as_pdf(PAPERS[kind](ALDER)) == as_pdf(PAPERS[kind](ALDER))

    def test_is_tagged_names_its_language_and_title_and_carries_its_fonts(self, kind):
        paper = PAPERS[kind](ALDER)
        document = read(as_pdf(paper))
        catalog = document.trailer["/Root"]
        assert catalog["/MarkInfo"]["/Marked"]
        assert catalog["/StructTreeRoot"]
        assert catalog["/Lang"].startswith(paper.language)
        assert document.metadata.title == paper.title
        fonts = [
            font.get_object() for page in document.pages for font in page["/Resources"]["/Font"].values()
        ]
        for font in fonts:
            (inner,) = font["/DescendantFonts"]
            assert {"/FontFile2", "/FontFile3"} & {*inner.get_object()["/FontDescriptor"]}

    def test_says_as_pdf_what_it_says_as_html(self, kind):
        paper = PAPERS[kind](ALDER)
        plain = re.sub(r"<[^>]+>", "", as_html(paper).partition("<main>")[2])
        clauses = set(re.findall(r"\b\d{1,2}\.\d{1,2}\b", plain))
        assert clauses <= set(re.findall(r"\b\d{1,2}\.\d{1,2}\b", said(as_pdf(paper))))

    def test_shows_what_a_county_wrote_and_runs_none_of_it(self, kind):
        county = ALDER.model_copy(update={"county": MARKUP})
        paper = PAPERS[kind](county)
        assert re.sub(r"\s+", "", MARKUP) in re.sub(r"\s+", "", said(as_pdf(paper)))
        assert "<b>" not in as_html(paper)
        assert not re.search(r"src=|href=|url\(|<script", as_html(paper))


class TestWhatCannotBePrinted:
    PAPER = sheet(ALDER, "advocate", words_of("en"))

    def test_letters_that_its_fonts_do_not_have_are_refused_by_name(self):
        with pytest.raises(Unprintable, match="could not be displayed"):
            as_pdf(replace(self.PAPER, title="子"))

    def test_what_takes_too_long_is_ended(self, monkeypatch):
        monkeypatch.setattr(pdf, "TIME_LIMIT_SECONDS", 0.001)
        with pytest.raises(Unprintable, match="too long"):
            as_pdf(self.PAPER)

    def test_what_does_not_fit_its_page_gets_more_of_them_and_the_smallest_type(self):
        long = replace(self.PAPER, blocks=self.PAPER.blocks * 5)
        printed = as_pdf(long)
        assert printed.pages > 1
        assert min(sizes(printed)) == min(long.sizes)

    def test_the_process_that_prints_gets_no_setting_of_ours(self, monkeypatch):
        given = []
        run = pdf.subprocess.run
        monkeypatch.setattr(
            pdf.subprocess, "run", lambda *a, **more: given.append(more["env"]) or run(*a, **more)
        )
        monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
        as_pdf(self.PAPER)
        assert given == [{}]


def messages():
    """Every message that the papers and what they tell of a document are written with."""
    files = [*(ROOT / "shared" / "mou" / "papers").glob("*.py"), ROOT / "shared" / "mou" / "telling.py"]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "words":
                yield from (one.value for one in node.args if isinstance(one, ast.Constant))


class TestSpanish:
    SPANISH = words_of("es")

    def test_has_every_message(self):
        found = set(messages())
        assert len(found) > 20
        assert found - set(self.SPANISH.messages) == set()

    @pytest.mark.parametrize("county", COUNTIES)
    @pytest.mark.parametrize("role", ROLES)
    def test_has_the_words_of_lists_that_stand_on_a_sheet(self, county, role):
        """No word of the frame is left in English: nothing but names and what is marked as English."""
        paper = sheet(COUNTIES[county], role, self.SPANISH)
        english = sheet(COUNTIES[county], role, words_of("en"))
        titles = [block.text[0].text for block in paper.blocks if block.kind == "heading"]
        assert not {*titles} & {block.text[0].text for block in english.blocks if block.kind == "heading"}
        assert not re.search(r"\b(within|hours|days|Record:|When:)\b", self._own(paper))

    @staticmethod
    def _own(paper):
        lines = [line for block in paper.blocks if block.kind == "items" for line in block.items]
        return "\n".join(span.text for line in lines for span in line if span.language is None)

    @pytest.mark.parametrize("county", COUNTIES)
    def test_has_the_events_that_open_duties(self, county):
        mou = COUNTIES[county]
        owed = [duty for role in ROLES.values() for duty in owed_by(mou, role)]
        openings = [pattern for duty in owed for pattern in duty.opens if pattern.event is not None]
        for pattern in openings:
            bare = (pattern.model_copy(update={"where": {}}),)
            assert patterns_in_words(mou, bare, self.SPANISH) != patterns_in_words(mou, bare)

    def test_counts_one_and_several(self):
        assert self.SPANISH.many(1, "{count} hour", "{count} hours") == "1 hora"
        assert self.SPANISH.many(2, "{count} hour", "{count} hours") == "2 horas"

    def test_a_sentence_that_nobody_translated_stands_in_its_own_words_and_says_so(self):
        (duty, *others) = ALDER.duties
        county = ALDER.model_copy(update={"duties": (duty.model_copy(update={"es": None}), *others)})
        html = as_html(sheet(county, "advocate", self.SPANISH))
        assert f'<span lang="en">{duty.says}</span>' in html
        assert "no ha traducido" in html


def test_every_relation_in_which_somebody_may_owe_a_duty_is_understood():
    """`Target` names relations; a holder with one that no party can be would leave a duty off every sheet."""
    for mou in COUNTIES.values():
        holders = {duty.owed_by.agency for duty in mou.duties if duty.owed_by}
        assert holders <= {*Target, *(party.agency for party in mou.parties)}


def test_a_long_list_of_codes_does_not_stand_on_a_sheet():
    duty = next(duty for duty in ALDER.duties if duty.id == "exploitation-told")
    flags = tuple(f"missing.field-{n}" for n in range(20))
    opens = tuple(one.model_copy(update={"where": {"flags": flags}}) for one in duty.opens if one.event)
    county = ALDER.model_copy(update={"duties": (duty.model_copy(update={"opens": opens}),)})
    text = words_on(sheet(county, "social-worker", words_of("en")))
    assert "When: Screening recorded (flags: any of a list)" in text
    assert "missing.field" not in text


class TestWhatASheetTakesFromTheDocument:
    """What a county writes for its sheets is checked with the rest of its document."""

    TEXT = (ROOT / "deploy" / "local" / "alder-county.yaml").read_text("utf-8")
    SAYS = "You decide whether you want this help."

    @pytest.mark.parametrize(
        ("old", "new", "field", "problem"),
        [
            (SAYS, "Decide within 36 hours.", "says", "states a time of its own"),
            ("Usted decide si quiere esta ayuda.", "Decida en 2 días.", "es", "states a time of its own"),
            ("roles: [probation-officer, deputy]", "roles: [everybody]", "roles", "names neither"),
        ],
    )
    def test_is_refused_where_it_could_disagree_or_reaches_nobody(self, old, new, field, problem):
        assert old in self.TEXT
        findings = validate(self.TEXT.replace(old, new))
        assert findings
        for finding in findings:
            assert re.fullmatch(rf"/sheets/\d+/{field}", finding.path)
            assert finding.problem.startswith(problem)
            assert finding.line

    def test_is_refused_where_the_spanish_is_english_again(self):
        text = self.TEXT.replace('es: "Padres o tutores"', 'es: "Parents or guardians"')
        (finding,) = validate(text)
        assert finding.problem == "is the English sentence again"
        assert re.fullmatch(r"/told/\d+/es", finding.path)

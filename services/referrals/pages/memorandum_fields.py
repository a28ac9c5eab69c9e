"""A question about a memorandum as the fields of a form, and what was typed into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.referrals.pages.memorandum_findings import wrong_in_words
from services.referrals.pages.wording import Wording
from shared.mou.editing.fields import Field, Form, Question, Typed, Wrong
from shared.web.site.forms import Form as SentForm
from shared.web.site.words import N_

#: Of more choices than this, people type the words.
LISTED = 30
#: Of more than this, one is chosen from a list that opens.
BESIDE_EACH_OTHER = 4
COMMAS = N_("Type the words, with commas between them.")
DAY = N_("Like 2026-01-31.")


@dataclass(frozen=True)
class Shown:
    """A field as the page has it. `form`: text, long, number, day, radio, select, checkbox."""

    name: str
    label: str
    form: str
    typed: Sequence[str]
    options: Sequence[tuple[str, str]] = ()
    hint: str = ""

    @property
    def text(self) -> str:
        """What stands in it, on one line."""
        return ", ".join(self.typed)


def fields_shown(question: Question, sent: SentForm | None, wording: Wording) -> list[Shown]:
    """The fields with what stands there now, or with what was typed."""
    return [_shown(one, sent, wording) for one in question.fields]


def _shown(one: Field, sent: SentForm | None, wording: Wording) -> Shown:
    label = f"{wording.say(one.asks)} ({one.number})" if one.number else wording.say(one.asks)
    if one.optional:
        label = wording.say(N_("%(label)s (may stay empty)"), label=label)
    typed = one.present if sent is None else _typed(one, sent)
    options = [(choice.value, wording.say(choice.label)) for choice in one.choices]
    options += [(value, value) for value in one.present if options and value not in dict(options)]
    if one.form is Form.SEVERAL and len(options) > LISTED:
        return Shown(one.name, label, "text", typed, hint=wording.say(COMMAS))
    if one.form is Form.SEVERAL:
        return Shown(one.name, label, "checkbox", typed, options)
    if one.form is Form.ONE:
        if len(options) <= BESIDE_EACH_OTHER and not one.optional:
            return Shown(one.name, label, "radio", typed, options)
        unsaid = N_("Not said") if one.optional else N_("Choose one")
        empty = [] if one.present and not one.optional else [("", wording.say(unsaid))]
        return Shown(one.name, label, "select", typed, [*empty, *options])
    hint = wording.say(DAY) if one.form is Form.DAY else ""
    return Shown(one.name, label, one.form.value, typed, hint=hint)


def typed_in(question: Question, sent: SentForm) -> Typed:
    """What was typed, by field."""
    return {one.name: _typed(one, sent) for one in question.fields}


def _typed(one: Field, sent: SentForm) -> Sequence[str]:
    if one.form is Form.SEVERAL and len(one.choices) > LISTED:
        return [part.strip() for part in sent.get(one.name).split(",") if part.strip()]
    return sent.every(one.name)


def errors_shown(errors: Mapping[str, Wrong], question: Question, wording: Wording) -> dict[str, str]:
    """What is wrong, by field, with the field's name in front where a list stands above the form."""
    asked = {one.name: wording.say(one.asks) for one in question.fields}
    return {
        name: f"{asked[name]}: {wrong_in_words(wrong, wording)}"
        if name in asked
        else wrong_in_words(wrong, wording)
        for name, wrong in errors.items()
    }

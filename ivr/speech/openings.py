"""The readings of sentences about when the office answers: their times come from a setting, and are compared by rule.

What surrounds a time or a date is approved by a person, once and whatever is set: `{time}からです`. The time itself
must be read as `by_rule` says.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from itertools import product
from typing import TYPE_CHECKING

from ivr import prompts
from ivr.content import TODAY
from ivr.findings import Finding
from ivr.hours import FILE
from ivr.speech import approved, morae
from ivr.speech.by_rule import date_kana, time_kana
from ivr.speech.reading import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ivr.office import Office, Said
    from ivr.passage import Sentence
    from ivr.speech.approved import Heard, Reader
    from ivr.speech.lexicon import Lexicon

_EVERY_DAY = dict.fromkeys(range(7), ((time(9), time(17)),))
_DATE, _TIME = "{date}", "{time}"


def hear(
    sentences: Iterable[Sentence], office: Office, reader: Reader, lexicon: Lexicon
) -> tuple[list[Heard], list[Finding]]:
    """Read every distinct sentence, those about when the office answers with blanks; and find times that are misread.

    What is said for any office is among them, also where none is set.
    """
    example = replace(office, number=office.number or "any", week=_EVERY_DAY)
    openings = {said.words: said for said in (*example.openings, *office.openings)}
    told = [sentence for words in example.told() for sentence in prompts.split(TODAY, *words)]
    made = {sentence.spoken for words in openings for sentence in prompts.split(TODAY, *words)}
    rest = (sentence for sentence in sentences if sentence.spoken not in made)
    found, findings = hear_openings(openings.values(), reader, lexicon)
    return [*approved.hear((*rest, *told), reader, lexicon), *found], findings


def hear_openings(openings: Iterable[Said], reader: Reader, lexicon: Lexicon) -> tuple[list[Heard], list[Finding]]:
    """Read sentences about when the office answers, with blanks; and find times that are misread, each once."""
    heard, findings = [], []
    for said in openings:
        for one in _made(said, reader, lexicon):
            if isinstance(one, Finding):
                findings.append(one)
            else:
                heard.append(one)
    return heard, list(dict.fromkeys(findings))


def _made(said: Said, reader: Reader, lexicon: Lexicon) -> Iterator[Heard | Finding]:
    spoken = zip(prompts.split(TODAY, *said.words), prompts.split(TODAY, said.words.text, said.form), strict=True)
    for sentence, blank in spoken:
        parts = reader.clauses(normalise(sentence.spoken, lexicon).text)
        form = normalise(blank.spoken, lexicon).text
        forms = morae.clauses(form)
        if len(forms) != len(parts):  # the reader could not tell the parts apart
            forms, parts = [form], [(sentence.spoken, "、".join(kana for _, kana in parts))]
        found = [(name, _with_blanks(name, kana, said)) for name, (_, kana) in zip(forms, parts, strict=True)]
        wrong = [(name, kana) for (name, made), (_, kana) in zip(found, parts, strict=True) if made is None]
        yield from (_misread(name, kana, said) for name, kana in wrong)
        if not wrong:
            yield approved.Heard(TODAY, form, tuple((name, made or "") for name, made in found))


def _with_blanks(form: str, kana: str, said: Said) -> str | None:
    """Put the blanks of a form into its kana; None where what should stand there by rule does not."""
    for date, moment in product(_dates(said), time_kana(said.time)):
        made = kana
        for blank, ruled in ((_DATE, date), (_TIME, moment)):
            if blank in form:
                made = made.replace(ruled, blank, 1)
        if all(blank in made for blank in (_DATE, _TIME) if blank in form):
            return made
    return None


def _dates(said: Said) -> tuple[str, ...]:
    return (date_kana(*said.date),) if said.date else ("",)


def _misread(form: str, kana: str, said: Said) -> Finding:
    ruled = form.replace(_DATE, _dates(said)[0]).replace(_TIME, time_kana(said.time)[0])
    return Finding(
        FILE,
        0,
        "error",
        f"prompt {TODAY}: {kana} is said where it must be {ruled} (a time of IVR_OFFICE_HOURS)",
        f"プロンプト「{TODAY}」: {kana} は、{ruled} と読まれるはずです(IVR_OFFICE_HOURS の時間)",
    )

"""What a flow must keep to: voices can say it, every fact is heard, and nobody waits or listens too long.

Lengths come from the audio files where they exist; otherwise they are counted by morae and the findings say so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from ivr import titles, twiml
from ivr.call import Silence, Start, Wait, advance
from ivr.content import LAST_RESORT
from ivr.facts import FILE as FACTS_FILE
from ivr.findings import Finding, FindingsError
from ivr.flow import TRIES, Answer, Menu, reachable
from ivr.hours import CLOSED_FILE
from ivr.hours import FILE as HOURS_FILE
from ivr.position import Position
from ivr.speech import lexicon
from ivr.speech.morae import estimated_seconds
from ivr.speech.reading import normalise, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ivr.board import Board
    from ivr.content import Content
    from ivr.facts import Words
    from ivr.flow import Flow
    from ivr.passage import Passage, Sentence
    from ivr.speech.store import AudioLibrary, Index

PASSAGE_SECONDS = 30.0
ANSWER_KEYS = 4
OPENING_SECONDS = 20.0
LOST_SECONDS = 15.0
SILENT_NUMBER_SECONDS = 40.0
SILENT_END_SECONDS = 100.0
SUSPENSION = "suspension_phone"
LOST_KEY = "1"
HEAD_SECONDS = 0.15
ANNOUNCEMENT_SECONDS = 8.0
SURVEY_SECONDS = 12.0
TODAY_SENTENCES = 600
"""So many sentences about counters may depend on the day: all of them are spoken beforehand."""


@dataclass(frozen=True)
class Heard:
    """A sentence with its prompt and the seconds of its passage at which it begins and ends."""

    text: str
    option: str
    prompt: str
    begin: float
    end: float


@dataclass(frozen=True)
class Lengths:
    """How long passages are: from the index beside the file where there is one, else counted by morae."""

    library: AudioLibrary

    def measured(self, passages: Iterable[Passage]) -> bool:
        """Tell whether every length is that of a file."""
        return all(self.library.name_for(passage.key) for passage in passages)

    def seconds(self, passage: Passage) -> float:
        """Give the length of a passage in seconds, the silence around it included."""
        index = self._index(passage)
        if index:
            return index.seconds
        return HEAD_SECONDS + sum(_estimate(s) + s.pause for s in passage.sentences) if passage.sentences else 0.0

    def sentences(self, passage: Passage) -> tuple[Heard, ...]:
        """Give its sentences in order."""
        index = self._index(passage)
        if index:
            return tuple(Heard(s.text, s.option, s.prompt, s.begin, s.end) for s in index.sentences)
        line, begin = [], HEAD_SECONDS
        for sentence in passage.sentences:
            end = begin + _estimate(sentence)
            line.append(Heard(sentence.text, sentence.option, sentence.prompt, begin, end))
            begin = end + sentence.pause
        return tuple(line)

    def _index(self, passage: Passage) -> Index | None:
        name = self.library.name_for(passage.key)
        return self.library.index(name) if name else None


def _estimate(sentence: Sentence) -> float:
    return estimated_seconds(sentence.spoken, slow=sentence.pace == "slow")


def findings(content: Content, known: Lengths, now: datetime, board: Board) -> Iterator[Finding]:
    """Check everything: errors, and warnings of what grew old by `now`."""
    yield from content.warnings(now.date())
    yield from titles.findings(content.flow)
    yield from words(content)
    yield from unheard(content)
    yield from today_sentences(content)
    yield from lengths(content, known, now, board)


def words(content: Content) -> Iterator[Finding]:
    """Find signs, words and numbers that no rule reads, and words that may be read in two ways."""
    try:
        known = lexicon.load(content.root)
    except FindingsError as error:
        yield from error.findings
        return
    sentences = (s for passage in content.everything for s in passage.sentences)
    for sentence in {(s.prompt, s.spoken): s for s in sentences}.values():
        reading = normalise(sentence.spoken, known)
        if reading.doubts:
            place = _written(content, sentence.prompt, reading.doubts[0])
            yield from reading.findings(place, sentence.prompt)


def _written(content: Content, prompt: str, part: str) -> tuple[str, int]:
    """Give the file and line where a part of a sentence is written: in its prompt, or in a table that it speaks."""
    known = content.prompts.by_name.get(prompt)
    if known and part in known.text:
        return content.place(prompt)
    for path in sorted((content.root / "flows").glob("*.yaml")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if part in line.partition("#")[0]:
                return path.relative_to(content.root).as_posix(), number
    return content.place(prompt)


def last_resort(content: Content) -> Iterator[Finding]:
    """Compare the file for Twilio's TwiML Bin with the words and numbers of now; a bad lexicon is told by `words`."""
    path = content.root / twiml.LAST_RESORT_FILE
    try:
        said = partial(plain, lexicon=lexicon.load(content.root))
    except FindingsError:
        return
    wanted = twiml.last_resort_file(content.last_resort(), said)
    how, how_ja = "`ivr flows last-resort` writes it anew", "ivr flows last-resort で書き直してください"
    try:
        written = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        what, what_ja = f"cannot be read ({error})", f"読めません({error})"
        yield Finding(twiml.LAST_RESORT_FILE, 0, "warning", f"{what}: {how}", f"{what_ja}。{how_ja}")
        return
    if written == wanted:
        return
    pairs = zip_longest(written.splitlines(), wanted.splitlines())
    line = next((number for number, (old, new) in enumerate(pairs, 1) if old != new), 1)
    what = f"is not what {LAST_RESORT} and the facts say now"
    what_ja = f"言葉「{LAST_RESORT}」や電話番号と、合っていません"
    yield Finding(twiml.LAST_RESORT_FILE, line, "error", f"{what}: {how}", f"{what_ja}。{how_ja}")


def unheard(content: Content) -> Iterator[Finding]:
    """Find facts that no caller can hear, and unsettled places about which nobody is told to ask.

    One that is `quiet` in the table says there why it need not be heard.
    """
    speakers, askers = content.speakers(), content.askers()
    for fact in content.facts:
        if fact.id not in speakers and not fact.quiet:
            yield Finding(
                fact.file,
                fact.line,
                "error",
                f"nobody speaks the fact {fact.id}: name it in a prompt, as {{{fact.id}}} or {{={fact.id}}}",
                f"「{fact.id}」は、だれにも話されません。言葉の中に {{{fact.id}}} か {{={fact.id}}} と書いてください",
            )
    for place in content.facts.unsettled:
        if place.id not in askers and not place.quiet:
            yield Finding(
                FACTS_FILE,
                place.line,
                "error",
                f"nobody is told to ask about {place.id}: mark the sentence that says so with {{?{place.id}}}",
                f"「{place.id}」をたずねるよう、だれにも話されません。そう話す文に {{?{place.id}}} と書いてください",
            )


def today_sentences(content: Content) -> Iterator[Finding]:
    """Check how many sentences depend on the day."""
    number = content.today_sentences
    if number > TODAY_SENTENCES:
        yield Finding(
            HOURS_FILE,
            0,
            "error",
            f"{number} sentences depend on the day, at most {TODAY_SENTENCES} are allowed: let fewer hours differ",
            f"日によって変わる文が {number} あります。{TODAY_SENTENCES} までです。時間のちがいを減らしてください",
        )


def lengths(content: Content, known: Lengths, now: datetime, board: Board) -> Iterator[Finding]:
    """Check every limit; `now` only decides which of the hours sentences the timeline of a silent caller meets."""
    yield from _passages(content, known)
    yield from _deep(content)
    yield from _opening(content, known)
    yield from _announcements(content, known)
    yield from _survey(content, known)
    yield from _lost(content, known)
    yield from _silent(content, known, now, board)


def first_answers(flow: Flow) -> frozenset[str]:
    """List the answers that can be the first of a call, which explains the common keys at its end."""

    def before_any_answer(name: str) -> Iterator[tuple[str, str]]:
        if not isinstance(flow.nodes[name], Answer):
            yield from flow.edges(name)

    met = reachable((flow.top.start, flow.top.person, flow.top.limit), before_any_answer)
    return frozenset(name for name in met if isinstance(flow.nodes[name], Answer))


def longest(content: Content, known: Lengths, name: str, *, first: bool = True, closings: bool = False) -> float:
    """Give the longest that a node can speak between two inputs: today's sentences, itself, the common keys.

    `first` tells whether it can be the first answer of a call, `closings` asks for days on which something is closed
    against its hours.
    """
    node = content.flow.nodes[name]
    seconds = _sum(known, content.body(name))
    if name == content.flow.top.start:
        seconds += known.seconds(content.apology())
    if not isinstance(node, Answer):
        return seconds
    if first and not node.office:
        seconds += _sum(known, (content.common_keys(),))
    if node.office:
        seconds += _longest_of(content, known, content.office.usual_says())
        seconds += _longest_of(content, known, content.office.notices(closings=closings))
    if node.hours:
        ways = content.ways(node.hours, closings=closings)
        seconds += max(_sum(known, map(content.whole, way)) for way in ways)
    return seconds


def _longest_of(content: Content, known: Lengths, said: Iterable[Words]) -> float:
    return max((known.seconds(content.whole(each)) for each in said), default=0.0)


def _passages(content: Content, known: Lengths) -> Iterator[Finding]:
    first = first_answers(content.flow)
    for name, node in content.flow.nodes.items():
        seconds = longest(content, known, name, first=name in first)
        if seconds > PASSAGE_SECONDS:
            yield _too_long(content, known, name, f"node {name}", f"ノード「{name}」", seconds, PASSAGE_SECONDS)
            continue
        closed = longest(content, known, name, first=name in first, closings=True)
        if closed > PASSAGE_SECONDS:  # a closing that is long to say is still better than one that nobody is told
            what, what_ja = f"node {name} around a closed day", f"ノード「{name}」の、休みの日の前後"
            finding = _too_long(content, known, name, what, what_ja, closed, PASSAGE_SECONDS)
            yield replace(finding, file=CLOSED_FILE, line=0, level="warning")
        if isinstance(node, Menu | Answer):
            for edge in ("silence", "wrong"):
                for tries in range(TRIES):
                    seconds = known.seconds(content.retry(name, edge, tries))
                    if seconds > PASSAGE_SECONDS:
                        what = f"node {name}, {edge} {tries + 1}"
                        yield _too_long(content, known, name, what, what, seconds, PASSAGE_SECONDS)


def _deep(content: Content) -> Iterator[Finding]:
    """Every answer begins within four keys; what an answer itself leads to are its further layers."""
    flow = content.flow

    def chosen(name: str) -> Iterator[tuple[str, str]]:
        node = flow.nodes[name]
        if isinstance(node, Menu) and not isinstance(node, Answer):
            yield from ((key, option.goto) for key, option in node.options.items())

    for name, keys in reachable(flow.top.start, chosen).items():
        if len(keys.split()) > ANSWER_KEYS:
            yield _finding(
                content,
                name,
                f"node {name} is {len(keys.split())} keys away ({keys}): at most {ANSWER_KEYS} are allowed",
                f"ノード「{name}」まで {len(keys.split())} 回押します({keys})。{ANSWER_KEYS} 回までです",
            )


def _opening(content: Content, known: Lengths) -> Iterator[Finding]:
    start = content.flow.top.start
    end = max((s.end for s in timeline(known, content.body(start)) if s.option), default=0.0)
    if end > OPENING_SECONDS:
        what, what_ja = "the last option of the opening", "最初のメニューの最後の選択肢"
        yield _too_long(content, known, start, what, what_ja, end, OPENING_SECONDS)


def _announcements(content: Content, known: Lengths) -> Iterator[Finding]:
    """Somebody who calls about something else waits for them."""
    for prompt in content.flow.top.announcements:
        seconds = known.seconds(content.announcement(prompt))
        if seconds > ANNOUNCEMENT_SECONDS:
            what, what_ja = f"the announcement {prompt}", f"お知らせ「{prompt}」"
            finding = _too_long(content, known, content.flow.top.start, what, what_ja, seconds, ANNOUNCEMENT_SECONDS)
            file, line = content.place(prompt)
            yield replace(finding, file=file, line=line, node="")


def _survey(content: Content, known: Lengths) -> Iterator[Finding]:
    """Somebody who has what they called for is not kept long by the question whether it helped, nor by the thanks."""
    survey = content.flow.top.survey
    for passage in (content.survey(), *map(content.thanks, survey.options)) if survey else ():
        seconds = known.seconds(passage)
        if seconds > SURVEY_SECONDS:
            prompt = passage.sentences[0].prompt
            what, what_ja = f"the survey, from {prompt} on,", f"「お役に立てましたか」の、「{prompt}」から先"
            finding = _too_long(content, known, content.flow.top.start, what, what_ja, seconds, SURVEY_SECONDS)
            file, line = content.place(prompt)
            yield replace(finding, file=file, line=line, node="")


def _lost(content: Content, known: Lengths) -> Iterator[Finding]:
    """Somebody who lost the card presses the key as soon as it was said, and hears the number."""
    start = content.flow.top.start
    node = content.flow.nodes[start]
    pressed = next((s.end for s in timeline(known, content.body(start)) if s.option == LOST_KEY), None)
    number = content.facts.speak(SUSPENSION)[0]
    goto = node.options[LOST_KEY].goto if isinstance(node, Menu) and LOST_KEY in node.options else start
    heard = next((s.end for s in timeline(known, content.body(goto)) if number in s.text), None)
    if pressed is None or heard is None:
        yield _finding(
            content,
            goto,
            f"key {LOST_KEY} of the opening must lead to the suspension number at once",
            f"最初のメニューの {LOST_KEY} は、すぐに、カードを止める電話番号につながらなければなりません",
        )
    elif pressed + heard > LOST_SECONDS:
        what, what_ja = "the suspension number after a lost card", "カードをなくした人が番号を聞き終わるまで"
        yield _too_long(content, known, goto, what, what_ja, pressed + heard, LOST_SECONDS)


def _silent(content: Content, known: Lengths, now: datetime, board: Board) -> Iterator[Finding]:
    """Somebody who presses nothing hears the number, and is through the rewordings, in time."""
    number = content.facts.speak(SUSPENSION)[0]
    position = Position(content.flow.top.start, int(now.timestamp()))
    turn = advance(content, position, Start(), now, board)
    elapsed, heard = 0.0, None
    for _ in range(TRIES + 1):
        sentences = timeline(known, turn.passages)
        heard = heard or next((elapsed + s.end for s in sentences if number in s.text), None)
        elapsed += _sum(known, turn.passages) + (turn.then.seconds if isinstance(turn.then, Wait) else 0)
        turn = advance(content, turn.position, Silence(), now, board)
    start = content.flow.top.start
    if heard is None or heard > SILENT_NUMBER_SECONDS:
        what, what_ja = "the suspension number for somebody who presses nothing", "何も押さない人が番号を聞くまで"
        yield _too_long(content, known, start, what, what_ja, heard or elapsed, SILENT_NUMBER_SECONDS)
    if elapsed > SILENT_END_SECONDS:
        what, what_ja = "the rewordings for somebody who presses nothing", "何も押さない人への言い直しが終わるまで"
        yield _too_long(content, known, start, what, what_ja, elapsed, SILENT_END_SECONDS)


def timeline(known: Lengths, passages: Iterable[Passage]) -> list[Heard]:
    """Put the sentences of passages that follow each other on one time line."""
    line: list[Heard] = []
    begin = 0.0
    for passage in passages:
        line += [replace(s, begin=begin + s.begin, end=begin + s.end) for s in known.sentences(passage)]
        begin += known.seconds(passage)
    return line


def _sum(known: Lengths, passages: Iterable[Passage]) -> float:
    return sum(known.seconds(passage) for passage in passages)


def _too_long(
    content: Content, known: Lengths, node: str, what: str, what_ja: str, seconds: float, limit: float
) -> Finding:
    how, how_ja = ("", "") if known.measured(content.passages) else (" (estimated by morae)", "(拍数による見積もり)")
    return _finding(
        content,
        node,
        f"{what} takes {seconds:.1f} s{how}, at most {limit:.0f} s are allowed: shorten the words or split them",
        f"{what_ja}: {seconds:.1f} 秒かかります{how_ja}。{limit:.0f} 秒までです。言葉を短くするか、分けてください",
    )


def _finding(content: Content, node: str, text: str, text_ja: str) -> Finding:
    return content.flow.document.finding(text, text_ja, "nodes", node, node=node)

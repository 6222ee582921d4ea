"""What is said after something else: a piece of a question is read with the turn before it.

A piece asks for a part of the guide shown last (要多久, 本人不去行吗), for another step of its
matter (注销呢), or for one more of its kind (护士的呢, 那水呢). What stands alone is left alone.
"""

import re
from dataclasses import dataclass, replace

from citydesk.guides.search.index import SearchIndex
from citydesk.guides.search.question import Meant, Question, size_weight, taken_apart, weighed
from citydesk.guides.search.ranking import Answer, Sureness, ranked, scored

# What an earlier turn said, against what is said now: a mere step or kind (注销呢), another matter
# (那护照呢), something of it (租房的呢).
BEFORE, ALONGSIDE, OF_IT = 0.45, 0.35, 0.7
NEW_ACTION = 2.0  # a step named alone is what is asked for
FRAGMENT = 4  # characters of a matter: a question with no more may lean on the turn before
ALONE = 0.5  # what a piece may mean by itself, when it makes sense with what was spoken of
LITERALLY = 0.25
LONGEST_PIECE = 8  # characters of one that may only make sense with the turn before
LEAST_TOLD = 0.25  # of what a piece says itself, that an answer must tell
ANY = Sureness(least=-99.0)
# Whether something is needed, or will do: of the matter spoken of, whatever is named.
_NEEDED = re.compile(
    "(?:需要|需不需要|要不要|用不用|要|用|得|必须|非得|有没有|没有?|不带|不用|忘带?|丢了?|只有|光有"
    "|可不可以|能不能)[^,。;?! ]{1,9}(?:吗|么|嘛|不|没|吧|行吗|行不行|行不|可以吗|成吗|能办吗"
    "|能不能办|怎么办|咋办)[?。! ]*$"
    "|(?:行吗|行不行|行不|可以吗|可不可以|成吗|成不|能办吗|能办不|给办吗|好使吗|好使不|中不)"
    "[?。! ]*$"
)
# … or begun so: 需不需要房东去.
_WHETHER = re.compile("^(?:那|还)*(?:需不需要|要不要|用不用|是不是得|非得|必须)")
_ANOTHER = re.compile("^(?:那|那么|如果|要是|换成|换)|也|呢[?。! ]*$")
_GOING_ON = re.compile("^(?:那么?|如果|要是|换成|改成|还有|另外|若|万一)+")
WHOLE = 3  # characters of a saying that is a matter of its own


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a question: what it says itself, and what it asks for of the guide shown last."""

    question: Question
    asks_part: bool  # of the guide shown last
    says: bool  # a matter, or words items know
    strange: bool  # it has words that neither an item nor this list knows


def follow_up(
    index: SearchIndex, said: str, question: Question, before: str, region_code: str | None
) -> tuple[Question, list[Answer]] | None:
    """Return what a piece of a question comes to after the turn before it, and the answers.

    None when it stands alone: a whole question, thanks, or words nobody knows.
    """
    if question.foreign > index.rarest or question.elsewhere:  # so much: too plain a word alone
        return None
    piece = _piece(index, said, question)
    leans = _leans(piece)
    if not leans and (len(question.bare) > LONGEST_PIECE or question.meanings):
        return None
    earlier = taken_apart(index, before)
    if not earlier.meanings and not earlier.telling:
        return None
    both = _of_both(index, question, earlier)
    if not leans and not both:
        return None
    if not piece.says or not leans or (piece.asks_part and not piece.question.meanings):
        merged = _step_of(index, piece.question, earlier, both)
        return merged, ranked(index, merged, region_code)
    return _one_more(index, piece.question, earlier, both, region_code)


def _of_both(index: SearchIndex, piece: Question, earlier: Question) -> list[Meant]:
    """Return the sayings that take words of both turns: 公积金提取, then 买房的呢.

    Where a piece names a step (驾照丢了), only those that hold its step.
    """
    text, cut = f"{piece.said} {earlier.said}", len(piece.said)
    steps = index.knowledge.action.spans(piece.said)
    found: list[Meant] = []
    for each in index.knowledge.sayings.found_in(text):
        here = [span for span in each.spans if span[1] <= cut]
        if not here or len(here) == len(each.spans) or each.size < WHOLE:
            continue
        if steps and not any(a < end and start < b for a, b in steps for start, end in here):
            continue
        weight = index.rarest * size_weight(each.size)
        found.append(Meant(index.meaning(each.saying), weight, ()))
    return found


def _piece(index: SearchIndex, said: str, question: Question) -> Piece:
    """Take away what asks for a part of a guide, and see what is left."""
    whole = any(each.weight >= index.rarest for each in question.meanings if _long(each))
    rest, asks_part = said, question.info
    aspects, action = index.knowledge.aspects, index.knowledge.action
    if not action.spans(aspects.without(said)):
        needed = _NEEDED.search(said)
        if needed is not None and not _ANOTHER.search(said):
            rest, asks_part = said[: needed.start()], True
        if _WHETHER.search(said):
            rest, asks_part = "", True
    if not whole:
        without = aspects.without(rest)
        rest, asks_part = without, asks_part or without != rest
    rest = _GOING_ON.sub("", rest)
    if rest != said:
        question = replace(
            taken_apart(index, rest), marked=question.marked, of_it=question.of_it, info=True
        )
    known = [word for word, _ in question.telling if word in index.rarity]
    strange = sum(word not in index.rarity for word, _ in question.telling)
    return Piece(question, asks_part, bool(question.meanings or known), strange > 0)


def _long(each: Meant) -> bool:
    return len(each.meaning.phrase.replace("…", "")) >= WHOLE


def _literally(index: SearchIndex, piece: Question, answer: Answer) -> float:
    """Return what it is worth that an item is called what a piece says, word for word."""
    said = index.places[answer.number].said
    owns = (each.own for each in piece.meanings)
    return LITERALLY * any(own and all(word in said for word, _ in own) for own in owns)


def _leans(piece: Piece) -> bool:
    """Whether a piece needs the turn before it."""
    question = piece.question
    if not piece.says and not question.actions:
        return piece.asks_part and not piece.strange
    known = sum(len(word) - 1 for word, _ in question.telling)
    if known >= 2 * FRAGMENT or (piece.strange and not question.actions and not question.meanings):
        return False  # words of its own, or such as no item knows: something else
    short = len(question.bare) <= FRAGMENT
    if not question.meanings:
        return question.marked or piece.asks_part or short
    kind = all(each.meaning.weak for each in question.meanings)
    return question.marked or question.of_it or (kind and short)


def _step_of(index: SearchIndex, piece: Question, earlier: Question, both: list[Meant]) -> Question:
    """Return the matter spoken of with the step now named, or as it was."""
    return weighed(
        index,
        replace(
            piece,
            said=f"{earlier.said} {piece.said}".strip(),
            bare=piece.bare if piece.actions else earlier.bare,
            raw=(*piece.raw, *earlier.raw),
            telling=(
                *piece.telling,
                *((word, weight * BEFORE) for word, weight in earlier.telling),
            ),
            meanings=(
                *both,
                *(each._replace(weight=each.weight * BEFORE) for each in earlier.meanings),
            ),
            actions=piece.actions or earlier.actions,
            action_said=piece.action_said or earlier.action_said,
            stress=NEW_ACTION if piece.actions else 1.0,
        ),
    )


def _one_more(
    index: SearchIndex,
    piece: Question,
    earlier: Question,
    of_both: list[Meant],
    region_code: str | None,
) -> tuple[Question, list[Answer]] | None:
    """Return what is named now, the kinds of it told apart by what was spoken of before."""
    kind = piece.of_it or all(each.meaning.weak for each in piece.meanings)
    share = OF_IT if kind else ALONGSIDE
    if piece.actions:
        earlier = replace(earlier, actions=piece.actions, action_said=piece.action_said)
    elif index.knowledge.action.spans(piece.said):  # 驾照丢了: a saying that has its own step
        earlier, share = replace(earlier, actions=(), action_said=""), ALONGSIDE
    else:
        piece = replace(piece, actions=earlier.actions, action_said=earlier.action_said)
        if piece.actions and not of_both:
            piece = replace(piece, stress=NEW_ACTION)
    if of_both:
        alone = [each._replace(weight=each.weight * ALONE) for each in piece.meanings]
        piece = weighed(index, replace(piece, meanings=(*alone, *of_both)))
    both = {**{word: weight * share for word, weight in earlier.weights.items()}, **piece.weights}
    hits = index.by_words(both)
    if not hits:
        return None
    now = scored(index, piece, hits, region_code)
    then = {each.number: each.score for each in scored(index, earlier, hits, region_code)}
    share /= max(1.0, *then.values())
    told = [each for each in now if each.share >= LEAST_TOLD]
    answers = [
        each._replace(score=each.score + share * then[each.number] + _literally(index, piece, each))
        for each in told
    ]
    answers.sort(key=lambda each: (-each.score, each.number))
    merged = replace(
        piece,
        said=f"{earlier.said} {piece.said}",
        meanings=(*piece.meanings, *earlier.meanings),
        telling=(*piece.telling, *earlier.telling),
    )
    return (merged, answers) if answers else None

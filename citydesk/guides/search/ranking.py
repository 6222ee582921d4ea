"""The order of the answers, whether there is one at all, and why: what a clerk would weigh."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from citydesk.guides.search.index import HALF, SearchIndex
from citydesk.guides.search.items import Place
from citydesk.guides.search.question import Meant, Question

LEAST_NAME = 3  # characters: a shorter name may be part of any word
OWN_WORTH = 0.8  # of what people say, standing in an item word for word
FEWEST, LEAST_LIKE = 5, 0.4  # candidates looked at, and how near to the first one the others are
HALF_OF_STEP = 0.25  # … but 注销登记 after 设立登记 shares little more than its subject


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much; tuned by cross-validation (bench/search_tune.py)."""

    name: float = 0.45
    told: float = 0.15
    action: float = 0.30
    other_action: float = 0.30
    later: float = 0.22
    party: float = 0.1
    exact: float = 0.5
    bm25: float = 0.10
    complete: float = 0.05
    near: float = 0.03
    often: float = 0.02


@dataclass(frozen=True, slots=True)
class Sureness:
    """When to answer at all: a logistic model of "the first answer is a right one"."""

    least: float = -1.5
    bias: float = -9.35
    share: float = 4.73
    told: float = 1.02
    score: float = 2.79
    name: float = 2.59
    action: float = -0.14
    foreign: float = -1.11
    unknown: float = 5.65
    meaning: float = 0.08
    whole: float = 4.0  # not from the model: a name said as it is written needs no further proof


WEIGHTS = Weights()
SURE = Sureness()
# For "did you mean": nothing is sure, so much less will do.
PERHAPS = Sureness(least=-5.0)


class Answer(NamedTuple):
    """One item as an answer: how well it fits, and what of the question it tells."""

    score: float
    number: int
    share: float
    told: float
    name: float  # the share of its name that was said
    action: float
    whole: float  # how much of the question is the item's name or label, said as it is written


def ranked(
    index: SearchIndex,
    question: Question,
    region_code: str | None,
    weights: Weights = WEIGHTS,
    sure: Sureness = SURE,
) -> list[Answer]:
    """Return the items that answer a question, best first; [] when none does."""
    if not question.asked or question.elsewhere:
        return []
    hits = index.by_words(question.weights)
    if not hits:
        return []
    top = hits[0][0]
    near = [hit for place, hit in enumerate(hits) if place < FEWEST or hit[0] > top * LEAST_LIKE]
    answers = scored(index, question, near, region_code, weights)
    answers.sort(key=lambda answer: (-answer.score, answer.number))
    best = answers[0]
    if sureness(index, question, best, sure) < sure.least:
        return []
    floor = best.score * 0.4
    return [answer for answer in answers if answer.score >= floor and answer.told > 0]


def scored(
    index: SearchIndex,
    question: Question,
    hits: Sequence[tuple[float, int]],
    region_code: str | None,
    weights: Weights = WEIGHTS,
) -> list[Answer]:
    """Return for each hit (best first) how well it answers a question, whether sure or not."""
    top = hits[0][0]
    weighing = _Weighing(index, question, region_code, weights)
    return [weighing.answer(number, score / top) for score, number in hits]


def features(index: SearchIndex, question: Question, best: Answer) -> tuple[float, ...]:
    """Return what tells a right first answer from a wrong one, in the order of `Sureness`."""
    unknown = sum(weight for word, weight in question.telling if word not in index.rarity)
    return (
        1.0,
        best.share,
        min(2.0, best.told / index.rarest),
        best.score,
        best.name,
        float(best.action > 0),
        question.foreign / index.rarest,
        unknown / question.asked if question.asked else 0.0,
        float(bool(question.meanings)),
    )


def sureness(index: SearchIndex, question: Question, best: Answer, sure: Sureness) -> float:
    """Return the log-odds that the best answer is a right one."""
    weights = (
        *(sure.bias, sure.share, sure.told, sure.score, sure.name),
        *(sure.action, sure.foreign, sure.unknown, sure.meaning),
    )
    told = sum(a * b for a, b in zip(weights, features(index, question, best), strict=True))
    return told + sure.whole * best.whole


_Words = tuple[tuple[str, float], ...]
# How much is told, by which words (with what each is worth in a name), and the steps besides.
_Told = tuple[float, _Words, _Words]


class _Weighing:
    """One question being held against item after item: what of it stays the same is kept."""

    __slots__ = ("index", "question", "raw", "region_code", "steps", "told", "unsaid", "weights")

    def __init__(
        self, index: SearchIndex, question: Question, region_code: str | None, weights: Weights
    ) -> None:
        self.index, self.question = index, question
        self.region_code, self.weights = region_code, weights
        self.unsaid: dict[str, bool] = {}
        # Items that hold the same of its words tell the same of it.
        self.told: dict[tuple[str, ...], _Told] = {}
        names = index.name_weights
        self.raw = [(word, names[word]) for word in question.raw if word in names]
        self.steps = [(word, names[word]) for word in question.actions if word in names]

    def answer(self, number: int, likeness: float) -> Answer:
        """Weigh one item."""
        index, question, weights = self.index, self.question, self.weights
        place = index.places[number]
        said = place.said
        here = tuple([word for word in question.weights if word in said])
        known = self.told.get(here)
        if known is None:
            known = self.told[here] = self._told(here)
        told, words, steps = known
        own_name = place.name
        named = 0.0
        for word, weight in words:
            if word in own_name:
                named += weight
        if place.actions:
            for word, weight in steps:
                if word in place.actions:
                    named += weight
        name = named / place.name_weight if named < place.name_weight else 1.0
        share = told / question.asked
        action = _action(question, place, weights)
        enough = 2 * index.rarest
        score = (
            share
            + weights.name * name
            + weights.told * (told / enough if told < enough else 1.0)
            + weights.bm25 * likeness
            + action
            + place.bias
        )
        if place.parties:
            score -= weights.party * self._parties(place)
        whole = _whole(question, place)
        score += weights.exact * whole
        if place.complete:
            score += weights.complete
        if place.often:
            score += weights.often * place.often
        if self.region_code is not None and place.region_code == self.region_code:
            score += weights.near
        return Answer(score, number, share, told, name, action, whole)

    def _told(self, here: tuple[str, ...]) -> _Told:
        """Return how much of the question an item tells that holds these of its words."""
        question = self.question
        held = frozenset(here)
        told = 0.0
        for word, weight in question.telling:
            if word in held:
                told += weight
        counted = dict([each for each in self.raw if each[0] in held])
        names = self.index.name_weights
        for meant in question.meanings:
            best, words = _meant(meant, held, HALF if question.stress == 1.0 else HALF_OF_STEP)
            told += meant.weight * best
            for word, _ in words:
                if word not in counted and word in names:
                    counted[word] = names[word]
        steps = tuple([each for each in self.steps if each[0] not in counted])
        return told, tuple(counted.items()), steps

    def _parties(self, place: Place) -> int:
        """Return how many are named whom the asker is not; such as hardly ask count twice."""
        knowledge, said = self.index.knowledge, self.question.said
        strangers = 0
        for party in place.parties:
            unsaid = self.unsaid.get(party)
            if unsaid is None:
                unsaid = not any(word in said for word in knowledge.parties[party])
                self.unsaid[party] = unsaid
            if unsaid:
                strangers += 2 if party in knowledge.rare_parties else 1
        return strangers


def _meant(meant: Meant, held: Collection[str], least: float) -> tuple[float, _Words]:
    """Return how well these words tell one thing that was said, and by which of them."""
    meaning, _, own = meant
    best = 0.0
    words: _Words = ()
    for worth, alternative in zip(meaning.worths, meaning.alternatives, strict=True):
        if worth <= best:
            continue
        share = 0.0
        for word, part in alternative:
            if word in held:
                share += part
        if share >= least and share * worth > best:
            best, words = share * worth, alternative
    if best < OWN_WORTH and own and all([word in held for word, _ in own]):
        best, words = OWN_WORTH, own
    return best, words


def _action(question: Question, place: Place, weights: Weights) -> float:
    """Return what an item's step of the procedure is worth: the one asked for, or another."""
    if question.actions:
        for rank, word in enumerate(question.actions):
            if word in place.actions:
                return weights.action * question.stress * (1 - 0.12 * rank)
        wrong = 1.0 if place.later else 0.5 if place.first else 0.0
        return -weights.other_action * question.stress * wrong
    if not place.later or any(
        not place.later.isdisjoint(each.meaning.later) for each in question.meanings
    ):
        return 0.0
    return -weights.later


def _whole(question: Question, place: Place) -> float:
    """Return which share of the question is this item's whole name or one of its labels."""
    bare = question.bare
    best = 0
    for said in (place.bare, *place.labels) if place.labels else (place.bare,):
        if said in bare and len(said) > best:
            best = len(said)
    return best / len(bare) if best >= LEAST_NAME else 0.0


def why(index: SearchIndex, question: Question, answer: Answer) -> str:
    """Return in one Chinese clause what in the question led to this answer."""
    place = index.places[answer.number]
    reasons = [f"“{typed}”按“{meant}”找" for typed, meant in question.changes]
    for meaning, _, _ in question.meanings:
        for phrase, alternative in zip(meaning.means, meaning.alternatives, strict=True):
            if sum(part for word, part in alternative if word in place.said) >= HALF:
                reasons.append(f"“{meaning.phrase}”指“{phrase.replace('+', '…')}”")
                break
    said = [word for word, _ in question.telling if word in place.name]
    if said:
        reasons.append(f"名称里有“{_together(said)}”")
    if answer.action > 0 and question.action_said:
        reasons.append(f"要“{question.action_said}”")
    return "；".join(dict.fromkeys(reasons)) or "名称相近"


def _together(words: list[str]) -> str:
    """Write overlapping pairs as the stretches they came from: 风筝, 筝放 → 风筝放."""
    text = words[0]
    for before, word in pairwise(words):
        joined = len(before) == 2 and before[-1] == word[0]
        text += word[1:] if joined else f"、{word}"
    return text

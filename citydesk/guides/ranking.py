"""The order of the answers, whether there is one at all, and why: what a clerk would weigh."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from citydesk.guides.index import HALF, Place, SearchIndex
from citydesk.guides.question import Question

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
    unsaid: dict[str, bool] = {}
    answers = [
        _answer(index, question, number, score / top, region_code, weights, unsaid)
        for place, (score, number) in enumerate(hits)
        if place < FEWEST or score > top * LEAST_LIKE
    ]
    answers.sort(key=lambda answer: (-answer.score, answer.number))
    best = answers[0]
    if sureness(index, question, best, sure) < sure.least:
        return []
    floor = best.score * 0.4
    return [answer for answer in answers if answer.score >= floor and answer.told > 0]


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


def _answer(
    index: SearchIndex,
    question: Question,
    number: int,
    likeness: float,
    region_code: str | None,
    weights: Weights,
    unsaid: dict[str, bool],
) -> Answer:
    place = index.places[number]
    told, named = _told(index.name_weights, question, place)
    share = told / question.asked
    action = _action(question, place, weights)
    name = min(1.0, named / place.name_weight)
    score = (
        share
        + weights.name * name
        + weights.told * min(1.0, told / (2 * index.rarest))
        + weights.bm25 * likeness
        + action
        + place.bias
    )
    for party in place.parties:
        if party not in unsaid:
            words = index.knowledge.parties[party]
            unsaid[party] = not any(word in question.said for word in words)
        if unsaid[party]:
            score -= weights.party * (2 if party in index.knowledge.rare_parties else 1)
    whole = _whole(question, place)
    score += weights.exact * whole
    if place.complete:
        score += weights.complete
    if place.often:
        score += weights.often
    if region_code is not None and place.region_code == region_code:
        score += weights.near
    return Answer(score, number, share, told, name, action, whole)


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


def _told(
    name_weights: Mapping[str, float], question: Question, place: Place
) -> tuple[float, float]:
    """Return how much of the question an item tells, and how much of its name was said."""
    said, name = place.said, place.name
    told = named = 0.0
    here = {word for word in question.weights if word in said}
    counted = {word for word in question.actions if word in place.actions}
    counted.update(here.intersection(question.raw))
    for word, weight in question.telling:
        if word in here:
            told += weight
    least = HALF if question.stress == 1.0 else HALF_OF_STEP
    for meaning, weight, own in question.meanings:
        best = 0.0
        words: tuple[tuple[str, float], ...] = ()
        for worth, alternative in zip(meaning.worths, meaning.alternatives, strict=True):
            if worth <= best:
                continue
            share = 0.0
            for word, part in alternative:
                if word in here:
                    share += part
            if share >= least and share * worth > best:
                best, words = share * worth, alternative
        if best < OWN_WORTH and own and all(word in here for word, _ in own):
            best, words = OWN_WORTH, own
        told += weight * best
        counted.update(word for word, _ in words)
    for word in counted:
        if word in name:
            named += name_weights.get(word, 0.0)
    return told, named


def _whole(question: Question, place: Place) -> float:
    """Return which share of the question is this item's whole name or one of its labels."""
    bare = question.bare
    best = 0
    for said in (place.bare, *place.labels):
        if LEAST_NAME <= len(said) <= len(bare) and said in bare:
            best = max(best, len(said))
    return best / len(bare) if best else 0.0


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

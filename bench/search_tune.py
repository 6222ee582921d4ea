"""Fit the model that decides whether to answer, and tell by cross-validation what it would do.

    python -m bench.search_tune --catalogue C.csv --gold G.csv [--catalogue D.csv --gold H.csv …]

A question somebody has labelled shows how an answer looks that our sayings know. So that the model
learns the rest, sayings are left out at random and the catalogue is cut down; and so that it
learns to say no, the right items and their like are taken out of what was found. The weights in
use (`citydesk.guides.search.ranking.SURE`) are printed beside those fitted now.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from math import exp
from pathlib import Path
from uuid import uuid4

from bench.search_quality import Row, interval, read_rows
from citydesk import guides
from citydesk.guides.search import tokens
from citydesk.guides.search.index import SearchIndex
from citydesk.guides.search.items import Listed
from citydesk.guides.search.knowledge import Knowledge, knowledge
from citydesk.guides.search.question import taken_apart
from citydesk.guides.search.ranking import SURE, Sureness, features, ranked
from citydesk.guides.search.sayings import Sayings

# Which share of the sayings is left out, and how many items stay (0: all).
SETTINGS = ((0.0, 0), (0.3, 0), (0.5, 0), (0.3, 250), (0.5, 250), (0.0, 250), (0.3, 160))
WEIGHTS = {"right": 1.0, "taken out": 0.6, "off-topic": 2.0}
FOLDS, STEPS, RATE = 5, 250, 0.3
LIKE = 0.55  # of a name's weight, that makes two items alike
ANY = Sureness(least=-99.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was found for a question in one setting, and whether it should have been answered."""

    kind: str
    question: str
    figures: tuple[float, ...]


def main() -> int:
    """Fit, cross-validate, print."""
    reading = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    reading.add_argument("--catalogue", type=Path, action="append", required=True)
    reading.add_argument("--gold", type=Path, action="append", required=True)
    asked = reading.parse_args()
    samples: list[Sample] = []
    gone: dict[str, int] = {}
    for catalogue, gold in zip(asked.catalogue, asked.gold, strict=True):
        found, none = collected(listed(catalogue.read_bytes()), read_rows(gold))
        samples += found
        gone = {kind: gone.get(kind, 0) + none.get(kind, 0) for kind in WEIGHTS}
    learnt = fitted(samples)
    print("in use:", *astuple(SURE))
    print("fitted:", *(round(weight, 2) for weight in learnt))
    by_fold = [
        fitted([each for each in samples if fold_of(each.question) != fold])
        for fold in range(FOLDS)
    ]
    held_out = [dot(by_fold[fold_of(each.question)], each.figures) for each in samples]
    for title, scores in (
        ("in use", [dot(astuple(SURE)[1:-1], each.figures) for each in samples]),
        ("fitted", [dot(learnt, each.figures) for each in samples]),
        ("held out", held_out),
    ):
        for least in (-2.0, -1.5, -1.0, -0.5):
            print(f"{title:<9} ≥ {least:+.1f}", *_shares(samples, scores, least, gone), sep="  ")
    return 0


def _shares(
    samples: Sequence[Sample], scores: Sequence[float], least: float, gone: dict[str, int]
) -> list[str]:
    """Return for each kind the share that would be declined, with its interval."""
    told = []
    for kind in WEIGHTS:
        mine = [score for each, score in zip(samples, scores, strict=True) if each.kind == kind]
        declined = sum(score < least for score in mine) + gone.get(kind, 0)
        told.append(f"{kind} declined {interval(declined, len(mine) + gone.get(kind, 0))}")
    return told


def listed(data: bytes) -> list[Listed]:
    """Return the items of a list as the index takes them."""
    now = datetime.now(UTC)
    return [
        Listed(
            *(uuid4(), row.code, row.id, row.name, row.department, row.main_item, ()),
            *(None, False, None, 0, "", now, row.type_name),
        )
        for row in guides.read_list(data)
    ]


def collected(items: list[Listed], gold: Sequence[Row]) -> tuple[list[Sample], dict[str, int]]:
    """Ask everything in every setting; also return how often nothing was found at all."""
    samples: list[Sample] = []
    gone: dict[str, int] = {}
    whole = SearchIndex(items, knowledge())
    wanted = {row["id"]: frozenset(filter(None, row["acceptable_ids"].split("|"))) for row in gold}
    alike = {number: _family(whole, ids) for number, ids in wanted.items()}
    for seed, (left_out, most) in enumerate(SETTINGS):
        chance = random.Random(seed)
        index = SearchIndex(_cut(items, wanted, most, chance), _less(left_out, chance))
        for row in gold:
            if row.get("context"):
                continue  # a piece leans on the turn before, whatever the model says
            for kind, figures in _asked(index, row, wanted[row["id"]], alike[row["id"]]):
                if figures is None:
                    gone[kind] = gone.get(kind, 0) + 1
                else:
                    samples.append(Sample(kind, row["id"], figures))
    return samples, gone


def _asked(
    index: SearchIndex, row: Row, wanted: frozenset[str], alike: frozenset[str]
) -> list[tuple[str, tuple[float, ...] | None]]:
    question = taken_apart(index, row["question"])
    found = ranked(index, question, None, sure=ANY)
    told = [(index.items[each.number].list_id or "", each) for each in found]
    if not wanted:
        return [("off-topic", features(index, question, told[0][1]) if told else None)]
    others = [each for number, each in told if number not in alike]
    answers: list[tuple[str, tuple[float, ...] | None]] = [
        ("taken out", features(index, question, others[0]) if others else None)
    ]
    if told and told[0][0] in wanted:
        answers.append(("right", features(index, question, told[0][1])))
    return answers


def _less(left_out: float, chance: random.Random) -> Knowledge:
    known = knowledge()
    kept = [
        (
            (f"~{saying.parts[0]}", *saying.parts[1:]) if saying.weak else saying.parts,
            [
                mean if rank != before else f"={mean}"
                for mean, rank, before in zip(
                    saying.means, saying.ranks, (-1, *saying.ranks), strict=False
                )
            ],
        )
        for saying in known.sayings.all
        if chance.random() >= left_out
    ]
    return replace(known, sayings=Sayings(kept, known.classes))


def _cut(
    items: list[Listed], wanted: dict[str, frozenset[str]], most: int, chance: random.Random
) -> list[Listed]:
    if not most:
        return items
    needed = sorted({number for ids in wanted.values() for number in ids})
    kept = set(chance.sample(needed, min(most // 2, len(needed))))
    share = (most - len(kept)) / len(items)
    return [each for each in items if each.list_id in kept or chance.random() < share]


def _family(index: SearchIndex, wanted: frozenset[str]) -> frozenset[str]:
    """Return these items and all that are called alike or stand under the same heading."""
    chosen = [n for n, item in enumerate(index.items) if item.list_id in wanted]
    headings = {index.items[n].main_item for n in chosen} - {"", "未分类"}
    names = [
        {word: index.name_weights[word] for word in tokens.pairs(index.places[n].name)}
        for n in chosen
    ]
    alike = set(wanted)
    for number, item in enumerate(index.items):
        said = index.places[number].name
        if item.main_item in headings or any(
            sum(weight for word, weight in name.items() if word in said) > LIKE * sum(name.values())
            for name in names
        ):
            alike.add(item.list_id or "")
    return frozenset(alike)


def fitted(samples: Sequence[Sample]) -> list[float]:
    """Return the weights of a logistic model, by gradient descent on standardised figures."""
    width = len(samples[0].figures)
    columns = list(zip(*(each.figures for each in samples), strict=True))
    middles = [sum(column) / len(column) for column in columns]
    spreads = [
        max(1e-6, (sum((each - mid) ** 2 for each in column) / len(column)) ** 0.5)
        for column, mid in zip(columns, middles, strict=True)
    ]
    middles[0], spreads[0] = 0.0, 1.0  # the constant
    rows = [
        (
            [(a - m) / s for a, m, s in zip(each.figures, middles, spreads, strict=True)],
            float(each.kind == "right"),
            WEIGHTS[each.kind],
        )
        for each in samples
    ]
    total = sum(weight for _, _, weight in rows)
    weights = [0.0] * width
    for _ in range(STEPS):
        slope = [0.0] * width
        for figures, truth, weight in rows:
            off = weight * (1 / (1 + exp(-dot(weights, figures))) - truth)
            for place in range(width):
                slope[place] += off * figures[place]
        weights = [w - RATE * (s / total + 1e-3 * w) for w, s in zip(weights, slope, strict=True)]
    plain = [w / s for w, s in zip(weights, spreads, strict=True)]
    plain[0] = weights[0] - sum(w * m for w, m in zip(plain[1:], middles[1:], strict=True))
    return plain


def dot(weights: Sequence[float], figures: Sequence[float]) -> float:
    """Return the weighted sum, kept within what exp() bears."""
    return max(-30.0, min(30.0, sum(a * b for a, b in zip(weights, figures, strict=True))))


def fold_of(question: str) -> int:
    """Return which fold a question belongs to, in all its settings."""
    return sum(map(ord, question)) % FOLDS


if __name__ == "__main__":
    raise SystemExit(main())

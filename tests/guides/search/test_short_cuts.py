"""The short cuts that make the search fast change no answer, in any process."""

import os
import re
import subprocess
import sys
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.guides.search.index import SearchIndex
from citydesk.guides.search.naming import called_by_name
from citydesk.guides.search.question import taken_apart
from citydesk.guides.search.ranking import scored
from citydesk.guides.search.sayings import Sayings
from citydesk.guides.search.wordlist import WordList
from tests.guides.search.matters import alike, answers, questions

LETTERS = st.text("开饭店办证a1 ", max_size=8)


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return alike()


@given(st.lists(LETTERS), LETTERS)
def test_words_are_found_leftmost_and_longest(words: list[str], text: str) -> None:
    known = sorted({word for word in words if word}, key=len, reverse=True)
    plainly = re.compile("|".join(map(re.escape, known)) or "(?!)")
    found = WordList(words)
    assert found.spans(text) == [match.span() for match in plainly.finditer(text)]
    assert found.any_in(text) == bool(plainly.search(text))
    assert found.without(text) == (plainly.sub(" ", text) if known else text)


PART = st.text("开饭店办证", min_size=1, max_size=3)


@given(st.lists(st.lists(PART, min_size=1, max_size=3, unique=True), max_size=6), LETTERS)
def test_a_saying_is_found_when_all_its_parts_are(said: list[list[str]], text: str) -> None:
    found = Sayings(((tuple(parts), ("办证",)) for parts in said), {}).found_in(text)
    for each in found:
        assert sorted(text[start:end] for start, end in each.spans) == sorted(each.saying.parts)
    missing = {tuple(sorted(parts)) for parts in said} - {each.saying.parts for each in found}
    whole = list(chain.from_iterable(each.spans for each in found))
    for parts in missing:  # what is not found is not there, or inside what is
        at = [text.find(part) for part in parts]
        if min(at) >= 0 and len(parts) == 1:
            assert any(a <= at[0] and at[0] + len(parts[0]) <= b for a, b in whole)


def test_an_item_is_weighed_the_same_whatever_was_weighed_before_it(index: SearchIndex) -> None:
    compared = 0
    for text in questions(index, 150):
        question = taken_apart(index, text)
        hits = index.by_words(question.weights) if question.asked else []
        together = scored(index, question, hits, None) if hits else []
        for hit, answer in zip(hits, together, strict=True):
            [_, alone] = scored(index, question, [hits[0], hit], None)
            assert alone == answer
            compared += 1
    assert compared > 1_000


def test_what_is_kept_about_a_name_is_what_would_be_found_again(index: SearchIndex) -> None:
    name = index.items[8].name
    once, again = called_by_name(index, name, None), called_by_name(index, name, None)
    assert once == again
    assert once is not None
    assert once[0] == 8
    fresh = SearchIndex(index.items, index.knowledge, ("沈阳市",))
    assert called_by_name(fresh, f"{name}要什么材料", None) == once


ASKING = """
import sys
import citydesk.guides  # what every process of ours imports
assert not [name for name in sys.modules if name.startswith("pypinyin")], "read before it is needed"
from tests.guides.search.matters import alike, answers
print(*answers(alike(), 200), sep="\\n")
"""


def test_every_process_gives_the_same_answers_and_reads_pinyin_only_to_search(
    index: SearchIndex,
) -> None:
    """Python orders sets differently in each process; a question must not notice."""
    other = subprocess.run(
        [sys.executable, "-c", ASKING],
        env={**os.environ, "PYTHONHASHSEED": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert other.stdout.splitlines() == answers(index, 200)

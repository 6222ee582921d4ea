"""A matter called by its whole name, and nothing else said: then there is nothing to interpret."""

from citydesk.guides.search import tokens
from citydesk.guides.search.index import SearchIndex


def called_by_name(index: SearchIndex, said: str, region_code: str | None) -> list[int] | None:
    """Return the items whose whole name or label is the one matter in plain text, then those alike.

    None when no long name is in it, or when a step, a saying, chat or another city is named beside.
    """
    bare = "".join(tokens.runs(said))
    spans = index.names.spans(bare)
    if not spans:
        return None
    start, end = max(spans, key=lambda span: span[1] - span[0])
    knowledge = index.knowledge
    beside = knowledge.core(f"{bare[:start]} {bare[end:]}")
    if index.beside.any_in(beside) or knowledge.sayings.found_in(beside):
        return None
    name = bare[start:end]
    places = index.places
    called = sorted(
        index.called[name],
        key=lambda number: (
            not places[number].complete,
            region_code is None or places[number].region_code != region_code,
            -places[number].often,
            number,
        ),
    )
    return list(dict.fromkeys([*called, *index.alike(name)]))

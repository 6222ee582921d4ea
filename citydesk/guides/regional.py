"""What a region may say of its own in a guide, and what comes of it: values only.

A region inherits the city's standard and every word of the regions above it; its own words count
before theirs. Only some elements may differ, a promise only downwards. A word that the standard has
overtaken meanwhile (the city now promises less time than the district) no longer counts.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError

from citydesk.guides.canonical import canonical_json, content_hash
from citydesk.guides.content import GuideContent, element
from citydesk.guides.element_names import name_of
from citydesk.guides.parts import Limit
from citydesk.organs import full_region_code, region_prefix

# The only elements a region may say otherwise; whatever else differs is a deviation.
ALLOWED = (
    *("places", "office_hours", "consult_phone", "complain_phone"),
    *("schedule_daily_quota", "schedule_rule", "promised_limit", "promised_visits"),
)
KEPT_TEXTS, KEPT_WORDS = 4_000, 50_000
_LENGTHS = (4, 6, 9, 12)  # of a statistical code: city, district, street, community
MOST_LEVELS = len(_LENGTHS)


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing a region wants to say that it may not, and why not."""

    path: str
    why: str


@lru_cache(KEPT_TEXTS)
def regions_above(region_code: str) -> tuple[str, ...]:
    """Return a region's code and those of the regions it lies in, the narrowest first."""
    prefix = region_prefix(region_code)
    sizes = [size for size in reversed(_LENGTHS) if size <= len(prefix)]
    return tuple(full_region_code(prefix[:size]) for size in sizes)


def deviations(standard: GuideContent, changes: Mapping[str, Any]) -> list[Deviation]:
    """Tell what of these changes a region may not make to what it inherits; empty: none."""
    return list(_deviations(standard, changes))


def _deviations(standard: GuideContent, changes: Mapping[str, Any]) -> Iterator[Deviation]:
    for path, value in changes.items():
        if path not in ALLOWED:
            yield Deviation(path[:120], f"“{name_of(path[:120])}”由市级统一规定，不能自行修改")
            continue
        try:
            said = element(path).validate_python(value)
        except ValidationError:
            yield Deviation(path, f"“{name_of(path)}”填写不对")
            continue
        if path == "promised_limit" and (why := _not_shorter(said, standard.promised_limit)):
            yield Deviation(path, why)
        if path == "promised_visits" and said > standard.promised_visits:
            yield Deviation(path, "到现场次数只能比标准少，不能多")
        if path == "places" and not said:
            yield Deviation(path, "办理地点至少要有一个")


def _not_shorter(said: Limit, standard: Limit) -> str:
    if said.unit is not standard.unit:
        return "承诺时限的单位要与标准一致"
    if said.value > standard.value:
        return "承诺时限只能比标准短，不能长"
    if said.value == 0 < standard.value:
        return "改为当场办结就成了即办件，要由市级修改标准"
    return ""


def with_own_words(standard: GuideContent, own: Sequence[Mapping[str, Any]]) -> GuideContent:
    """Return the guide as a region says it; `own`: the words of each region, the widest first."""
    said = standard
    for words in own:
        overtaken = {each.path for each in deviations(said, words)}
        changed = {
            path: element(path).validate_python(value)
            for path, value in words.items()
            if path not in overtaken
        }
        if changed.get("promised_visits") == 0:
            changed["onsite_reason"] = ""
        if changed:
            said = said.model_copy(update=changed)
    return said


def overridden(standard: GuideContent, said: GuideContent) -> tuple[str, ...]:
    """Name the elements that a region says otherwise than the standard."""
    return tuple(path for path in ALLOWED if getattr(standard, path) != getattr(said, path))


@dataclass(frozen=True, slots=True)
class RegionText:
    """A guide as a region says it: the text, its hash, what is the region's own, since when."""

    content: GuideContent
    content_hash: str
    overridden: tuple[str, ...]
    changed_at: datetime


class RegionTexts:
    """Regional texts read last; each is told by the version and every region's own words."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, str], RegionText] = OrderedDict()

    def said(self, version_id: UUID, standard: GuideContent, own: str) -> RegionText:
        """Return the text; `own` is JSON, the widest region first: [[changed at, words], …]."""
        key = (version_id, own)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        regions = orjson.loads(own)
        content = with_own_words(standard, [words for _, words in regions])
        text = RegionText(
            content,
            content_hash(canonical_json(content)),
            overridden(standard, content),
            max(datetime.fromisoformat(when) for when, _ in regions),
        )
        self._kept[key] = text
        if len(self._kept) > KEPT_TEXTS:
            self._kept.popitem(last=False)
        return text


@dataclass(frozen=True, slots=True)
class KeptWords:
    """What the regions of a chain say of an item, and at which count of changes it was read."""

    count: int
    own: str | None


class RegionWords:
    """The regions' own words read last, by item and region."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], KeptWords] = OrderedDict()

    def get(self, item_code: str, region_code: str) -> KeptWords | None:
        """Return what was read last; the caller looks whether it still counts."""
        if (kept := self._kept.get((item_code, region_code))) is not None:
            self._kept.move_to_end((item_code, region_code))
        return kept

    def keep(self, item_code: str, region_code: str, words: KeptWords) -> None:
        """Keep what was read, letting go of what was not asked for longest."""
        self._kept[item_code, region_code] = words
        if len(self._kept) > KEPT_WORDS:
            self._kept.popitem(last=False)

"""What became of the pages of a department's old web site."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one page: a status, and where it sends people, by status or by itself."""

    status: int
    target: str
    by_itself: bool


FormerSite = dict[str, Fate]
"""The pages with a fate of their own, by path; every other one is an old guide, still live."""

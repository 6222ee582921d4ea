"""What supervision decides with values only: the matrix, the rates, parity, the reduction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from citydesk.guides import GuideContent, Material, Necessity
from models.supervision import Ability, Channel, Measure, Offer, ProbeOutcome, Trial

BUILT = (Channel.CHAT, Channel.APP, Channel.MINI_PROGRAM, Channel.PORTAL)
"""The channels a citizen meets by themselves and that exist now."""
NOT_BUILT = {
    Channel.TERMINAL: "自助终端还没有接入。",
    Channel.HALL_SCREEN: "大厅屏幕还没有接入。",
}
NO_BOOKING = "这个事项不用预约，可以直接办理。"
NOT_ONLINE = "这个事项要到窗口提交申请。"
MUST_COME = "要到现场才能办完"
AT_THE_WINDOW = {
    Ability.BOOK: "窗口不办预约，请在手机上预约。",
    Ability.FILE: "窗口代录申请还没有开通。",
}
NEEDED_FOR: Mapping[Measure, tuple[Trial, ...]] = {
    Measure.ENTRY: (Trial.ENTER,),
    Measure.ONLINE: (Trial.FILE, Trial.HANDLE),
    Measure.BOOKABLE: (Trial.BOOK,),
}
"""Which tests must have passed, in one hall, before an item counts for a rate."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one channel offers for an item: 约 / 查 / 报 / 办, and why not what it does not."""

    channel: Channel
    offers: Mapping[Ability, Offer]
    reason_if_not: str


def matrix(content: GuideContent) -> list[Row]:
    """Return what every channel offers for an item, as its guide and our building state say."""
    rows = []
    for channel in Channel:
        if channel in NOT_BUILT:
            rows.append(Row(channel, dict.fromkeys(Ability, Offer.NOT_YET), NOT_BUILT[channel]))
        elif channel is Channel.WINDOW:
            offers = dict.fromkeys(Ability, Offer.LIVE) | dict.fromkeys(
                AT_THE_WINDOW, Offer.NOT_YET
            )
            rows.append(Row(channel, offers, "".join(AT_THE_WINDOW.values())))
        else:
            rows.append(_by_oneself(channel, content))
    return rows


def _by_oneself(channel: Channel, content: GuideContent) -> Row:
    """A channel that citizens use by themselves: what the guide allows is live there."""
    whole = content.is_online and content.promised_visits == 0
    may = {
        Ability.BOOK: (content.is_schedule, NO_BOOKING),
        Ability.QUERY: (True, ""),
        Ability.FILE: (content.is_online, NOT_ONLINE),
        Ability.HANDLE: (whole, _why_come(content)),
    }
    offers = {
        ability: Offer.LIVE if can else Offer.NOT_OFFERED for ability, (can, _) in may.items()
    }
    reasons = dict.fromkeys(why for can, why in may.values() if not can)
    return Row(channel, offers, "".join(reasons)[:400])


def _why_come(content: GuideContent) -> str:
    if not content.is_online:
        return NOT_ONLINE
    reason = content.onsite_reason.rstrip("。")
    return f"{MUST_COME}：{reason}。" if reason else f"{MUST_COME}。"


@dataclass(frozen=True, slots=True)
class Share:
    """A rate over some items: how many must, passed, failed, were not tested, are excepted.

    ``excepted`` counts approved exceptions among those that did not pass: an exception explains
    a gap, it never raises ``permille``; ``permille_without_exceptions`` is told beside it.
    """

    due: int
    passed: int
    failed: int
    untested: int
    excepted: int

    @property
    def permille(self) -> int | None:
        """The rate in thousandths, rounded down; None when there is nothing to measure."""
        return self.passed * 1000 // self.due if self.due else None

    @property
    def permille_without_exceptions(self) -> int | None:
        """The same, with the excepted items left out of what is due."""
        due = self.due - self.excepted
        return self.passed * 1000 // due if due else None


@dataclass(frozen=True, slots=True)
class Target:
    """What a rate must reach, in thousandths, by a day."""

    permille: int
    due_on: date
    source: str


def target_in_force(targets: Sequence[Target], today: date) -> Target | None:
    """Return the target that holds today: the last one due, or else the first to come."""
    due = [each for each in targets if each.due_on <= today]
    if due:
        return max(due, key=lambda each: each.due_on)
    return min(targets, key=lambda each: each.due_on, default=None)


def compared(
    true: tuple[int, str], served: Sequence[tuple[int | None, str]], answered: bool
) -> ProbeOutcome:
    """Judge what a channel served (each version number and hash8 it showed) against the truth.

    A version number alone proves nothing: the hash must agree, too. A channel that shows several
    versions of one guide must show the true one in all of them.
    """
    if not answered:
        return ProbeOutcome.NO_ANSWER
    if not served:
        return ProbeOutcome.NO_VERSION
    number, hash8 = true
    same = all(shown in (None, number) and each == hash8 for shown, each in served)
    return ProbeOutcome.SAME if same else ProbeOutcome.OTHER_VERSION


class Fate(StrEnum):
    """What became of a material of the baseline; added: it was not there then."""

    DEMANDED = "demanded"
    BY_CERTIFICATE = "by_certificate"
    BY_EXCHANGE = "by_exchange"
    BY_COMMITMENT = "by_commitment"
    BY_EARLIER_CASE = "by_earlier_case"
    OPTIONAL = "optional"
    ABOLISHED = "abolished"
    ADDED = "added"


STILL_DEMANDED = frozenset({Fate.DEMANDED, Fate.ADDED})
REPLACED_BY = {
    "certificate": Fate.BY_CERTIFICATE,
    "exchange": Fate.BY_EXCHANGE,
    "commitment": Fate.BY_COMMITMENT,
    "earlier_case": Fate.BY_EARLIER_CASE,
}


def demanded(material: Material) -> bool:
    """Whether the applicant must bring this: not optional, and nothing else may stand for it."""
    return fate_of(material) is Fate.DEMANDED


def fate_of(material: Material | None) -> Fate:
    """Say what stands for a material now; None: the guide asks for it no more."""
    if material is None:
        return Fate.ABOLISHED
    for means in material.satisfiable_by:
        if found := REPLACED_BY.get(means.partition(":")[0]):
            return found
    return Fate.OPTIONAL if material.necessity is Necessity.OPTIONAL else Fate.DEMANDED


@dataclass(frozen=True, slots=True)
class Demand:
    """One item's materials then and now, and how many cases were filed for it."""

    item_code: str
    then: Mapping[str, str]  # requirement → name, as frozen
    now: Sequence[Material]
    cases: int


@dataclass(frozen=True, slots=True)
class Reduction:
    """How much less is demanded: by item (each counts once) and by the volume of cases."""

    baseline: int
    still: int
    baseline_by_volume: int
    still_by_volume: int

    @property
    def permille(self) -> int | None:
        """1 − still demanded ÷ baseline, in thousandths, rounded down; below zero: it is more."""
        return _less(self.still, self.baseline)

    @property
    def permille_by_volume(self) -> int | None:
        """The same with every item weighted by its cases; None while no case was filed."""
        return _less(self.still_by_volume, self.baseline_by_volume)


def _less(still: int, baseline: int) -> int | None:
    return (baseline - still) * 1000 // baseline if baseline else None


def fates(demand: Demand) -> dict[str, Fate]:
    """Return what became of each material of an item; those demanded anew are ``added``.

    A material is known by its code, or when that changed by its name.
    """
    by_code = {each.code: each for each in demand.now}
    by_name = {_plain(each.name): each for each in demand.now}
    found: dict[str, Fate] = {}
    matched: set[str] = set()
    for requirement, name in demand.then.items():
        material = by_code.get(requirement) or by_name.get(_plain(name))
        found[requirement] = fate_of(material)
        if material is not None:
            matched.add(material.code)
    for each in demand.now:
        if each.code not in matched and demanded(each):
            found[each.code] = Fate.ADDED
    return found


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def still_demanded(found: Collection[Fate]) -> int:
    """Count what the applicant must still bring, added materials included."""
    return sum(each in STILL_DEMANDED for each in found)


def reduction(demands: Sequence[Demand]) -> Reduction:
    """Add up what was and is demanded, plainly and weighted by cases."""
    baseline = still = baseline_volume = still_volume = 0
    for demand in demands:
        now = still_demanded(fates(demand).values())
        baseline += len(demand.then)
        still += now
        baseline_volume += len(demand.then) * demand.cases
        still_volume += now * demand.cases
    return Reduction(baseline, still, baseline_volume, still_volume)

"""The ways guides say no."""

from collections.abc import Sequence

from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Missing

MOST_FAULTS_SHOWN = 200


class NotReadyYet(TimeoutError):
    """The process has just begun: its index of the catalogue is not there yet. Ask again soon."""


class NoSuchGuide(Missing):
    """Nothing is published under this code."""

    title = "No such guide"

    def __init__(self, code: str) -> None:
        super().__init__("没有找到这个事项，请换个说法搜索，或拨打12345咨询。", code=code[:80])


class GuideNotReady(Missing):
    """The item is in the catalogue, its guide is not written yet."""

    title = "Guide not ready"

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}”的办事指南还在完善，请先拨打12345咨询办理方法。", name=name)


class NoSuchLifeEvent(Missing):
    """Staff have listed no life event of this name."""

    title = "No such life event"


class NoSuchTheme(Missing):
    """Nothing of this theme is for these people."""

    title = "No such theme"


class ItemSuspended(Conflict):
    """The item cannot be had for now; says why and until when."""

    title = "Item suspended"

    def __init__(self, notice: str, code: str) -> None:
        super().__init__(notice, code=code)


class ItemCancelled(Conflict):
    """The item is no longer handled; says why and what there is instead."""

    title = "Item cancelled"

    def __init__(self, notice: str, code: str, successors: Sequence[str] = ()) -> None:
        super().__init__(notice, code=code, successors=list(successors))


class WrongAnswer(Invalid):
    """The questionnaire has no such question, option or variant."""

    title = "Wrong answer"


class GuideFaulty(Invalid):
    """The quality rules found errors: not to be submitted or published."""

    title = "Guide faulty"

    def __init__(self, name: str, errors: Sequence[tuple[str, str]]) -> None:
        shown = [{"field": where, "detail": what} for where, what in errors[:MOST_FAULTS_SHOWN]]
        super().__init__(f"“{name}”有 {len(errors)} 处问题要先改好。", shown)


class NoSuchDraft(Missing):
    """No version has this identifier."""

    title = "No such draft"


class DraftOpen(Conflict):
    """The item has a draft under way already; `version_id` says which."""

    title = "Draft open"


class DraftMoved(Conflict):
    """Somebody else has changed the draft since it was read."""

    title = "Draft moved"


class NotAllowedThere(Conflict):
    """The version does not stand where this step begins."""

    title = "Not allowed there"


class NotYourGuide(Forbidden):
    """Another post, or another department, takes this step."""

    title = "Not your guide"


class OwnWork(Forbidden):
    """Who wrote a draft does not review it."""

    title = "Own work"


class ReasonNeeded(Invalid):
    """The step needs a reason, a basis or a date."""

    title = "Reason needed"


class DeviationRefused(Invalid):
    """A region may not say this otherwise than the city's standard; it was noted."""

    title = "Deviation refused"


class NoSuchEntry(Missing):
    """The basic catalogue has no entry of this code in force."""

    title = "No such entry"


class NotClaimed(Missing):
    """The region does not carry this item out."""

    title = "Not claimed"


class UnknownPlaces(Invalid):
    """A guide names an authority or a hall the city does not have."""

    title = "Unknown authority or hall"

    def __init__(self, codes: Sequence[tuple[str, str]]) -> None:
        super().__init__(
            "指南里的实施主体或办事大厅不在名录中，请先登记或改正代码。",
            [{"field": where, "detail": f"名录里没有 {code}"} for where, code in codes],
        )


class ListFaulty(Invalid):
    """A list of items has faults; nothing of it was taken."""

    title = "Faulty list"

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        shown = [{"field": where, "detail": what} for where, what in faults[:MOST_FAULTS_SHOWN]]
        super().__init__(f"清单有 {len(faults)} 处问题，一条也没有导入。请改好后重新导入。", shown)


class NoSuchReport(Missing):
    """No fault was reported under this number, or it is closed."""

    title = "No such report"


class NoSuchBulk(Missing):
    """No order for many guides has this number, or another officer gave it."""

    title = "No such bulk order"


class UnfitLine(Invalid):
    """What staff would teach the search cannot be taken as it stands."""

    title = "Unfit line"

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(
            "有内容需要修改。", [{"field": where, "detail": what} for where, what in faults]
        )


class AlreadyKnown(Conflict):
    """The line is in force already, or there is no room for another."""

    title = "Already known"


class NoSuchLine(Missing):
    """No line of the staff's knowledge has this number, or it was taken back."""

    title = "No such line"

    def __init__(self) -> None:
        super().__init__("没有这一条，或者已经撤销了。请回到列表查看。")


class NoSuchQuestion(Missing):
    """No kept question has this number: it was put aside, or its 30 days are over."""

    title = "No such question"

    def __init__(self) -> None:
        super().__init__("这个提问已经处理过，或者超过 30 天已删除。请回到列表查看。")

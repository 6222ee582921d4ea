"""The ways guides say no."""

from collections.abc import Sequence

from citydesk.kit.refusals import Invalid, Missing

MOST_FAULTS_SHOWN = 200


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

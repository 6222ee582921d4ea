"""Blank forms to print, and what a result looks like (表格下载、结果样本), out of the guide."""

from starlette.responses import Response

from citydesk import guides, organs
from citydesk.guides import FieldType
from citydesk.kit.refusals import Missing
from portal.visits import PUBLIC, Pages, Visit

pages = Pages()
RESULT = "result"
LINES = {FieldType.TEXTAREA: 4, FieldType.ADDRESS: 2}


class NoSuchPaper(Missing):
    """A guide has no such form or sample."""

    title = "No such paper"


@pages.get("/guides/{code}/papers/{paper}", who=PUBLIC)
async def paper(visit: Visit) -> Response:
    """GET /guides/{code}/papers/{paper}: a material's blank form, or `result`: the sample."""
    guide = await guides.shown(visit.world, visit.path["code"])
    content, named = guide.content, visit.path["paper"]
    if named == RESULT and content.result.name:
        organ = await organs.organ_by_code(visit.world, content.authority)
        return visit.page("paper_result.html", section="guides", guide=guide, organ=organ)
    material = next((each for each in content.materials if each.code == named), None)
    if material is None or material.blank_form is None:
        raise NoSuchPaper("没有这份表格，请回到办事指南里重新选择。")
    fields = [(each, LINES.get(each.type, 1)) for each in content.form_fields]
    return visit.page(
        "paper_form.html", section="guides", guide=guide, material=material, fields=fields
    )

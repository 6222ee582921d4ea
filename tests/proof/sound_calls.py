"""For every operation a call that is carried out: what it is about, fresh, and what is sent."""

from typing import Any

from citydesk import cases
from citydesk.cases import State
from mobile_api.api import Operation
from mobile_api.app import OPERATIONS
from mobile_api.cases.asked import Note
from tests.cases.making import FORM, HALL
from tests.consultations.making import ANSWER, QUESTION
from tests.proof.crowd import AHEAD, NEEDS, PDF, Crowd
from tests.proof.matrix import LINES, ROLES

BY_ID: dict[str, Operation] = {each.handler.__name__: each for each in OPERATIONS}
REASON = {"reason": "示例理由"}
QUERIES = {
    "hand_back": {"state": "x", "code": "y"},
    "list_themes": {"audience": "person"},
    "list_theme": {"audience": "person", "theme": "社会保障"},
    "list_letter": {"letter": "S"},
    "list_near": {"region": "210103"},
}
ANSWERED = ("follow_up", "rate_answer", "propose_public_answer")  # what these begin at
HEADERS = {"Upload-Offset": "0"}


def who_may(operation: str) -> str:
    """One of those who are answered well, by their name in the crowd."""
    allowed = LINES[operation].allowed
    return "citizen" if "citizen" in allowed else min(allowed, default="nobody")


class SoundCalls:
    """What to send for each operation, about things of the crowd's citizen."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd

    async def thing(self, operation: str) -> dict[str, str]:
        """What the operation is about: fresh, and the citizen's."""
        found = {
            "item_code": self.crowd.item,
            "hall_code": HALL,
            "code": HALL,
            "requirement": "m01",
        }
        path = BY_ID[operation].path
        if operation in ("cancel", "check_in", "check_in_at_desk"):
            found |= await self._appointment(operation)
        if "{consultation_id}" in path:
            found["consultation_id"] = await self.crowd.consultation(ANSWERED, operation)
        if "{upload_id}" in path:
            found["upload_id"] = await self.crowd.upload(sent=operation == "finish_upload")
        if "{case_id}" in path or operation == "progress_by_code":
            case = await self.crowd.case(NEEDS.get(operation, State.FILED), AHEAD.get(operation))
            code = await cases.query_code(self.crowd.world, self.crowd.desk.citizen, case.id)
            papers = await cases.papers(self.crowd.world, case)
            found |= {"case_id": str(case.id), "case_no": case.case_no, "query_code": code}
            found |= {"paper_id": str(papers[0].id)}
        return found

    async def _appointment(self, operation: str) -> dict[str, str]:
        now = (await self.crowd.slots(0))[1]["id"]
        later = (await self.crowd.slots(1))[20]["id"]
        held = {each["state"]: each for each in (await self.mine())}
        if operation == "check_in_at_desk" and "checked_in" in held:  # one a day and matter
            booked = await self.crowd.books(self.crowd.other_citizen, now)
        else:
            booked = await self.crowd.books(
                self.crowd.citizen, later if operation == "cancel" else now
            )
        return {"appointment_id": booked["id"], "code": booked["code"]}

    async def mine(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.crowd.citizen.get("/appointments")).ok()["items"]
        return found

    def query(self, operation: str) -> dict[str, Any]:
        """The query that is asked."""
        if operation == "open_slots":
            return {"on": self.crowd.world.clock.today().isoformat()}
        return QUERIES.get(operation, {})

    async def body(self, operation: str, role: str, thing: dict[str, str]) -> Any:
        """What is sent as the body, by somebody, about a thing; None for nothing."""
        if operation == "book":
            slots = await self.crowd.slots(2)
            return {"slot_id": slots[ROLES.index(role)]["id"], "item_code": thing["item_code"]}
        if BY_ID[operation].body is Note:
            return {}
        return {
            "ask_consultation": {"kind": "consult", "text": QUESTION},
            "follow_up": {"text": QUESTION},
            "rate_answer": {"satisfied": True},
            "answer_consultation": {"text": ANSWER},
            "refer_consultation": REASON,
            "transfer_consultation": {**REASON, "organ_code": "gongan"},
            "propose_public_answer": {"question": "示例问题怎么办", "answer": "示例答复如下"},
            "sign_in_mini_program": {"code": "nobody's"},
            "refresh": {"refresh_token": "nobody's"},
            "sign_in_officer": {"login": f"nobody-{role}", "password": "nobody's"},
            "begin_verification": {},
            "ask_guidance": {},
            "keep_situation": {},
            "finish_verification": {"state": "nobody's", "code": "nobody's"},
            "check_in": {"code": thing["code"]},
            "check_in_at_desk": {"code": thing["code"]},
            "start_case": {"item_code": thing["item_code"], "hall_code": HALL, "form": FORM},
            "fill_form": {"form": FORM},
            "keep_typed_form": {"form": {"kite": "示例"}},
            "fill_at_window": {"form": FORM},
            "hand_in_at_window": PDF,
            "hand_in_deferred_at_window": {},
            "receive": {},
            "accept": {},
            "serve": {},
            "withdraw_at_window": REASON,
            "begin_at_window": {
                "item_code": thing["item_code"],
                "applicant": {"name": "张示例", "id_no": FORM["id_no"]},  # the sandbox's
            },
            "hand_in_material": PDF,
            **dict.fromkeys(("add_part", "add_part_by_post"), PDF),
            "begin_upload": {"size_bytes": len(PDF), "sha256": "0" * 64},
            "progress_by_code": {
                "case_no": thing.get("case_no"),
                "query_code": thing.get("query_code"),
            },
            "decide": {"outcome": "granted"},
            "finish_at_once": {"outcome": "granted"},
            "out_of_scope": {**REASON, "competent_organ": "示例部门"},
            "return_link": REASON,
            "request_supplement": REASON,
            "start_special": {**REASON, "kind": "testing", "days": 3, "document_no": "示例1号"},
            "end_special": {"result": "passed"},
            "extend": {**REASON, "days": 5},
            "start_joint": {"kind": "general", "parts": [{"organ_code": "gongan", "days": 3}]},
            "void": REASON,
            "revoke": REASON,
            "pre_fail": REASON,
            "request_correction": REASON,
            "refuse_acceptance": REASON,
        }.get(operation)

"""Who may do what, written down by hand from the design: the API is held against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.people import Told

CITIZENS = frozenset({"citizen", "other_citizen", "newcomer"})
HERE = frozenset({"front_desk", "back_office", "exit_window", "department_head"})
ELSEWHERE = frozenset({"other_front_desk", "other_back_office"})
SIGNED_IN = CITIZENS | HERE | ELSEWHERE
STRANGERS = frozenset({"anonymous", "forged"})
ROLES = sorted(SIGNED_IN | STRANGERS)
NOT_YOURS = CITIZENS - {"citizen"}

PER_ANSWER = frozenset({"instance", "request_id"})
PER_ANSWER_HEADERS = frozenset({"date", "x-request-id"})


@dataclass(frozen=True, slots=True)
class Line:
    """One operation: who is answered, for whom the thing is not there; everyone else is refused.

    Strangers are asked to sign in (401), people of another kind or post are told so (403).
    """

    good: int
    allowed: frozenset[str]
    hidden: frozenset[str] = frozenset()
    told: Mapping[str, int] = field(default_factory=dict)

    def expected(self, role: str) -> int:
        """The status this role must get."""
        if role in self.told:
            return self.told[role]
        if role in self.allowed:
            return self.good
        if role in self.hidden:
            return 404
        return 401 if role in STRANGERS else 403


def public(good: int) -> Line:
    """Anybody, signed in or not, even with a token that is none."""
    return Line(good, frozenset(ROLES))


def mine(good: int = 200) -> Line:
    """The applicant alone; to other citizens the thing is not there."""
    return Line(good, frozenset({"citizen"}), NOT_YOURS)


def step(role: str, *elsewhere: str) -> Line:
    """One post here; to the same post elsewhere the case is not there."""
    return Line(200, frozenset({role}), frozenset(elsewhere))


ANSWERING = frozenset({"back_office", "department_head"})


def answering(good: int = 200, *, second: int) -> Line:
    """A step of a question: the organ's back office takes it, and its head after that."""
    return Line(good, ANSWERING, frozenset({"other_back_office"}), {"department_head": second})


CASE_SEEN = Line(200, HERE | {"citizen"}, ELSEWHERE | NOT_YOURS)
FRONT = step("front_desk", "other_front_desk")
BACK = step("back_office", "other_back_office")
HEAD = step("department_head")
# Also the front desk takes these, of items that are done on the spot: elsewhere they are hidden.
ALSO_AT_ONCE = Line(200, frozenset({"back_office"}), ELSEWHERE)
# Nothing of the kind in this case: its own post is told so.
NOT_NOW = Line(409, frozenset({"back_office"}), frozenset({"other_back_office"}))
LEVEL_3 = Line(201, CITIZENS - {"newcomer"})

# For supervisors and administrators, of whom there is none in the crowd.
NOBODY_HERE = Line(200, frozenset())
SUPERVISED = (
    *("show_rates", "list_rated_items", "list_trials", "list_alarms", "list_former_pages"),
)

LINES: dict[str, Line] = {
    "search_guides": public(200),
    "read_guide": public(200),
    "list_themes": public(200),
    "list_theme": public(200),
    "list_letters": public(200),
    "list_letter": public(200),
    "list_questions": public(200),
    "ask_guidance": public(200),
    "keep_situation": Line(200, CITIZENS),
    "read_situation": Line(200, CITIZENS),
    "list_near": public(200),
    "list_regions": public(200),
    "list_halls": public(200),
    "show_hall": public(200),
    "list_departments": public(200),
    "sign_in_mini_program": public(401),  # the code is nobody's
    "refresh": public(401),
    "sign_in_officer": public(401),
    "hand_back": public(200),
    "open_slots": public(200),
    "progress_by_code": public(200),  # the code is what admits
    "begin_verification": Line(201, CITIZENS),
    "finish_verification": Line(409, CITIZENS),  # the state is nobody's
    "me": Line(200, CITIZENS),
    "book": LEVEL_3,
    "my_appointments": Line(200, CITIZENS),
    "cancel": mine(),
    "check_in": mine(),
    "check_in_at_desk": FRONT,
    "start_case": LEVEL_3,
    "my_cases": Line(200, CITIZENS),
    "case_timeline": CASE_SEEN,
    "case_standing": CASE_SEEN,
    "fill_form": mine(),
    "read_form": public(200),
    "read_case_form": mine(),
    "keep_typed_form": mine(),
    "read_receipt": mine(),
    "hand_in_material": mine(201),
    "list_papers": mine(),
    "open_paper": CASE_SEEN,
    "link_paper": CASE_SEEN,
    "take_back_paper": mine(204),
    "begin_upload": mine(201),
    "list_uploads": mine(),
    **dict.fromkeys(("show_upload", "measure_upload"), mine()),
    "add_part": mine(204),
    "add_part_by_post": mine(204),
    "give_up_upload": mine(204),
    "finish_upload": mine(201),
    "submit_case": mine(),
    "correct_case": mine(),
    "withdraw_case": mine(),
    "supplement_case": mine(),
    "hand_in_deferred": mine(409),  # nothing is to follow
    "end_mandate": mine(409),  # nobody acts for them
    # Another hall does not take the matter.
    "begin_at_window": Line(201, frozenset({"front_desk"}), told={"other_front_desk": 409}),
    "fill_at_window": FRONT,
    "hand_in_at_window": Line(201, frozenset({"front_desk"}), frozenset({"other_front_desk"})),
    "correct_at_window": FRONT,
    "supplement_at_window": FRONT,
    "hand_in_deferred_at_window": Line(
        409, frozenset({"front_desk"}), frozenset({"other_front_desk"})
    ),
    "withdraw_at_window": FRONT,
    "work_list": Line(200, HERE | ELSEWHERE),
    "desk_case": Line(200, HERE, ELSEWHERE),
    "pre_pass": FRONT,
    "pre_fail": FRONT,
    "receive": FRONT,
    # Both posts may; the one that comes second finds it done.
    "request_correction": Line(
        200, frozenset({"front_desk", "back_office"}), ELSEWHERE, {"front_desk": 409}
    ),
    "accept": FRONT,
    "refuse_acceptance": FRONT,
    "start_review": BACK,
    "out_of_scope": FRONT,
    "finish_at_once": Line(200, frozenset(), frozenset({"other_front_desk"})),  # not such an item
    "pass_link": BACK,
    "return_link": BACK,
    "request_supplement": BACK,
    "start_special": BACK,
    "end_special": BACK,
    "extend": HEAD,
    "start_joint": BACK,
    "commit": NOT_NOW,
    "decide": ALSO_AT_ONCE,
    "complete": ALSO_AT_ONCE,
    "issue_certificate": BACK,
    "serve": step("exit_window"),
    "ask_consultation": Line(201, CITIZENS),
    "my_consultations": Line(200, CITIZENS),
    "read_consultation": mine(),
    "follow_up": mine(),
    "rate_answer": mine(),
    "withdraw_consultation": mine(),
    "list_public_answers": public(200),
    "consultation_work_list": Line(200, ANSWERING | {"other_back_office"}),
    "desk_consultation": Line(200, ANSWERING, frozenset({"other_back_office"})),
    # Both posts may; the one that comes second finds it done, or gone to another organ.
    "take_consultation": answering(second=409),
    "answer_consultation": answering(second=409),
    "refer_consultation": answering(second=409),
    "transfer_consultation": answering(second=404),
    "propose_public_answer": answering(201, second=409),
    "show_channels": public(200),
    "show_materials": public(409),  # no baseline was frozen
    **dict.fromkeys(SUPERVISED, NOBODY_HERE),
    "void": HEAD,
    "revoke": HEAD,
    "sign_out": Line(204, SIGNED_IN),
    "sign_out_everywhere": Line(204, SIGNED_IN),
}


def deviations(lines: Mapping[str, Line], seen: Mapping[tuple[str, str], Told]) -> list[str]:
    """Every cell in which the API did not answer as written down."""
    return [
        f"{operation} as {role}: {told.status} instead of {lines[operation].expected(role)}"
        f" {told.body.decode(errors='replace')[:200]}"
        for (operation, role), told in seen.items()
        if told.status != lines[operation].expected(role)
    ]


def differences(not_yours: Told, not_there: Told) -> list[str]:
    """What would let a stranger tell a thing that exists from one that does not."""
    found = [] if not_yours.status == not_there.status else ["status"]
    for name, one, other in (
        ("body", _plain(not_yours), _plain(not_there)),
        ("headers", _headers(not_yours), _headers(not_there)),
    ):
        if one != other:
            found.append(f"{name}: {one} or {other}")
    return found


def _plain(told: Told) -> Any:
    if not told.body or "json" not in told.headers.get("content-type", "json"):
        return told.body
    return {name: value for name, value in told.json.items() if name not in PER_ANSWER}


def _headers(told: Told) -> dict[str, str]:
    shown = {name.lower(): value for name, value in told.headers.items()}
    return {name: value for name, value in shown.items() if name not in PER_ANSWER_HEADERS}

"""Service items and their guides (事项与办事指南): what the city does, and how one gets it done.

Three layers: an entry of the basic catalogue (基本目录), the guide that an authority has published
for it (实施清单), and in the guide the variants a citizen chooses from (业务办理项), narrowed by
situations (情形). A guide is written by an editor, reviewed by somebody else, and put in force by
a publisher; quality rules stand at both gates. Publishing never alters a guide: a changed content
is the next version, the same content is nothing. A case keeps the version it was filed under. An
item known only from a department's list is in the catalogue too, labelled 指南待完善.

What is promised: every channel reads the same version and can say which (`version_no`, `hash8`,
`as_of`); search finds a guide within a second of its publication and says "none" rather than a
wrong one; an item that is suspended or ended says so instead of vanishing; districts, streets and
communities inherit the city's text and change only what they may.
"""

from citydesk.guides.actions import load_samples, publish, publish_all
from citydesk.guides.basic import catalog_entries, end_entry, register_entry, register_entry_of
from citydesk.guides.browsing import (
    Audience,
    Shelf,
    handled_at,
    letters,
    of_letter,
    of_theme,
    themes,
)
from citydesk.guides.bulk import Wanted, bulk, bulks, do_bulk, order_bulk
from citydesk.guides.bulk_files import order_import, order_look
from citydesk.guides.canonical import canonical_json, content_hash
from citydesk.guides.catalogue import (
    Department,
    Entry,
    departments,
    entries,
    entry,
    published_page,
)
from citydesk.guides.codes import CaseType, FieldMeaning, FieldType, LimitUnit, Necessity
from citydesk.guides.content import GuideContent
from citydesk.guides.difference import difference
from citydesk.guides.drafting import (
    checked,
    discard_draft,
    new_draft,
    recall,
    revise,
    save_draft,
    submit,
)
from citydesk.guides.due import versions_due
from citydesk.guides.editors import EDITORS, NotAnEditor
from citydesk.guides.element_names import name_of
from citydesk.guides.events import (
    BulkOrdered,
    DraftApproved,
    DraftReleased,
    DraftReturned,
    DraftSubmitted,
    GuideCancelled,
    GuidePublished,
    GuideResumed,
    GuideSuspended,
    RegionGuideChanged,
)
from citydesk.guides.fault_reports import (
    answer_report,
    close_report,
    fault_report,
    report_fault,
    reported_faults,
)
from citydesk.guides.files.giving import FileForm, export_guides
from citydesk.guides.files.reading import read_guides
from citydesk.guides.files.rows import Fault
from citydesk.guides.files.taking import import_guides
from citydesk.guides.form_checks import (
    ApplicationForm,
    FormFault,
    application_form,
    is_credit_code,
    is_id_no,
    normalized,
)
from citydesk.guides.form_schema import Answer, Answers, meaning_of
from citydesk.guides.in_brief import fee_in_words, in_brief, limit_in_words
from citydesk.guides.inheritance import (
    RegionGuide,
    claim,
    claim_where_handled,
    override,
    regions_of,
    unclaim,
)
from citydesk.guides.links import check_links, link_faults
from citydesk.guides.lists import Imported, ListRow, import_list, read_list
from citydesk.guides.machine import Action, actions_for
from citydesk.guides.origins import merge, split
from citydesk.guides.parts import Fee, FormField, Limit, Material, Place, Question
from citydesk.guides.quality import RULES, Finding, check
from citydesk.guides.queries import (
    Guide,
    published,
    shown,
    version,
)
from citydesk.guides.refusals import (
    AlreadyKnown,
    DeviationRefused,
    DraftMoved,
    DraftOpen,
    GuideFaulty,
    GuideNotReady,
    ItemCancelled,
    ItemSuspended,
    ListFaulty,
    NoSuchBulk,
    NoSuchDraft,
    NoSuchEntry,
    NoSuchGuide,
    NoSuchLifeEvent,
    NoSuchLine,
    NoSuchQuestion,
    NoSuchReport,
    NoSuchTheme,
    NotAllowedThere,
    NotClaimed,
    NotReadyYet,
    NotYourGuide,
    OwnWork,
    ReasonNeeded,
    UnfitLine,
    UnknownPlaces,
    WrongAnswer,
)
from citydesk.guides.reports import claims, deviations, unclaimed
from citydesk.guides.reviewing import approve, release, send_back
from citydesk.guides.rules import Severity
from citydesk.guides.search.answering import Found, nearest, region_named, search
from citydesk.guides.search.asked import (
    MATTERS,
    SMALL_TALK,
    AskedClosely,
    put_aside,
    telling_words,
    unanswered_counts,
    unanswered_question,
    unanswered_questions,
)
from citydesk.guides.search.awake import awake
from citydesk.guides.search.knowledge_edits import (
    add_line,
    knowledge_line,
    knowledge_lines,
    packaged_sayings,
    proposed_line,
    undo_line,
)
from citydesk.guides.search.life_event_edits import write_life_event
from citydesk.guides.search.life_events import LifeEvent, life_event, life_events
from citydesk.guides.search.masking import masked_words
from citydesk.guides.search.nothing_found import NothingFound, Reason, nothing_found
from citydesk.guides.search.popularity import (
    counted_since,
    hot,
    note_opened,
    weigh_popularity,
    write_uses,
)
from citydesk.guides.search.shelf import refresh
from citydesk.guides.search.staff_knowledge import LineKind, Proposed
from citydesk.guides.search.trials import tried
from citydesk.guides.search.unanswered import forget_old_questions, note_unanswered, write_down
from citydesk.guides.situations import Guidance, guidance, variant_wanted
from citydesk.guides.standing import cancel, resume, suspend
from citydesk.guides.taking import Taken, take_drafts
from citydesk.guides.theme_names import CORP_THEMES, PERSON_THEMES
from citydesk.guides.told import remember_answers, remembered_answers
from citydesk.guides.work import Draft, draft, drafts, history, versions
from models.guides import ItemState, VersionState

# What the city does, and how it is done
__all__ = ["CORP_THEMES", "PERSON_THEMES", "Audience", "CaseType", "Department", "Entry", "Fee"]
__all__ += ["FieldType", "FormField", "Guidance", "Guide", "GuideContent", "ItemState", "Limit"]
__all__ += ["LimitUnit", "Material", "Necessity", "Place", "Question", "Shelf", "VersionState"]
__all__ += ["canonical_json", "catalog_entries", "content_hash", "departments", "end_entry"]
__all__ += ["entries", "entry", "fee_in_words", "guidance", "handled_at", "in_brief", "letters"]
__all__ += ["limit_in_words", "name_of", "of_letter", "of_theme", "published", "published_page"]
__all__ += ["register_entry", "register_entry_of", "remember_answers", "remembered_answers"]
__all__ += ["shown", "themes", "variant_wanted", "version"]
# How a guide is written, approved and put in force
__all__ += ["EDITORS", "RULES", "Action", "BulkOrdered", "Draft", "DraftApproved", "DraftReleased"]
__all__ += ["DraftReturned", "DraftSubmitted", "Finding", "GuideCancelled", "GuidePublished"]
__all__ += ["GuideResumed", "GuideSuspended", "NotAnEditor", "RegionGuideChanged", "Severity"]
__all__ += ["Taken", "Wanted", "actions_for", "approve", "bulk", "bulks", "cancel", "check"]
__all__ += ["checked", "difference", "discard_draft", "do_bulk", "draft", "drafts", "history"]
__all__ += ["load_samples", "merge", "new_draft", "order_bulk", "order_import", "order_look"]
__all__ += ["publish", "publish_all", "recall", "release", "resume", "revise", "save_draft"]
__all__ += ["send_back", "split", "submit", "suspend", "take_drafts", "versions", "versions_due"]
# What others send, say and check
__all__ += ["Fault", "FileForm", "Imported", "ListRow", "RegionGuide", "answer_report"]
__all__ += ["check_links", "claim", "claim_where_handled", "claims", "close_report", "deviations"]
__all__ += ["export_guides", "fault_report", "import_guides", "import_list", "link_faults"]
__all__ += ["override", "read_guides", "read_list", "regions_of", "report_fault"]
__all__ += ["reported_faults", "unclaim", "unclaimed"]
# What citizens ask for in their own words
__all__ += ["MATTERS", "SMALL_TALK", "AskedClosely", "Found", "LifeEvent", "LineKind"]
__all__ += ["NothingFound", "Proposed", "Reason", "add_line", "awake", "forget_old_questions"]
__all__ += ["hot", "knowledge_line", "knowledge_lines", "life_event", "life_events", "nearest"]
__all__ += ["counted_since", "note_opened", "weigh_popularity", "write_uses"]
__all__ += ["note_unanswered", "nothing_found", "packaged_sayings", "proposed_line", "put_aside"]
__all__ += ["refresh", "region_named", "search", "telling_words", "tried", "unanswered_counts"]
__all__ += ["unanswered_question", "unanswered_questions", "undo_line", "write_down"]
__all__ += ["write_life_event"]
# How it says no
__all__ += ["AlreadyKnown", "DeviationRefused", "DraftMoved", "DraftOpen", "GuideFaulty"]
__all__ += ["GuideNotReady", "ItemCancelled", "ItemSuspended", "ListFaulty", "NoSuchBulk"]
__all__ += ["NoSuchDraft", "NoSuchEntry", "NoSuchGuide", "NoSuchLifeEvent", "NoSuchLine"]
__all__ += ["NoSuchQuestion", "NoSuchReport", "NoSuchTheme", "NotAllowedThere", "NotClaimed"]
__all__ += ["NotReadyYet", "NotYourGuide", "OwnWork", "ReasonNeeded", "UnfitLine", "UnknownPlaces"]
__all__ += ["WrongAnswer"]
# What a form asks
__all__ += [
    "Answer",
    "Answers",
    "ApplicationForm",
    "FieldMeaning",
    "FormFault",
    "application_form",
    "is_credit_code",
    "is_id_no",
    "masked_words",
    "meaning_of",
    "normalized",
]

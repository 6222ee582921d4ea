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
from citydesk.guides.asked import (
    MATTERS,
    SMALL_TALK,
    AskedClosely,
    put_aside,
    telling_words,
    unanswered_counts,
    unanswered_question,
    unanswered_questions,
)
from citydesk.guides.awake import awake
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
from citydesk.guides.catalogue import Department, LifeEvent, departments, life_event, life_events
from citydesk.guides.codes import CaseType, FieldType, LimitUnit, Necessity
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
from citydesk.guides.in_brief import fee_in_words, in_brief, limit_in_words
from citydesk.guides.inheritance import (
    RegionGuide,
    claim,
    claim_where_handled,
    override,
    regions_of,
    unclaim,
)
from citydesk.guides.knowledge_edits import (
    add_line,
    knowledge_line,
    knowledge_lines,
    packaged_sayings,
    proposed_line,
    undo_line,
)
from citydesk.guides.life_event_edits import write_life_event
from citydesk.guides.links import check_links, link_faults
from citydesk.guides.lists import Imported, ListRow, import_list, read_list
from citydesk.guides.machine import Action, actions_for
from citydesk.guides.nothing_found import NothingFound, Reason, nothing_found
from citydesk.guides.origins import merge, split
from citydesk.guides.parts import Fee, FormField, Limit, Material, Question
from citydesk.guides.quality import RULES, Finding, check
from citydesk.guides.queries import (
    Entry,
    Guide,
    entries,
    entry,
    published,
    published_page,
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
from citydesk.guides.reports import claims, deviations, quality_report, unclaimed
from citydesk.guides.reviewing import approve, release, send_back
from citydesk.guides.rules import Severity
from citydesk.guides.search import Found, hot, nearest, search
from citydesk.guides.shelf import refresh
from citydesk.guides.situations import Guidance, guidance, variant_wanted
from citydesk.guides.staff_knowledge import LineKind, Proposed
from citydesk.guides.standing import cancel, resume, suspend
from citydesk.guides.taking import Taken, take_drafts
from citydesk.guides.theme_names import CORP_THEMES, PERSON_THEMES
from citydesk.guides.told import remember_answers, remembered_answers
from citydesk.guides.trials import tried
from citydesk.guides.unanswered import forget_old_questions, note_unanswered, write_down
from citydesk.guides.work import Draft, draft, drafts, history, versions
from models.guides import ItemState, VersionState

__all__ = [
    "CORP_THEMES",
    "EDITORS",
    "MATTERS",
    "PERSON_THEMES",
    "RULES",
    "SMALL_TALK",
    "Action",
    "AlreadyKnown",
    "AskedClosely",
    "Audience",
    "BulkOrdered",
    "CaseType",
    "Department",
    "DeviationRefused",
    "Draft",
    "DraftApproved",
    "DraftMoved",
    "DraftOpen",
    "DraftReleased",
    "DraftReturned",
    "DraftSubmitted",
    "Entry",
    "Fault",
    "Fee",
    "FieldType",
    "FileForm",
    "Finding",
    "FormField",
    "Found",
    "Guidance",
    "Guide",
    "GuideCancelled",
    "GuideContent",
    "GuideFaulty",
    "GuideNotReady",
    "GuidePublished",
    "GuideResumed",
    "GuideSuspended",
    "Imported",
    "ItemCancelled",
    "ItemState",
    "ItemSuspended",
    "LifeEvent",
    "Limit",
    "LimitUnit",
    "LineKind",
    "ListFaulty",
    "ListRow",
    "Material",
    "Necessity",
    "NoSuchBulk",
    "NoSuchDraft",
    "NoSuchEntry",
    "NoSuchGuide",
    "NoSuchLifeEvent",
    "NoSuchLine",
    "NoSuchQuestion",
    "NoSuchReport",
    "NoSuchTheme",
    "NotAllowedThere",
    "NotAnEditor",
    "NotClaimed",
    "NotReadyYet",
    "NotYourGuide",
    "NothingFound",
    "OwnWork",
    "Proposed",
    "Question",
    "Reason",
    "ReasonNeeded",
    "RegionGuide",
    "RegionGuideChanged",
    "Severity",
    "Shelf",
    "Taken",
    "UnfitLine",
    "UnknownPlaces",
    "VersionState",
    "Wanted",
    "WrongAnswer",
    "actions_for",
    "add_line",
    "answer_report",
    "approve",
    "awake",
    "bulk",
    "bulks",
    "cancel",
    "canonical_json",
    "catalog_entries",
    "check",
    "check_links",
    "checked",
    "claim",
    "claim_where_handled",
    "claims",
    "close_report",
    "content_hash",
    "departments",
    "deviations",
    "difference",
    "discard_draft",
    "do_bulk",
    "draft",
    "drafts",
    "end_entry",
    "entries",
    "entry",
    "export_guides",
    "fault_report",
    "fee_in_words",
    "forget_old_questions",
    "guidance",
    "handled_at",
    "history",
    "hot",
    "import_guides",
    "import_list",
    "in_brief",
    "knowledge_line",
    "knowledge_lines",
    "letters",
    "life_event",
    "life_events",
    "limit_in_words",
    "link_faults",
    "load_samples",
    "merge",
    "name_of",
    "nearest",
    "new_draft",
    "note_unanswered",
    "nothing_found",
    "of_letter",
    "of_theme",
    "order_bulk",
    "order_import",
    "order_look",
    "override",
    "packaged_sayings",
    "proposed_line",
    "publish",
    "publish_all",
    "published",
    "published_page",
    "put_aside",
    "quality_report",
    "read_guides",
    "read_list",
    "recall",
    "refresh",
    "regions_of",
    "register_entry",
    "register_entry_of",
    "release",
    "remember_answers",
    "remembered_answers",
    "report_fault",
    "reported_faults",
    "resume",
    "revise",
    "save_draft",
    "search",
    "send_back",
    "shown",
    "split",
    "submit",
    "suspend",
    "take_drafts",
    "telling_words",
    "themes",
    "tried",
    "unanswered_counts",
    "unanswered_question",
    "unanswered_questions",
    "unclaim",
    "unclaimed",
    "undo_line",
    "variant_wanted",
    "version",
    "versions",
    "versions_due",
    "write_down",
    "write_life_event",
]

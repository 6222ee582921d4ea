"""Service items and their guides (事项与办事指南): what the city does, and how one gets it done.

A guide holds every element a citizen may ask about. Publishing never alters a guide: a changed
content is the next version, the same content is nothing. A case keeps the version it was filed
under. An item known only from a department's list is in the catalogue too, labelled 指南待完善.

What is promised: every channel reads the same version and can say which (`version_no`, `hash8`,
`as_of`); search finds a guide within a second of its publication and says "none" rather than a
wrong one.
"""

from citydesk.guides.actions import load_samples, publish, publish_all
from citydesk.guides.canonical import canonical_json, content_hash
from citydesk.guides.catalogue import (
    Department,
    LifeEvent,
    departments,
    life_event,
    life_events,
)
from citydesk.guides.codes import CaseType, FieldType, LimitUnit, MaterialOrigin, Necessity
from citydesk.guides.content import FormField, GuideContent, Limit, Material
from citydesk.guides.events import GuidePublished
from citydesk.guides.lists import Imported, ListRow, import_list, read_list
from citydesk.guides.queries import (
    Entry,
    Guide,
    entries,
    entry,
    published,
    published_page,
    version,
)
from citydesk.guides.refusals import (
    GuideNotReady,
    ListFaulty,
    NoSuchGuide,
    NoSuchLifeEvent,
    UnknownPlaces,
)
from citydesk.guides.search import Found, hot, refresh, search, sounding_like

__all__ = [
    "CaseType",
    "Department",
    "Entry",
    "FieldType",
    "FormField",
    "Found",
    "Guide",
    "GuideContent",
    "GuideNotReady",
    "GuidePublished",
    "Imported",
    "LifeEvent",
    "Limit",
    "LimitUnit",
    "ListFaulty",
    "ListRow",
    "Material",
    "MaterialOrigin",
    "Necessity",
    "NoSuchGuide",
    "NoSuchLifeEvent",
    "UnknownPlaces",
    "canonical_json",
    "content_hash",
    "departments",
    "entries",
    "entry",
    "hot",
    "import_list",
    "life_event",
    "life_events",
    "load_samples",
    "publish",
    "publish_all",
    "published",
    "published_page",
    "read_list",
    "refresh",
    "search",
    "sounding_like",
    "version",
]

"""Supervision (效能监管): what the city says it can do, tried; what it says everywhere, compared.

The channel matrix says for every item and channel which of 约、查、报、办 is there. The rates
(进驻率、可办率) count only what was tried and passed, through the desk's own functions, on the
guide in force, within a week. Every channel is asked like a citizen; one that serves another
version than the database raises an alarm. Old pages of departments lead here, and a task sees that
they do. The materials demanded were frozen once; every reduction is measured against that.

Cards fall when a deadline comes near or was missed: warning, yellow, red, by dated thresholds
(``workdays``). A card, the claim of its rung and its announcement are written together: each rung
gives one card, whatever dies in between. A card noticed late keeps its true instant and says so.
None falls on a provisional date.
"""

from citydesk.supervision.appeals import (
    Answer,
    Appeal,
    answer_appeal,
    appeal_card,
    appeal_until,
    appeals_of,
    open_appeals,
)
from citydesk.supervision.baseline import (
    Frozen,
    ItemReduction,
    MaterialFate,
    Reduced,
    freeze_baseline,
    frozen_baseline,
    reduced,
)
from citydesk.supervision.card_events import AppealAnswered, CardAppealed, CardFallen
from citydesk.supervision.card_words import Level
from citydesk.supervision.cards import fire_rungs
from citydesk.supervision.channels import Cell, ChannelRow, channels_of, lay_matrix
from citydesk.supervision.checking import ask_check, check_asked
from citydesk.supervision.events import CheckAsked, ParityBroken
from citydesk.supervision.exceptions import (
    ask_exception,
    decide_exception,
    end_exception,
    exceptions,
    logins,
)
from citydesk.supervision.former_checks import check_former_pages
from citydesk.supervision.former_pages import (
    FormerCount,
    FormerVisit,
    forget_former_page,
    former_counts,
    former_pages,
    former_target,
    former_visits,
    register_former_pages,
)
from citydesk.supervision.measures import Fate, Reduction, Share, Target
from citydesk.supervision.parity import (
    ChannelStanding,
    Compared,
    alarms,
    compare_channels,
    compare_item,
    note_alarm,
    standings,
)
from citydesk.supervision.rates import (
    RATED,
    RatedItem,
    ScopeKind,
    ScopeShare,
    Standing,
    city_rate,
    rated_items,
    rates_by,
    target,
    targets,
)
from citydesk.supervision.refusals import (
    AlreadyDecided,
    AlreadyFrozen,
    AppealLate,
    BadFormerPage,
    NoReasonGiven,
    NoSuchSupervised,
    NotForYou,
    NotFrozenYet,
    NothingToFreeze,
    SamePerson,
)
from citydesk.supervision.shown_cards import (
    ComingCard,
    ShownCard,
    cards_by_id,
    cards_of,
    cards_on,
    coming,
    highest,
    latest_cards,
)
from citydesk.supervision.trials import (
    TrialChange,
    TrialShown,
    Tried,
    changes_of,
    trials_of,
    try_item,
    try_items,
)

__all__ = [
    "RATED",
    "AlreadyDecided",
    "AlreadyFrozen",
    "Answer",
    "Appeal",
    "AppealAnswered",
    "AppealLate",
    "BadFormerPage",
    "CardAppealed",
    "CardFallen",
    "Cell",
    "ChannelRow",
    "ChannelStanding",
    "CheckAsked",
    "ComingCard",
    "Compared",
    "Fate",
    "FormerCount",
    "FormerVisit",
    "Frozen",
    "ItemReduction",
    "Level",
    "MaterialFate",
    "NoReasonGiven",
    "NoSuchSupervised",
    "NotForYou",
    "NotFrozenYet",
    "NothingToFreeze",
    "ParityBroken",
    "RatedItem",
    "Reduced",
    "Reduction",
    "SamePerson",
    "ScopeKind",
    "ScopeShare",
    "Share",
    "ShownCard",
    "Standing",
    "Target",
    "TrialChange",
    "TrialShown",
    "Tried",
    "alarms",
    "answer_appeal",
    "appeal_card",
    "appeal_until",
    "appeals_of",
    "ask_check",
    "ask_exception",
    "cards_by_id",
    "cards_of",
    "cards_on",
    "changes_of",
    "channels_of",
    "check_asked",
    "check_former_pages",
    "city_rate",
    "coming",
    "compare_channels",
    "compare_item",
    "decide_exception",
    "end_exception",
    "exceptions",
    "fire_rungs",
    "forget_former_page",
    "former_counts",
    "former_pages",
    "former_target",
    "former_visits",
    "freeze_baseline",
    "frozen_baseline",
    "highest",
    "latest_cards",
    "lay_matrix",
    "logins",
    "note_alarm",
    "open_appeals",
    "rated_items",
    "rates_by",
    "reduced",
    "register_former_pages",
    "standings",
    "target",
    "targets",
    "trials_of",
    "try_item",
    "try_items",
]

"""What supervision remembers: the channel matrix, tests, probes, alarms, old pages, cards."""

from enum import StrEnum
from typing import Any

from tortoise import fields

from models.base import Record


class Channel(StrEnum):
    """The ways in which the city is met (渠道)."""

    CHAT = "chat"
    APP = "app"
    MINI_PROGRAM = "mini_program"
    PORTAL = "portal"
    WINDOW = "window"
    TERMINAL = "terminal"
    HALL_SCREEN = "hall_screen"


class Ability(StrEnum):
    """What one can do about an item in a channel: 约 / 查 / 报 / 办."""

    BOOK = "book"
    QUERY = "query"
    FILE = "file"
    HANDLE = "handle"


class Offer(StrEnum):
    """Whether a channel offers an ability for an item; not_yet: the channel is not built."""

    LIVE = "live"
    NOT_OFFERED = "not_offered"
    NOT_YET = "not_yet"


class Trial(StrEnum):
    """What is tested of an item: the four abilities, and that a hall takes it (进驻)."""

    ENTER = "enter"
    BOOK = "book"
    QUERY = "query"
    FILE = "file"
    HANDLE = "handle"


class Measure(StrEnum):
    """The rates that have targets: 进驻率, 可办率, 可约率, and 材料减少."""

    ENTRY = "entry"
    ONLINE = "online"
    BOOKABLE = "bookable"
    MATERIALS = "materials"


class ExceptionState(StrEnum):
    """How a request to except an item from a rate stands; ended: taken back, or run out."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"


class ProbeOutcome(StrEnum):
    """What a channel served: the version in force, another one, none, or no answer at all."""

    SAME = "same"
    OTHER_VERSION = "other_version"
    NO_VERSION = "no_version"
    NO_ANSWER = "no_answer"


class FormerState(StrEnum):
    """Where a department's former page leads now; unknown: not looked at yet, or undecided."""

    UNKNOWN = "unknown"
    REDIRECTED = "redirected"
    STILL_LIVE = "still_live"
    DEAD = "dead"


class ItemChannel(Record):
    """What one channel offers for one variant of an item, and why not what it does not."""

    item_id = fields.UUIDField()
    item_code = fields.CharField(80)
    variant_code = fields.CharField(80)  # the item's own code when it has no variants
    channel = fields.CharEnumField(Channel, max_length=32)
    book = fields.CharEnumField(Offer, max_length=32)
    query = fields.CharEnumField(Offer, max_length=32)
    file = fields.CharEnumField(Offer, max_length=32)
    handle = fields.CharEnumField(Offer, max_length=32)
    reason_if_not = fields.CharField(400, default="", db_default="")
    changed_at = fields.DatetimeField()

    class Meta:
        """One row for each variant and channel."""

        table = "item_channel"
        unique_together = (("item_id", "variant_code", "channel"),)


class ItemTest(Record):
    """How the last test of one thing, of one item in one hall, went (hall "": of no hall)."""

    item_id = fields.UUIDField()
    item_code = fields.CharField(80)
    hall_code = fields.CharField(32)
    trial = fields.CharEnumField(Trial, max_length=32)
    passed = fields.BooleanField()
    fault = fields.CharField(60, default="", db_default="")  # the refusal's or fault's name
    detail = fields.CharField(400, default="", db_default="")  # the sentence a person would read
    version_id = fields.UUIDField()
    tested_at = fields.DatetimeField()
    since = fields.DatetimeField()  # passed, or failed in this way, without a break

    class Meta:
        """One row for each item, hall and trial."""

        table = "item_test"
        unique_together = (("item_id", "hall_code", "trial"),)


class ItemTestChange(Record):
    """A test that went otherwise than the one before; never changed, never removed."""

    item_id = fields.UUIDField()
    hall_code = fields.CharField(32)
    trial = fields.CharEnumField(Trial, max_length=32)
    passed = fields.BooleanField()
    fault = fields.CharField(60, default="", db_default="")
    detail = fields.CharField(400, default="", db_default="")
    version_id = fields.UUIDField()

    class Meta:
        """Read by item, newest first."""

        table = "item_test_change"
        indexes = (("item_id", "created_at"),)


class RateTarget(Record):
    """What share of the items a rate must reach by a day, in thousandths (dated policy)."""

    measure = fields.CharEnumField(Measure, max_length=32)
    permille = fields.SmallIntField()
    due_on = fields.DateField()
    source = fields.CharField(200, default="", db_default="")

    class Meta:
        """A rate has one target a day."""

        table = "rate_target"
        unique_together = (("measure", "due_on"),)


class RateException(Record):
    """An item excepted from a rate, with the reason; two persons, one asks, another decides."""

    item_id = fields.UUIDField()
    item_code = fields.CharField(80)
    item_name = fields.CharField(300)
    measure = fields.CharEnumField(Measure, max_length=32)
    reason = fields.CharField(1000)
    valid_to = fields.DateField(null=True)
    state = fields.CharEnumField(ExceptionState, max_length=32)
    asked_by = fields.UUIDField()
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    decision_note = fields.CharField(1000, default="", db_default="")
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        """One live exception per item and rate: a partial index sees to it."""

        table = "rate_exception"
        indexes = (("state", "created_at"),)


class ChannelProbe(Record):
    """What a channel served last when it was asked for an item like a citizen asks."""

    item_id = fields.UUIDField()
    item_code = fields.CharField(80)
    channel = fields.CharEnumField(Channel, max_length=32)
    outcome = fields.CharEnumField(ProbeOutcome, max_length=32)
    served_version_no = fields.IntField(null=True)
    served_hash8 = fields.CharField(8, default="", db_default="")
    true_version_no = fields.IntField()
    true_hash8 = fields.CharField(8)
    detail = fields.CharField(400, default="", db_default="")
    asked_at = fields.DatetimeField()

    class Meta:
        """One row for each item and channel."""

        table = "channel_probe"
        unique_together = (("item_id", "channel"),)


class ParityAlarm(Record):
    """A channel serves something else than the version in force; open until it agrees again."""

    item_id = fields.UUIDField()
    item_code = fields.CharField(80)
    item_name = fields.CharField(300)
    channel = fields.CharEnumField(Channel, max_length=32)
    outcome = fields.CharEnumField(ProbeOutcome, max_length=32)
    served_version_no = fields.IntField(null=True)
    served_hash8 = fields.CharField(8, default="", db_default="")
    true_version_no = fields.IntField()
    true_hash8 = fields.CharField(8)
    detail = fields.CharField(400, default="", db_default="")
    seen_at = fields.DatetimeField()  # last found so
    times = fields.IntField(default=1, db_default=1)
    noted_by = fields.UUIDField(null=True)
    noted_at = fields.DatetimeField(null=True)
    note = fields.CharField(1000, default="", db_default="")
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        """One open alarm per item and channel: a partial index sees to it."""

        table = "parity_alarm"
        indexes = (("closed_at", "created_at"),)


class FormerPage(Record):
    """A page a department kept of its own before there was one platform, and where it leads."""

    address = fields.CharField(1000)  # as it was written
    place = fields.CharField(1000, unique=True)  # host and path, as requests are compared with it
    department = fields.CharField(120)
    item_code = fields.CharField(80, default="", db_default="")  # "": the department's front page
    state = fields.CharEnumField(FormerState, max_length=32)
    detail = fields.CharField(400, default="", db_default="")
    status = fields.SmallIntField(null=True)  # HTTP status of its own first answer
    leads_to = fields.CharField(1000, default="", db_default="")
    silent_times = fields.SmallIntField(default=0, db_default=0)
    checked_at = fields.DatetimeField(null=True)
    since = fields.DatetimeField()
    added_by = fields.UUIDField(null=True)
    visits = fields.IntField(default=0, db_default=0)  # how often we have sent somebody on
    visited_at = fields.DatetimeField(null=True)

    class Meta:
        """Listed by state and department; checked longest ago first."""

        table = "former_page"
        indexes = (("state", "department"), ("checked_at",))


class MaterialFreeze(Record):
    """The one moment at which the materials demanded were written down (材料基线)."""

    frozen_at = fields.DatetimeField()
    frozen_by = fields.UUIDField(null=True)  # null: by the command line
    item_ids: fields.JSONField[list[str]] = fields.JSONField()  # those without a demand, too
    materials = fields.IntField()
    rows_hash = fields.CharField(64)  # SHA-256 over the rows, in the order of item and material

    class Meta:
        """There is one row at most, ever: an index sees to it, a trigger that it stays."""

        table = "material_freeze"


class MaterialBaseline(Record):
    """One material an item demanded of its applicant when the baseline was frozen."""

    freeze: fields.ForeignKeyRelation[MaterialFreeze] = fields.ForeignKeyField(
        "models.MaterialFreeze",
        related_name="rows",
        on_delete=fields.OnDelete.RESTRICT,
        db_index=False,
    )
    item_id = fields.UUIDField()
    item_code = fields.CharField(80)
    item_name = fields.CharField(300)
    department = fields.CharField(120)
    version_no = fields.IntField()
    hash8 = fields.CharField(8)
    requirement = fields.CharField(64)  # the material's code in its guide
    name = fields.CharField(400)
    facts: fields.JSONField[dict[str, Any]] = fields.JSONField()  # necessity, origin, copies …

    class Meta:
        """A material stands once; the index also serves the foreign key."""

        table = "material_baseline"
        unique_together = (("freeze", "item_id", "requirement"),)


class Card(Record):
    """One card: which rung of which timer, when it truly fell, and why.

    ``state`` by the published codes: D to be sent, Y issued, C revoked, Q cancelled, B ordered.
    """

    timer_id = fields.UUIDField()
    rung_key = fields.CharField(16)
    subject_kind = fields.CharField(20)
    subject_id = fields.UUIDField()
    organ_id = fields.UUIDField(null=True)
    timer_kind = fields.CharField(32)
    no = fields.SmallIntField(default=0, db_default=0)
    level = fields.CharField(8)
    passed_at = fields.DatetimeField()
    detected_late = fields.BooleanField()
    rule_version = fields.CharField(16)
    description = fields.TextField()
    basis: fields.JSONField[dict[str, Any]] = fields.JSONField()
    state = fields.CharField(1)

    class Meta:
        """One card a rung; found by subject, and by the organ that must act."""

        table = "card"
        unique_together = (("timer_id", "rung_key"),)
        indexes = (("subject_kind", "subject_id"), ("organ_id", "passed_at"))


class CardStep(Record):
    """One step of a card's appeal: by the organ's head, or by a supervisor. Never changed."""

    card_id = fields.UUIDField()
    seq = fields.SmallIntField()
    action = fields.CharField(12)
    officer_id = fields.UUIDField()
    post_id = fields.UUIDField()
    text_sealed = fields.BinaryField()

    class Meta:
        """Steps of a card are numbered without gaps."""

        table = "card_step"
        unique_together = (("card_id", "seq"),)

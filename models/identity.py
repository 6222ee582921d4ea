"""People and their accounts, officers and their posts, and the sessions of both.

Columns named ``*_sealed`` are encrypted for their table, column and row; ``*_blind`` are keyed
hashes that find a row by an exact value; ``*_hash`` are hashes of secrets we never store.
"""

from enum import StrEnum

from tortoise import fields

from models.base import Record
from models.organs import Organ, ServiceHall


class IdentityKind(StrEnum):
    """A human being or an organisation."""

    NATURAL = "natural"
    LEGAL = "legal"


class AccountProvider(StrEnum):
    """Where an account lives."""

    OFFICIAL_ACCOUNT = "official_account"
    MINI_PROGRAM = "mini_program"


class Role(StrEnum):
    """What a post may do; one session acts for exactly one post."""

    FRONT_DESK = "front_desk"
    BACK_OFFICE = "back_office"
    EXIT_WINDOW = "exit_window"
    DEPARTMENT_HEAD = "department_head"
    ADMIN = "admin"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    PUBLISHER = "publisher"
    SUPERVISOR = "supervisor"


class Identity(Record):
    """A person whose real name was checked; one row per identity document."""

    kind = fields.CharEnumField(IdentityKind, max_length=32)
    name_sealed = fields.BinaryField()
    id_type = fields.CharField(8)
    id_no_sealed = fields.BinaryField()
    id_no_blind = fields.CharField(64)
    phone_sealed = fields.BinaryField(null=True)
    assurance_level = fields.SmallIntField()
    verified_by = fields.CharField(200)
    subject = fields.CharField(200)
    verified_at = fields.DatetimeField()

    class Meta:
        """A document number of one type is one person."""

        table = "identity"
        unique_together = (("id_type", "id_no_blind"),)


class Account(Record):
    """A WeChat user of one of our applications; unionid joins the accounts of one user."""

    provider = fields.CharEnumField(AccountProvider, max_length=32)
    app_id = fields.CharField(32)
    openid = fields.CharField(64)
    unionid = fields.CharField(64, null=True, db_index=True)
    identity: fields.ForeignKeyNullableRelation[Identity] = fields.ForeignKeyField(
        "models.Identity",
        related_name="accounts",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    followed = fields.BooleanField(default=False, db_default=False)
    followed_at = fields.DatetimeField(null=True)
    unfollowed_at = fields.DatetimeField(null=True)

    class Meta:
        """An openid names one user of one application."""

        table = "account"
        unique_together = (("provider", "app_id", "openid"),)


class OfficerAccount(Record):
    """A member of staff who may sign in."""

    login = fields.CharField(40, unique=True)
    name_sealed = fields.BinaryField()
    password_hash = fields.CharField(200)
    active = fields.BooleanField(default=True, db_default=True)

    class Meta:
        """Posts say what the officer may do."""

        table = "officer"


class Post(Record):
    """A role an officer holds at an organ, perhaps in one hall; valid_to empty: until further."""

    officer: fields.ForeignKeyRelation[OfficerAccount] = fields.ForeignKeyField(
        "models.OfficerAccount", related_name="posts", on_delete=fields.RESTRICT, db_index=True
    )
    role = fields.CharEnumField(Role, max_length=32)
    organ: fields.ForeignKeyNullableRelation[Organ] = fields.ForeignKeyField(
        "models.Organ", related_name="posts", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    hall: fields.ForeignKeyNullableRelation[ServiceHall] = fields.ForeignKeyField(
        "models.ServiceHall",
        related_name="posts",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    valid_from = fields.DateField()
    valid_to = fields.DateField(null=True)

    class Meta:
        """Dates are inclusive, on the city's calendar."""

        table = "post"


class Session(Record):
    """One sign-in: of an account, or of an officer in one post. Its refresh tokens are a family.

    A browser has no refresh tokens: its cookie's hash stands here.
    """

    account: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "models.Account",
        related_name="sessions",
        null=True,
        on_delete=fields.CASCADE,
        db_index=True,
    )
    post: fields.ForeignKeyNullableRelation[Post] = fields.ForeignKeyField(
        "models.Post", related_name="sessions", null=True, on_delete=fields.CASCADE, db_index=True
    )
    channel = fields.CharField(16)
    device = fields.CharField(80)
    browser_hash = fields.CharField(64, null=True, unique=True)
    expires_at = fields.DatetimeField(db_index=True)
    revoked_at = fields.DatetimeField(null=True)
    revoked_for = fields.CharField(32, null=True)

    class Meta:
        """Either an account or a post: see migrations/0002_constraints.py."""

        table = "session"


class RefreshToken(Record):
    """A refresh token of a session, by its hash; a used one that comes back betrays a theft."""

    session: fields.ForeignKeyRelation[Session] = fields.ForeignKeyField(
        "models.Session", related_name="refresh_tokens", on_delete=fields.CASCADE, db_index=True
    )
    token_hash = fields.CharField(64, unique=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        """At most one token of a session is unused: see migrations/0002_constraints.py."""

        table = "refresh_token"


class SignInTries(Record):
    """Passwords tried for a login, whether an officer has that login or not."""

    login_hash = fields.CharField(64, unique=True)
    failed = fields.SmallIntField()
    last_at = fields.DatetimeField(db_index=True)
    locked_until = fields.DatetimeField(null=True)

    class Meta:
        """Forgotten a day after the last try."""

        table = "sign_in_tries"


class VerificationAttempt(Record):
    """A real-name check begun at the identity provider; good once, for ten minutes."""

    state_hash = fields.CharField(64, unique=True)
    verifier_sealed = fields.BinaryField()
    nonce = fields.CharField(64)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="attempts", on_delete=fields.CASCADE, db_index=True
    )
    session_id = fields.UUIDField(null=True)
    return_to = fields.CharField(200)
    expires_at = fields.DatetimeField(db_index=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        """The state is known to the citizen's browser only; begun at a page, to that session's."""

        table = "verification_attempt"


class AccessLog(Record):
    """An officer read a person's data: who, whose, which fields, what for. Never changed."""

    officer: fields.ForeignKeyRelation[OfficerAccount] = fields.ForeignKeyField(
        "models.OfficerAccount", related_name="reads", on_delete=fields.RESTRICT, db_index=True
    )
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "models.Post", related_name="reads", on_delete=fields.RESTRICT, db_index=True
    )
    identity: fields.ForeignKeyRelation[Identity] = fields.ForeignKeyField(
        "models.Identity", related_name="reads", on_delete=fields.RESTRICT, db_index=True
    )
    fields_read = fields.CharField(80)
    purpose = fields.CharField(200)

    class Meta:
        """created_at is the moment of reading."""

        table = "access_log"

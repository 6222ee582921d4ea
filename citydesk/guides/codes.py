"""Code sets of a guide's elements: GB/T 39046—2020 annex A, and the item library's own."""

from enum import StrEnum


class ItemType(StrEnum):
    """事项类型, GB/T 39046 A.1."""

    PERMIT = "01"
    PENALTY = "02"
    COERCION = "03"
    LEVY = "04"
    PAYMENT = "05"
    INSPECTION = "06"
    CONFIRMATION = "07"
    REWARD = "08"
    RULING = "09"
    OTHER = "10"
    PUBLIC_SERVICE = "20"


class CaseType(StrEnum):
    """办件类型: done on the spot, or promised within a limit."""

    IMMEDIATE = "immediate"
    PROMISED = "promised"


class ExerciseLevel(StrEnum):
    """行使层级, GB/T 39046 A.2."""

    STATE = "1"
    PROVINCE = "2"
    CITY = "3"
    DISTRICT = "4"
    TOWN = "5"
    VILLAGE = "6"
    SHARED = "7"


class Addressee(StrEnum):
    """服务对象, GB/T 39046 A.4."""

    PERSON = "1"
    ENTERPRISE = "2"
    PUBLIC_INSTITUTION = "3"
    SOCIAL_ORGANISATION = "4"
    ADMINISTRATION = "5"
    OTHER = "6"


class HandlingForm(StrEnum):
    """办理形式, GB/T 39046 A.5: window, computer, phone, mail."""

    WINDOW = "1"
    COMPUTER = "2"
    MOBILE = "3"
    MAIL = "4"
    OTHER = "9"


class OnlineDepth(StrEnum):
    """网上办理深度 Ⅰ–Ⅳ; Ⅳ means handled wholly online."""

    INFORMATION = "1"
    ADVICE = "2"
    PRE_REVIEW = "3"
    WHOLLY = "4"


class HandlingScope(StrEnum):
    """通办范围: how far from home one may hand the application in."""

    NATIONAL = "national"
    CROSS_PROVINCE = "cross_province"
    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    NONE = "none"


class LimitUnit(StrEnum):
    """What a time limit counts."""

    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"
    HOUR = "hour"
    MONTH = "month"
    YEAR = "year"


class MaterialType(StrEnum):
    """原件 / 复印件 / 电子."""

    ORIGINAL = "original"
    COPY = "copy"
    ELECTRONIC = "electronic"


class MaterialForm(StrEnum):
    """纸质 / 电子 / 均可."""

    PAPER = "paper"
    ELECTRONIC = "electronic"
    BOTH = "both"


class Necessity(StrEnum):
    """必要 / 非必要 / 容缺后补."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    DEFERRABLE = "deferrable"


class MaterialOrigin(StrEnum):
    """Who issues the material: 申请人自备 / 政府部门核发 / 中介机构 / 其他."""

    APPLICANT = "applicant"
    GOVERNMENT = "government"
    INTERMEDIARY = "intermediary"
    OTHER = "other"


class FieldType(StrEnum):
    """How one question of the form is asked and checked."""

    TEXT = "text"
    ID_NO = "id_no"
    PHONE = "phone"
    DATE = "date"
    CHOICE = "choice"
    NUMBER = "number"
    ADDRESS = "address"
    TEXTAREA = "textarea"


class ResultType(StrEnum):
    """What the citizen holds in the end: 证照 / 批文 / 其他 / 无."""

    CERTIFICATE = "certificate"
    APPROVAL = "approval"
    OTHER = "other"
    NONE = "none"

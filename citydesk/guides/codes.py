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


class CodeScheme(StrEnum):
    """How an item's code is built: the 31 characters of the national library, or a local form."""

    NATIONAL = "national"
    LOCAL = "local"


class PowerSource(StrEnum):
    """权力来源: 法定本级 / 上级下放 / 授权 / 委托."""

    STATUTORY = "statutory"
    DELEGATED = "delegated"
    AUTHORISED = "authorised"
    ENTRUSTED = "entrusted"


class AuthorityKind(StrEnum):
    """实施主体性质, GB/T 39046 A.3: 法定机关 / 授权组织 / 受委托组织 / 其他."""

    STATUTORY = "1"
    AUTHORISED = "2"
    ENTRUSTED = "3"
    OTHER = "9"


class CaseType(StrEnum):
    """办件类型, GB/T 39046 A.6: done on the spot, or promised within a limit, or otherwise."""

    IMMEDIATE = "immediate"
    PROMISED = "promised"
    OTHER = "other"


class FlowMode(StrEnum):
    """How the flow runs: 即审即办 at one desk at once, or 前审后批 from the front to the back."""

    IMMEDIATE = "immediate"
    REVIEWED = "reviewed"


class CompletionMode(StrEnum):
    """办结方式: 出证办结 / 出文办结 / 审批办结 / 其他."""

    CERTIFICATE = "certificate"
    DOCUMENT = "document"
    APPROVAL = "approval"
    OTHER = "other"


class SpecialKind(StrEnum):
    """特别程序种类, GB/T 39046 A.7: 延长审批 / 除延长审批之外."""

    EXTENSION = "1"
    OTHER = "2"


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


class OnlineStep(StrEnum):
    """What of it goes online: 咨询 / 收件 / 预审 / 受理 / 办理 / 结果反馈 / 电子证照反馈."""

    CONSULT = "consult"
    RECEIVE = "receive"
    PRE_REVIEW = "pre_review"
    ACCEPT = "accept"
    HANDLE = "handle"
    FEEDBACK = "feedback"
    CERTIFICATE = "certificate"


class Delivery(StrEnum):
    """结果送达方式: 窗口领取 / 邮寄 / 电子送达."""

    WINDOW = "window"
    MAIL = "mail"
    ELECTRONIC = "electronic"


class NetworkKind(StrEnum):
    """Where a department's own system runs: 互联网 / 政务外网 / 政务内网 / 专网."""

    INTERNET = "internet"
    EXTRANET = "extranet"
    INTRANET = "intranet"
    DEDICATED = "dedicated"


class SystemLevel(StrEnum):
    """Whose system it is: 国家 / 省 / 市, numbered as A.2."""

    STATE = "1"
    PROVINCE = "2"
    CITY = "3"


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
    MOBILE = "mobile"
    CREDIT_CODE = "credit_code"  # 统一社会信用代码, GB 32100
    CHOICES = "choices"  # several of the options
    BOOLEAN = "boolean"


class FieldMeaning(StrEnum):
    """Whose and what an answer is, so that what was given once is proposed again (一表申请)."""

    APPLICANT_NAME = "applicant_name"
    APPLICANT_ID_NO = "applicant_id_no"
    APPLICANT_PHONE = "applicant_phone"
    APPLICANT_ADDRESS = "applicant_address"
    UNIT_NAME = "unit_name"
    UNIT_CREDIT_CODE = "unit_credit_code"
    UNIT_HEAD = "unit_head"
    UNIT_ADDRESS = "unit_address"
    BANK_ACCOUNT = "bank_account"


class ResultType(StrEnum):
    """What the citizen holds in the end: 证照 / 批文 / 其他 / 无."""

    CERTIFICATE = "certificate"
    APPROVAL = "approval"
    OTHER = "other"
    NONE = "none"

"""How the editors' pages call each element of a guide, its parts, and the values it may have."""

from collections.abc import Mapping
from typing import Any

from citydesk import guides
from citydesk.guides import CORP_THEMES, PERSON_THEMES
from models.guides import VersionState
from models.guides.work import BulkKind, ReportState
from portal import guide_words

SECTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "basic": (
        "事项",
        (
            *("name", "item_code", "code_scheme", "local_item_code", "plain_labels", "item_type"),
            *("legal_basis", "power_source", "power_division", "exercise_level"),
            "exercise_content",
        ),
    ),
    "who": (
        "主体和对象",
        (
            *("authority", "authority_kind", "entrusted_by", "handling_unit", "co_authorities"),
            *("addressees", "themes_person", "themes_corp", "themes", "is_investment_project"),
        ),
    ),
    "time": (
        "时限和流程",
        (
            *("case_type", "flow_mode", "completion_mode", "statutory_limit", "promised_limit"),
            *("process_links", "special_procedures", "flow_image"),
        ),
    ),
    "bring": (
        "条件和材料",
        ("acceptance_conditions", "extra_conditions", "quantity_limit", "materials", "form_fields"),
    ),
    "situations": ("情形引导", ("questions", "situations", "variants")),
    "cost": ("收费", ("has_fee", "fees", "online_pay")),
    "ways": (
        "渠道",
        (
            *("forms", "is_online", "online_depth", "online_steps", "online_url", "mobile_url"),
            *("app_url", "single_sign_on", "is_schedule", "schedule_daily_quota", "schedule_rule"),
            *("is_terminal", "is_entered", "mail_in", "mail_out", "delivery", "promised_visits"),
            *("onsite_reason", "handling_scope"),
        ),
    ),
    "where": (
        "地点和电话",
        (
            *("places", "office_hours", "consult_phone", "consult_net", "consult_mail"),
            *("consult_wechat", "complain_phone", "complain_net", "complain_mail"),
            "complain_wechat",
        ),
    ),
    "rights": (
        "结果和救济",
        ("result", "rights", "duties", "remedies", "review_organ", "litigation_court"),
    ),
    "help": ("问答和系统", ("faqs", "intermediary_services", "dept_system", "sample")),
}

NESTED_LABELS = {
    "process_links.unit": "办理单位",
    "form_fields.options": "选项（每行一个）",
    "form_fields.when": "什么时候才问（代号=选项，选项）",
    "form_fields.about": "填的是什么（用来自动带出填过的）",
    "result.sample": "结果样本",
    "materials.sample": "样例",
    "variants.materials": "材料代码（每行一个，空着是全部）",
    "variants.code": "两位代码",
    "questions.text": "问题",
    "legal_basis.text": "条文",
}
HINTS = {
    "plain_labels": "老百姓的说法，每行一个，搜索时用",
    "item_code": "31位：信用代码18位、行使层级1位、目录代码12位",
    "acceptance_conditions": "每行一条",
    "co_authorities": "每行一个",
    "themes": "每行一个",
    "satisfiable_by": "每行一个，如 certificate:营业执照",
    "when": "每行一个问题：代号=选项代号,选项代号；空着表示都需要",
    "options": "每行一个选项：代号 | 文字 | 说明 | 业务办理项 | 不能办时怎么说",
    "amount_fen": "按实际情况计算的，空着",
    "online_pay": "收费的事项必须明确",
    "onsite_reason": "次数大于0时必须写；0次时空着",
    "places": "",
    "cert_type_code": "没有的空着",
}
VALUES: dict[str, dict[str, str]] = {
    "ItemType": dict(guide_words.ITEM_TYPES),
    "Addressee": {**guide_words.ADDRESSEES, "1": "自然人", "2": "企业法人"},
    "HandlingForm": dict(guide_words.FORMS),
    "HandlingScope": {
        **{"national": "全国", "cross_province": "跨省", "province": "全省", "city": "全市"},
        **{"district": "区县", "none": "不通办"},
    },
    "MaterialOrigin": {**guide_words.ORIGINS, "applicant": "申请人自备"},
    "MaterialForm": {"paper": "纸质", "electronic": "电子", "both": "纸质、电子都行"},
    "MaterialType": {"original": "原件", "copy": "复印件", "electronic": "电子"},
    "Necessity": {"required": "必要", "optional": "非必要", "deferrable": "容缺后补"},
    "CaseType": {"immediate": "即办件", "promised": "承诺件", "other": "其他"},
    "FlowMode": {"immediate": "即审即办", "reviewed": "前审后批"},
    "CompletionMode": {
        **{"certificate": "出证办结", "document": "出文办结"},
        **{"approval": "审批办结", "other": "其他"},
    },
    "PowerSource": {
        **{"statutory": "法定本级", "delegated": "上级下放"},
        **{"authorised": "授权", "entrusted": "委托", "other": "其他"},
    },
    "AuthorityKind": {"1": "法定机关", "2": "授权组织", "3": "受委托组织", "9": "其他"},
    "CodeScheme": {"national": "国家31位编码", "local": "地方编码"},
    "SpecialKind": {"1": "延长审批", "2": "除延长审批之外"},
    "ExerciseLevel": {
        **{"1": "国家", "2": "省", "3": "市", "4": "县区"},
        **{"5": "镇街", "6": "村社区", "7": "分级管理"},
    },
    "OnlineDepth": {"1": "Ⅰ 信息公开", "2": "Ⅱ 咨询下载", "3": "Ⅲ 网上预审", "4": "Ⅳ 全程网办"},
    "OnlineStep": {
        **{"consult": "咨询", "receive": "收件", "pre_review": "预审", "accept": "受理"},
        **{"handle": "办理", "feedback": "结果反馈", "certificate": "电子证照反馈"},
    },
    "Delivery": {"window": "窗口领取", "mail": "邮寄", "electronic": "电子送达"},
    "NetworkKind": {
        **{"internet": "互联网", "extranet": "政务外网"},
        **{"intranet": "政务内网", "dedicated": "专网"},
    },
    "SystemLevel": {"1": "国家", "2": "省", "3": "市"},
    "LimitUnit": {
        **{"working_day": "工作日", "calendar_day": "自然日", "hour": "小时"},
        **{"month": "月", "year": "年"},
    },
    "FieldType": {
        **{"text": "文字", "id_no": "身份证号", "phone": "电话", "date": "日期"},
        **{"choice": "选择", "number": "数字", "address": "地址", "textarea": "长文字"},
        **{"mobile": "手机号", "credit_code": "统一社会信用代码", "choices": "多选"},
        "boolean": "是或否",
    },
    "FieldMeaning": {
        **{"applicant_name": "申请人姓名", "applicant_id_no": "申请人身份证号"},
        **{"applicant_phone": "申请人电话", "applicant_address": "申请人住址"},
        **{"unit_name": "单位名称", "unit_credit_code": "单位信用代码"},
        **{"unit_head": "单位法定代表人", "unit_address": "单位地址", "bank_account": "收款账号"},
    },
    "ResultType": {"certificate": "证照", "approval": "批文", "other": "其他", "none": "没有"},
}
STATES = {
    VersionState.DRAFT: ("草稿", "plain"),
    VersionState.IN_REVIEW: ("审核中", "blue"),
    VersionState.APPROVED: ("已审核，待发布", "warn"),
    VersionState.PUBLISHED: ("已发布", "good"),
    VersionState.SUSPENDED: ("已暂停", "bad"),
    VersionState.SUPERSEDED: ("已被新版替换", "plain"),
    VersionState.CANCELLED: ("已取消", "plain"),
    VersionState.DISCARDED: ("已作废", "plain"),
}
BULK_KINDS = {
    BulkKind.SUBMIT: "批量提交审核",
    BulkKind.APPROVE: "批量通过审核",
    BulkKind.RELEASE: "批量发布",
    BulkKind.DISCARD: "批量作废",
    BulkKind.LOOK_OVER: "检查文件",
    BulkKind.IMPORT: "导入文件",
}
ACTIONS = {
    **{"begin": "建立草稿", "import": "导入", "save": "保存", "submit": "提交审核"},
    **{"recall": "撤回修改", "discard": "作废", "approve": "审核通过", "send_back": "退回修改"},
    **{"return": "退回修改", "release": "准予发布", "publish": "发布", "supersede": "被新版替换"},
    **{"suspend": "暂停", "resume": "恢复", "cancel": "取消", "split": "拆分", "merge": "合并"},
}
REPORT_STATES = {
    ReportState.OPEN: ("待答复", "warn"),
    ReportState.ANSWERED: ("已答复", "blue"),
    ReportState.CLOSED: ("已办结", "good"),
}
THEMES = {"themes_person": PERSON_THEMES, "themes_corp": CORP_THEMES}


def label(path: str) -> str:
    """Call an element, or a part of one: materials.2.name → 名称."""
    names = [part for part in path.split(".") if not part.isdigit()]
    if len(names) > 2:
        return f"{label('.'.join(names[:-1]))}：{label('.'.join(names[-2:]))}"
    return NESTED_LABELS.get(".".join(names[-2:])) or guides.name_of(path).rpartition("·")[2]


def title_of(piece: Any, known: Mapping[str, list[tuple[str, str]]]) -> str:
    """Call a piece of a list by what it says of itself; a hall by its name."""
    if not isinstance(piece, Mapping):
        return str(piece)[:60]
    if hall := piece.get("hall"):
        return dict(known["hall"]).get(hall, str(hall)[:60])
    for part in ("name", "text", "label", "law", "question", "code"):
        if piece.get(part):
            return str(piece[part])[:60]
    return "（还没有写）"


def row_of(where: str) -> str:
    """Say where in a file something stands: line 4 → 第4行."""
    kind, _, number = where.partition(" ")
    said = {"line": "第{}行", "item": "第{}条", "file": "整个文件"}.get(kind)
    return said.format(number) if said else where


def action(name: str) -> str:
    """Say what was done to a version."""
    return ACTIONS.get(name, name)


def section_of(path: str) -> str:
    """Return the page of the form an element stands on; the first for one we do not know."""
    name = path.partition(".")[0]
    return next((key for key, (_, names) in SECTIONS.items() if name in names), "basic")

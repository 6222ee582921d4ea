"""Citizens' words without what names a person, before they are kept for anybody to read.

Nothing of a number is left, not even its ends: what is kept is read for its words only.
"""

import re
from unicodedata import normalize

_DIGIT = "[0-9〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]"
_BETWEEN = r"[\s\-_.·,，、/()]{0,3}"
# Six digits and more, however they are written: phones, documents, cards, case numbers, codes.
_NUMBER = re.compile(f"{_DIGIT}(?:{_BETWEEN}{_DIGIT}){{5,}}(?:{_BETWEEN}[xX])?")
_MIXED = re.compile(r"(?=[A-Za-z0-9]*[0-9]{4})(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{7,}")  # passports
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][A-Z0-9]{5,6}", re.I
)
_MAIL = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤"
)
_NAME = re.compile(
    f"((?:我|本人|名)叫|(?:我|本人)是|姓名[是为:]?)\\s*[{_SURNAMES}][\u3400-\u9fff]{{1,2}}"
)
NUMBER, NAME = "〔号码〕", "〔姓名〕"


def masked_words(text: str) -> str:
    """Return words with numbers of persons, plates, addresses of mail and told names masked."""
    plain = normalize("NFKC", text)
    for pattern in (_MAIL, _MIXED, _PLATE, _NUMBER):
        plain = pattern.sub(NUMBER, plain)
    return _NAME.sub(rf"\1{NAME}", plain)

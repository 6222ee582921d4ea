"""The quick reader of flat documents and the parser behind it must never disagree."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from wechat.envelopes import elements, flat_elements, message_from, readable
from wechat.messages import Refused

NAMES = st.sampled_from(
    ["ToUserName", "Content", "a", "_b", "item", "List", "xml", "a-b", "é", "A1"]
)
PLAIN = st.sampled_from(["", "x", "]]", "]]>", "&lt;", "<", "中", " ", "\n", "\r\n", "\xa0", "]"])
INSIDE = st.lists(PLAIN, max_size=4).map("".join)
LEAVES = st.tuples(NAMES, INSIDE, st.booleans(), st.sampled_from(["", "\n", " ", "x", "\xa0"])).map(
    lambda t: f"<{t[0]}>" + (f"<![CDATA[{t[1]}]]>" if t[2] else t[1]) + f"</{t[0]}>{t[3]}"
)
PIECES = st.sampled_from(
    [
        "<xml>",
        "</xml>",
        "<a>",
        "</a>",
        "<b/>",
        "<![CDATA[",
        "]]>",
        "x",
        "\n",
        "<a b='1'>",
        "<!---->",
    ]
)
DOCUMENTS = st.lists(LEAVES, max_size=5).map(lambda leaves: f"<xml>{''.join(leaves)}</xml>")
SCRAPS = st.lists(PIECES | LEAVES, max_size=10).map("".join)


@settings(max_examples=1000)
@given(DOCUMENTS | SCRAPS)
@example("<x<a>1</a>ml></xml>")
@example("<xml><a>1</a></xml><a>1</a></xml>")
@example("<xml><a><![CDATA[x]]></a>]]></a></xml>")
def test_what_the_quick_reader_understands_the_parser_understands_alike(document: str) -> None:
    quick = flat_elements(readable(document.encode()))
    if quick:
        assert quick == elements(readable(document.encode()))


@settings(max_examples=300)
@given(st.binary(max_size=200).map(lambda b: b"<xml><a><![CDATA[" + b + b"]]></a></xml>"))
def test_the_two_readers_agree_on_any_bytes(document: bytes) -> None:
    quick = flat_elements(readable(document))
    if quick is not None:
        assert quick == elements(readable(document))


def test_an_ordinary_push_takes_the_quick_way() -> None:
    document = (
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[o1]]></FromUserName>\n"
        "<CreateTime>1714112445</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n"
        "<Content><![CDATA[<a> & ]] 😀]]></Content>\n<MsgId>1</MsgId>\n</xml>"
    ).encode()
    assert flat_elements(document) == elements(document)
    assert message_from(document, sealed=False).content == "<a> & ]] 😀"


def test_an_empty_document_says_nothing() -> None:
    for document in (b"<xml></xml>", b"<xml/>", b"", b"<xml>text</xml>"):
        try:
            message_from(document, sealed=False)
        except Refused:
            continue
        raise AssertionError(document)

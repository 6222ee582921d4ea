"""What leaves us is well-formed whatever people typed, and fits into WeChat's limits."""

import re

import pytest
import xmltodict
from hypothesis import given, settings
from hypothesis import strategies as st

from wechat import replies
from wechat.messages import Message
from wechat.replies import Article

NOW = 1714112445
SPOKEN = Message(to_user="gh_1", from_user="o1", created_at=NOW, kind="text", msg_id=1)
TAPPED = Message(to_user="gh_1", from_user="o1", created_at=NOW, kind="event", event="click")
ANYTHING = st.text(max_size=400) | st.lists(
    st.sampled_from(["]]>", "]", "<![CDATA[", "&", "😀", "\x08", "\ud83d", "办", "\r"]), max_size=30
).map("".join)


def content_of(reply: bytes) -> str:
    return xmltodict.parse(reply, strip_whitespace=False)["xml"]["Content"] or ""


def test_a_text_goes_to_the_citizen_from_our_account_in_seconds() -> None:
    assert xmltodict.parse(replies.text(SPOKEN, "您好", NOW))["xml"] == {
        "ToUserName": "o1",
        "FromUserName": "gh_1",
        "CreateTime": str(NOW),
        "MsgType": "text",
        "Content": "您好",
    }


def test_what_would_end_the_section_or_break_the_document_is_made_harmless() -> None:
    text = "a]]></Content><MsgType>news</MsgType>\x08\x00\ufffeb"
    assert content_of(replies.text(SPOKEN, text, NOW)) == text.translate(
        {8: None, 0: None, 0xFFFE: None}
    )


@settings(max_examples=300)
@given(ANYTHING)
def test_any_text_leaves_as_it_was_written(text: str) -> None:
    cannot = {*map(chr, range(32)), "\ufffe", "\uffff"} - {"\t", "\n", "\r"}
    kept = "".join(c for c in text if c not in cannot).encode("utf-8", "replace").decode()
    expected = kept.replace("\r\n", "\n").replace("\r", "\n")
    assert content_of(replies.text(SPOKEN, text, NOW)) == expected


@settings(max_examples=200)
@given(st.text(min_size=400, max_size=900), st.sampled_from(["", "\n回复“更多”继续阅读"]))
def test_a_long_text_fits_and_ends_with_the_way_on(text: str, hint: str) -> None:
    fitted = replies.fit(text, hint)
    assert len(content_of(replies.text(SPOKEN, fitted, NOW)).encode()) <= 2048
    if fitted != text:
        assert fitted.endswith("…" + hint)


def test_a_text_of_exactly_the_limit_is_left_alone() -> None:
    text = "办" * 682 + "ab"
    assert len(text.encode()) == 2048
    assert content_of(replies.text(SPOKEN, text, NOW)) == text
    cut = content_of(replies.text(SPOKEN, text + "c", NOW))
    assert cut == "办" * 681 + "…"


def test_a_cut_does_not_go_through_a_link() -> None:
    link = '<a href="https://example.test/guide">办事指南</a>'
    fitted = replies.fit("办" * 665 + link + "事" * 100, "\n更多")
    assert fitted == "办" * 665 + "…\n更多"


def test_a_hint_that_leaves_no_room_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        replies.fit("办" * 1000, "。" * 700)


def test_one_article_answers_a_message_and_eight_an_event() -> None:
    articles = [
        Article(f"标题{n}]]>", "说明 & <b>", "https://example.test/p", "u") for n in range(9)
    ]
    one = xmltodict.parse(replies.news(SPOKEN, articles, NOW), force_list=("item",))["xml"]
    eight = xmltodict.parse(replies.news(TAPPED, articles, NOW), force_list=("item",))["xml"]
    assert (one["ArticleCount"], len(one["Articles"]["item"])) == ("1", 1)
    assert (eight["ArticleCount"], len(eight["Articles"]["item"])) == ("8", 8)
    assert one["Articles"]["item"][0] == {
        "Title": "标题0]]>",
        "Description": "说明 & <b>",
        "PicUrl": "https://example.test/p",
        "Url": "u",
    }
    with pytest.raises(ValueError, match="at least one"):
        replies.news(SPOKEN, [], NOW)


def test_a_menu_link_says_what_it_sends() -> None:
    assert replies.menu_link("满意", "rate:101") == (
        '<a href="weixin://bizmsgmenu?msgmenucontent=满意&msgmenuid=rate:101">满意</a>'
    )


@given(ANYTHING)
def test_no_text_breaks_out_of_a_menu_link(text: str) -> None:
    link = replies.menu_link(text, "1")
    assert re.fullmatch(
        r'<a href="weixin://bizmsgmenu\?msgmenucontent=[^"\'<>&#%=?+\\\s\x00-\x1f]*(?:\u3000'
        r'[^"\'<>&#%=?+\\\s\x00-\x1f]*)*&msgmenuid=1">[^"\'<>&\x00-\x1f]*</a>',
        link,
    )


@pytest.mark.parametrize("menu_id", ["", "a b", 'a"', "<", "1\n", "中", "a" * 65])
def test_a_menu_id_is_a_plain_word(menu_id: str) -> None:
    with pytest.raises(ValueError, match="not a menu id"):
        replies.menu_link("满意", menu_id)


def test_success_is_the_word() -> None:
    assert replies.SUCCESS == b"success"

"""The codec against Tencent's vectors, against wechatpy, and against what must not pass."""

import base64
import contextlib
import hashlib
import struct
from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wechatpy import parse_message
from wechatpy.crypto import PrpCrypto, WeChatCrypto

from wechat.codec import LARGEST_BODY, AesKey, Codec, read_query, signature
from wechat.messages import Message, Refused

TOKEN = "AAAAA"
APP_ID = "wxba5fad812f8e6fb9"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_KEY = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba"
OPENID = "o9AgO5Kd5ggOC-bXrbNODIiE3bGY"
ACCOUNT = "gh_97417a04a28d"
NOW = 1714112445

codec = Codec(token=TOKEN, app_id=APP_ID, aes_keys=[KEY])
codec_key = AesKey(KEY, APP_ID)


def sha1_of(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def text_xml(content: str, msg_id: int = 6054768590064713728, more: str = "") -> str:
    inside = content.replace("]]>", "]]]]><![CDATA[>")
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>\n"
        f"<FromUserName><![CDATA[{OPENID}]]></FromUserName>\n<CreateTime>{NOW}</CreateTime>\n"
        f"<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[{inside}]]></Content>\n"
        f"<MsgId>{msg_id}</MsgId>{more}\n</xml>"
    )


def event_xml(event: str, more: str = "") -> str:
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
        f"<FromUserName><![CDATA[{OPENID}]]></FromUserName><CreateTime>{NOW}</CreateTime>"
        f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>{more}</xml>"
    )


@dataclass
class Push:
    query: dict[str, str]
    body: bytes


def address(nonce: str = "415670741", timestamp: int = NOW, token: str = TOKEN) -> dict[str, str]:
    signed = sha1_of(token, str(timestamp), nonce)
    return {"signature": signed, "timestamp": str(timestamp), "nonce": nonce, "openid": OPENID}


def envelope(encrypt: str, plain_part: str = "") -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>{plain_part}"
        f"<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
    ).encode()


def sealed_push(encrypt: str, plain_part: str = "", timestamp: int = NOW) -> Push:
    query = address(timestamp=timestamp) | {"encrypt_type": "aes"}
    query["msg_signature"] = sha1_of(TOKEN, str(timestamp), query["nonce"], encrypt)
    return Push(query, envelope(encrypt, plain_part))


def encrypted(xml: str | bytes, key: str = KEY, app_id: str = APP_ID) -> str:
    """Encrypted by wechatpy, so that a bug of ours and its twin cannot cancel out."""
    text = xml if isinstance(xml, str) else xml.decode("utf-8")
    return PrpCrypto(base64.b64decode(key + "=")).encrypt(text, app_id).decode()


def raw_encrypted(plain: bytes, key: str = KEY) -> str:
    """A plaintext of our making, padding and length included, under the genuine key."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    secret = base64.b64decode(key + "=")
    return base64.b64encode(
        Cipher(AES(secret), CBC(secret[:16])).encryptor().update(plain)
    ).decode()


def read(xml: str | bytes) -> Message:
    push = sealed_push(encrypted(xml))
    return codec.read(push.query, push.body, NOW)


def refused(push: Push, now: int = NOW, by: Codec = codec) -> Refused:
    with pytest.raises(Refused) as caught:
        by.read(push.query, push.body, now)
    return caught.value


# --- Tencent's own vectors (message push document; protocol A1, A2) -----------------------------

OFFICIAL_KEY = "A" * 43
OFFICIAL_PUSH = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZq"
    "zDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pe"
    "de2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebu"
    "fAlr7F9mFUPAJGj04="
)
OFFICIAL_REPLY = (
    "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
)


def test_the_console_gets_its_echo_back_for_tencents_own_vector() -> None:
    query = {
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
        "echostr": "4375120948345356249",
        "timestamp": "1714036504",
        "nonce": "1514711492",
    }
    assert codec.verify_address(query, now=1714036504) == "4375120948345356249"


def test_tencents_message_signature_and_ciphertext_are_understood() -> None:
    signed = signature(TOKEN.encode(), b"1714112445", b"415670741", OFFICIAL_PUSH.encode())
    opened = AesKey(OFFICIAL_KEY, APP_ID).open(base64.b64decode(OFFICIAL_PUSH))
    assert signed == "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
    assert opened is not None
    assert b'"debug_str":"hello world"' in opened


def test_tencents_sealed_answer_is_understood() -> None:
    signed = signature(TOKEN.encode(), b"1713424427", b"415670741", OFFICIAL_REPLY.encode())
    opened = AesKey(OFFICIAL_KEY, APP_ID).open(base64.b64decode(OFFICIAL_REPLY))
    assert signed == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
    assert opened == b'{"demo_resp":"good luck"}'


def test_a_push_that_tencent_signed_but_that_is_not_xml_is_genuine_and_refused() -> None:
    official = Codec(token=TOKEN, app_id=APP_ID, aes_keys=[OFFICIAL_KEY])
    assert refused(sealed_push(OFFICIAL_PUSH), by=official).authentic


# --- What a push says ---------------------------------------------------------------------------


def test_a_text_message_is_read() -> None:
    assert read(text_xml("我想开饭店")) == Message(
        to_user=ACCOUNT,
        from_user=OPENID,
        created_at=NOW,
        kind="text",
        msg_id=6054768590064713728,
        content="我想开饭店",
        sealed=True,
        fields={},
    )


def test_an_empty_text_is_the_empty_string() -> None:
    assert read(text_xml("")).content == ""
    assert (
        read(text_xml("x").replace("<Content><![CDATA[x]]></Content>", "<Content/>")).content == ""
    )


def test_a_tapped_menu_link_carries_its_id() -> None:
    assert read(text_xml("满意", more="<bizmsgmenuid>101</bizmsgmenuid>")).menu_id == "101"


def test_what_is_not_named_is_kept_in_the_fields() -> None:
    xml = text_xml("", more="<Location_X>41.8</Location_X><Label><![CDATA[沈河区]]></Label>")
    assert read(xml).fields == {"Location_X": "41.8", "Label": "沈河区"}


@pytest.mark.parametrize(
    "event", ["subscribe", "SCAN", "CLICK", "TEMPLATESENDJOBFINISH", "unheard_of"]
)
def test_events_are_told_apart_in_lower_case(event: str) -> None:
    message = read(event_xml(event, "<EventKey><![CDATA[qrscene_12]]></EventKey>"))
    assert (message.kind, message.event, message.event_key) == (
        "event",
        event.lower(),
        "qrscene_12",
    )
    assert message.msg_id is None


def test_the_scan_that_brings_a_follower_keeps_its_ticket() -> None:
    message = read(event_xml("subscribe", "<EventKey>qrscene_1</EventKey><Ticket>gQH47j</Ticket>"))
    assert message.ticket == "gQH47j"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_subscriptions_of_a_popup_are_a_list_however_many_there_are(count: int) -> None:
    one = "<List><TemplateId>T</TemplateId><SubscribeStatusString>accept"
    one += "</SubscribeStatusString></List>"
    more = f"<SubscribeMsgPopupEvent>{one * count}</SubscribeMsgPopupEvent>"
    fields = read(event_xml("subscribe_msg_popup_event", more)).fields
    entry = {"TemplateId": "T", "SubscribeStatusString": "accept"}
    assert fields == {"SubscribeMsgPopupEvent": {"List": [entry] * count}}


def test_pictures_sent_from_a_menu_are_a_list() -> None:
    item = "<item><PicMd5Sum>5a75aaca956d97be686719218f275c6b</PicMd5Sum></item>"
    more = f"<SendPicsInfo><Count>1</Count><PicList>{item}</PicList></SendPicsInfo>"
    pics = read(event_xml("pic_weixin", more)).fields["SendPicsInfo"]
    entry = {"PicMd5Sum": "5a75aaca956d97be686719218f275c6b"}
    assert pics == {"Count": "1", "PicList": {"item": [entry]}}


def test_other_repeated_elements_become_a_list_in_their_order() -> None:
    assert read(text_xml("", more="<A>1</A><A>2</A><A>3</A>")).fields == {"A": ["1", "2", "3"]}


def test_control_characters_that_people_type_are_dropped() -> None:
    assert read(text_xml("a\x08b\x00c\ufffed\uffff\te\nf")).content == "abcd\te\nf"


def test_a_carriage_return_is_read_as_xml_says() -> None:
    assert read(text_xml("a\r\nb\rc")).content == "a\nb\nc"


def test_a_declaration_a_comment_and_character_references_are_plain_xml() -> None:
    xml = text_xml("x").replace("<![CDATA[x]]>", "&lt;a&gt; &amp; &#24320;")
    assert read(f'<?xml version="1.0" encoding="utf-8"?><!-- c -->{xml}').content == "<a> & 开"


def test_half_an_emoji_is_refused_as_genuine() -> None:
    broken = text_xml("XX").encode().replace(b"XX", b"\xf0\x9f\x98")
    plain = bytes(16) + struct.pack(">I", len(broken)) + broken + APP_ID.encode()
    pad = 32 - len(plain) % 32
    assert refused(sealed_push(raw_encrypted(plain + bytes([pad]) * pad))).authentic


# --- The key that recognises a repeated push ----------------------------------------------------


def test_the_second_try_of_a_push_has_the_same_key() -> None:
    assert read(text_xml("你好")).key == read(text_xml("你好")).key == "message:6054768590064713728"


def test_two_messages_have_different_keys() -> None:
    assert read(text_xml("你好", msg_id=1)).key != read(text_xml("你好", msg_id=2)).key


SAME_SECOND = [
    event_xml("CLICK", "<EventKey>guide</EventKey>"),
    event_xml("CLICK", "<EventKey>progress</EventKey>"),
    event_xml("VIEW", "<EventKey>progress</EventKey>"),
    event_xml("subscribe", "<EventKey></EventKey>"),
    event_xml("unsubscribe", "<EventKey></EventKey>"),
    event_xml("TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>success</Status>"),
    event_xml("TEMPLATESENDJOBFINISH", "<MsgID>200163837</MsgID><Status>success</Status>"),
    event_xml("user_get_card", "<UserCardCode>12312312</UserCardCode>"),
    event_xml("user_get_card", "<UserCardCode>12312313</UserCardCode>"),
    event_xml("subscribe_msg_sent_event", "<S><List><MsgID>1</MsgID></List></S>"),
    event_xml("subscribe_msg_sent_event", "<S><List><MsgID>2</MsgID></List></S>"),
    event_xml("VIEW", f"<EventKey>https://example.test/{'a' * 900}</EventKey>"),
    event_xml("VIEW", f"<EventKey>https://example.test/{'a' * 899}b</EventKey>"),
    text_xml("no id", msg_id=0),
]


def test_events_of_one_person_in_one_second_have_different_keys() -> None:
    keys = [read(xml).key for xml in SAME_SECOND]
    assert len(set(keys)) == len(SAME_SECOND)
    assert keys == [read(xml).key for xml in SAME_SECOND]
    assert max(map(len, keys)) <= 160


def test_the_report_on_a_template_message_has_its_id() -> None:
    assert read(SAME_SECOND[5]).msg_id == 200163836


# --- What is not let in -------------------------------------------------------------------------


def test_a_wrong_or_missing_signature_is_refused() -> None:
    good = sealed_push(encrypted(text_xml("你好")))
    for name in ("signature", "msg_signature", "timestamp", "nonce"):
        for value in ("", "0" * 40, "签名", "9" * 5000):
            push = Push(good.query | {name: value}, good.body)
            assert not refused(push).authentic, (name, value)
        without = {k: v for k, v in good.query.items() if k != name}
        assert not refused(Push(without, good.body)).authentic, name


def test_a_stale_push_and_one_from_the_future_are_refused() -> None:
    push = sealed_push(encrypted(text_xml("你好")))
    for seconds in (-300, 300):
        assert codec.read(push.query, push.body, NOW + seconds).content == "你好"
    for seconds in (-301, 301, 365 * 86400):
        assert not refused(push, now=NOW + seconds).authentic


def test_a_fresh_address_cannot_carry_an_old_message() -> None:
    old = sealed_push(encrypted(text_xml("你好")), timestamp=NOW - 86400)
    fresh = address() | {"encrypt_type": "aes", "msg_signature": old.query["msg_signature"]}
    assert not refused(Push(fresh, old.body)).authentic


def test_every_changed_byte_of_the_ciphertext_is_noticed() -> None:
    good = sealed_push(encrypted(text_xml("你好")))
    start = good.body.index(b"<Encrypt>") + 18
    for at in range(start, len(good.body) - 20, 7):
        changed = bytes([good.body[at] ^ 1])
        assert refused(Push(good.query, good.body[:at] + changed + good.body[at + 1 :]))


def test_a_plain_push_is_refused_where_pushes_are_encrypted() -> None:
    for by in (codec, Codec(token=TOKEN, app_id=APP_ID, aes_keys=[KEY], mode="compat")):
        push = Push(address(), text_xml("你好").encode())
        assert not refused(push, by=by).authentic
        assert not refused(Push(push.query | {"encrypt_type": "raw"}, push.body), by=by).authentic


def test_a_large_body_is_refused_before_anything_is_computed() -> None:
    for size in (LARGEST_BODY + 1, 1_000_000):
        assert refused(Push({}, b"x" * size)).reason == "the body is too large"


def test_another_accounts_message_is_refused() -> None:
    for app_id in ("wx0000000000000000", APP_ID[:-1], APP_ID + "0", ""):
        assert refused(sealed_push(encrypted(text_xml("你好"), app_id=app_id))).authentic


def test_wrong_padding_and_wrong_lengths_are_refused() -> None:
    xml = text_xml("你好").encode()
    framed = bytes(16) + struct.pack(">I", len(xml)) + xml + APP_ID.encode()
    pad = 32 - len(framed) % 32
    right = framed + bytes([pad]) * pad
    push = sealed_push(raw_encrypted(right))
    assert codec.read(push.query, push.body, NOW).content == "你好"
    wrong = [
        right[:-1] + b"\x00",
        right[:-1] + b"\x21",
        right[:-2] + bytes([pad ^ 1, pad]) if pad > 1 else right[:-1] + b"\x02",
        framed[:16] + struct.pack(">I", len(xml) + 1) + framed[20:] + bytes([pad]) * pad,
        framed[:16] + struct.pack(">I", len(xml) - 1) + framed[20:] + bytes([pad]) * pad,
        framed[:16] + b"\xff\xff\xff\xff" + framed[20:] + bytes([pad]) * pad,
        bytes([32]) * 32,
        bytes(16),
        b"",
    ]
    for plain in wrong:
        assert refused(sealed_push(raw_encrypted(plain))), plain


def test_what_is_no_base64_is_refused() -> None:
    for encrypt in ("A", "AAAAA", "AAA=", "A" * 43, "====", "AA==AA==", "中文", "AAAA\nAAAA"):
        assert refused(sealed_push(encrypt)), encrypt


def test_a_document_type_is_refused_whatever_it_says() -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    for declared in (
        "",
        ' SYSTEM "file:///etc/passwd"',
        ' [<!ENTITY e SYSTEM "file:///etc/passwd">]',
        f' [<!ENTITY l0 "lol">{lol}]',
        ' [<!ENTITY % p SYSTEM "http://127.0.0.1/p.dtd">%p;]',
    ):
        xml = f"<!DOCTYPE xml{declared}>" + text_xml("&e;").replace("<![CDATA[&e;]]>", "&e;")
        assert refused(sealed_push(encrypted(xml))).authentic, declared
    assert read(text_xml("<!DOCTYPE html>")).content == "<!DOCTYPE html>"


def test_deep_and_wide_documents_are_refused() -> None:
    for more in ("<a>" * 8 + "</a>" * 8, "<a/>" * 600, "<a>1</a>" * 600, "<a>" * 3000):
        assert refused(sealed_push(encrypted(text_xml("", more=more)))).authentic
    assert read(text_xml("", more="<a>" * 7 + "</a>" * 7))
    assert read(text_xml("", more="<a/>" * 400))


def test_an_element_that_must_be_single_is_refused_twice_or_with_children() -> None:
    names = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Content")
    for name in names:
        assert refused(sealed_push(encrypted(text_xml("x", more=f"<{name}>1</{name}>")))).authentic
    for name in names[:4]:
        xml = event_xml("CLICK").replace(f"<{name}>", f"<{name}><b/>")
        assert refused(sealed_push(encrypted(xml))).authentic


@pytest.mark.parametrize(
    "change",
    [
        ("FromUserName", "Elsewhere"),
        ("ToUserName", "Elsewhere"),
        ("CreateTime", "Elsewhere"),
        ("MsgType", "Elsewhere"),
        (f"<CreateTime>{NOW}", "<CreateTime>+1"),
        (f"<CreateTime>{NOW}", "<CreateTime>１２"),
        (f"<CreateTime>{NOW}", "<CreateTime>1_000"),
        (f"<CreateTime>{NOW}", "<CreateTime>" + "1" * 13),
        ("<MsgId>", "<MsgId>-"),
        ("<MsgId>", "<MsgId>99999999999999"),
        (OPENID, "o" * 129),
        ("[text]", "[]"),
        ("[text]", "[event]"),
        ("xml>", "xlm>"),
        ("</xml>", "</xml>x"),
        ("</xml>", "</xml><xml/>"),
        ("</xml>", ""),
    ],
)
def test_a_push_without_its_necessary_parts_is_refused(change: tuple[str, str]) -> None:
    assert refused(sealed_push(encrypted(text_xml("x").replace(*change)))).authentic


def test_the_former_key_still_opens_and_a_third_one_does_not() -> None:
    rotated = Codec(token=TOKEN, app_id=APP_ID, aes_keys=[OLD_KEY, KEY])
    push = sealed_push(encrypted(text_xml("你好")))
    message = rotated.read(push.query, push.body, NOW)
    answer = parse_answer(rotated.answer(message, b"<xml><Content>a</Content></xml>", NOW))
    assert message.content == "你好"
    assert WeChatCrypto(TOKEN, OLD_KEY, APP_ID).decrypt_message(*answer) == (
        "<xml><Content>a</Content></xml>"
    )
    assert refused(push, by=Codec(token=TOKEN, app_id=APP_ID, aes_keys=[OLD_KEY])).authentic


def test_the_console_is_refused_without_a_fresh_signature() -> None:
    good = address() | {"echostr": "4375120948345356249"}
    assert codec.verify_address(good, NOW) == "4375120948345356249"
    wrong = [good | {"signature": "0" * 40}, good | {"echostr": ""}, good | {"nonce": "1"}, {}]
    wrong += [
        good | {"echostr": "<回>"},
        good | {"echostr": "a\r\nb"},
        good | {"echostr": "1" * 4000},
    ]
    for query in wrong:
        with pytest.raises(Refused):
            codec.verify_address(query, NOW)
    with pytest.raises(Refused):
        codec.verify_address(good, NOW + 301)


def test_an_account_without_its_secrets_is_not_opened() -> None:
    for wrong in (
        {"token": ""},
        {"token": TOKEN, "mode": "safe"},
        {"token": TOKEN, "app_id": APP_ID, "aes_keys": ["short"]},
        {"token": TOKEN, "app_id": APP_ID, "aes_keys": ["!" * 43]},
        {"token": TOKEN, "app_id": "", "aes_keys": [KEY]},
        {"token": TOKEN, "mode": "loud"},
    ):
        with pytest.raises(ValueError, match=r"\w"):
            Codec(**wrong)  # type: ignore[arg-type]


# --- Plain and compat mode ----------------------------------------------------------------------


def test_plain_mode_reads_a_signed_address_and_answers_plainly() -> None:
    plain = Codec(token=TOKEN, mode="plain")
    message = plain.read(address(), text_xml("你好").encode(), NOW)
    assert (message.content, message.sealed) == ("你好", False)
    assert plain.answer(message, b"<xml/>", NOW) == b"<xml/>"
    assert refused(Push(address(token="B"), text_xml("你好").encode()), by=plain)
    assert refused(sealed_push(encrypted(text_xml("你好"))), by=plain).authentic


def test_compat_mode_believes_only_the_encrypted_part() -> None:
    compat = Codec(token=TOKEN, app_id=APP_ID, aes_keys=[KEY], mode="compat")
    lie = (
        "<Content><![CDATA[<Encrypt>AAAA</Encrypt> <Encrypt><![CDATA[QUFB]]></Encrypt>]]></Content>"
    )
    push = sealed_push(encrypted(text_xml("真的")), plain_part=lie)
    assert compat.read(push.query, push.body, NOW).content == "真的"


# --- Answers ------------------------------------------------------------------------------------


def parse_answer(answer: bytes) -> tuple[str, str, str, str]:
    """What wechatpy wants to open an answer: body, signature, time stamp, nonce."""
    import xmltodict

    parts = xmltodict.parse(answer)["xml"]
    assert list(parts) == ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"]
    return answer.decode(), parts["MsgSignature"], parts["TimeStamp"], parts["Nonce"]


def test_an_answer_is_opened_by_wechatpy_and_no_two_are_alike() -> None:
    message = read(text_xml("你好"))
    answers = {codec.answer(message, "<xml>好</xml>".encode(), NOW) for _ in range(50)}
    assert len(answers) == 50
    for answer in answers:
        assert (
            WeChatCrypto(TOKEN, KEY, APP_ID).decrypt_message(*parse_answer(answer))
            == "<xml>好</xml>"
        )


def test_success_stays_plain() -> None:
    message = read(text_xml("你好"))
    assert codec.answer(message, b"success", NOW) == b"success"
    assert codec.answer(message, b"", NOW) == b""


# --- Properties ---------------------------------------------------------------------------------

SPEAKABLE = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=300)
AWKWARD = st.lists(
    st.sampled_from(["]]>", "<![CDATA[", "]]", "]", "<Encrypt>", "&amp;", "😀", "\r", "\x08", "中"])
    | st.text(max_size=5, alphabet=st.characters(exclude_categories=("Cs",))),
    max_size=20,
).map("".join)
XML_CANNOT_HOLD = {*map(chr, range(32)), "\ufffe", "\uffff"} - {"\t", "\n", "\r"}


@settings(max_examples=300)
@given(SPEAKABLE | AWKWARD)
@example("a]]\x08>b]\uffff]>]]>")  # what is taken out in between must end nothing
def test_any_text_arrives_as_wechatpy_would_read_it(content: str) -> None:
    ours = read(text_xml(content))
    clean = "".join(c for c in content if c not in XML_CANNOT_HOLD)
    theirs = parse_message(text_xml(clean))
    assert (ours.content.strip() or None) == theirs.content
    assert ours.content == clean.replace("\r\n", "\n").replace("\r", "\n")
    assert (ours.msg_id, ours.from_user, ours.created_at) == (theirs.id, theirs.source, NOW)


@settings(max_examples=200)
@given(st.text(max_size=800, alphabet=st.characters(exclude_categories=("Cs",))))
def test_any_answer_is_opened_by_wechatpy_and_by_ourselves(reply: str) -> None:
    sealed = codec_key.seal(reply.encode(), bytes(16))
    theirs = PrpCrypto(base64.b64decode(KEY + "="))
    assert theirs.decrypt(base64.b64encode(sealed), APP_ID) == reply
    assert codec_key.open(sealed) == reply.encode()


@settings(max_examples=300)
@given(
    st.binary(max_size=400),
    st.dictionaries(
        st.sampled_from(
            ["signature", "msg_signature", "timestamp", "nonce", "encrypt_type", "echostr"]
        ),
        st.text(max_size=50),
    ),
)
def test_only_refused_escapes_from_garbage(body: bytes, query: dict[str, str]) -> None:
    for by in (codec, Codec(token=TOKEN, mode="plain")):
        with pytest.raises(Refused):
            by.read(query, body, NOW)
    with pytest.raises(Refused):
        codec.verify_address(query, NOW)


PIECES = st.sampled_from(
    [
        "<xml>",
        "</xml>",
        "<a>",
        "</a>",
        "<List>",
        "</List>",
        "<![CDATA[",
        "]]>",
        "<MsgType>",
        "text",
        "&lt;",
        "</MsgType>",
        "<!DOCTYPE x>",
        "<?p?>",
        "<!--",
        "-->",
        " a='1'",
        "\n",
        "\r",
        "\x00",
        "中",
        "&#0;",
        "]]",
    ]
).map(str.encode)


@settings(max_examples=500)
@given(st.lists(PIECES | st.binary(max_size=4), max_size=40).map(b"".join))
def test_only_refused_escapes_from_a_signed_document_of_any_kind(document: bytes) -> None:
    plain = Codec(token=TOKEN, mode="plain")
    whole = text_xml("x").encode().replace(b"</xml>", document + b"</xml>")
    for body in (document, whole):
        with contextlib.suppress(Refused):
            plain.read(address(), body, NOW)


@settings(max_examples=300)
@given(st.binary(min_size=1, max_size=200))
def test_only_refused_escapes_from_a_signed_ciphertext_of_any_kind(sealed: bytes) -> None:
    assert refused(sealed_push(base64.b64encode(sealed).decode())).authentic
    pad = 16 - len(sealed) % 16
    assert refused(sealed_push(raw_encrypted(sealed + bytes([pad]) * pad))).authentic


@settings(max_examples=300)
@given(st.binary(max_size=300) | st.text(max_size=60).map(str.encode))
def test_the_address_is_read_or_refused(query: bytes) -> None:
    with contextlib.suppress(Refused):
        assert all(isinstance(value, str) for value in read_query(query).values())


def test_the_address_is_read_as_a_browser_would_write_it() -> None:
    assert read_query(b"a=1&b=%E4%BD%A0+x&c=") == {"a": "1", "b": "你 x", "c": ""}
    for wrong in (b"a=1&a=2", "a=你".encode(), b"a" * 3000):
        with pytest.raises(Refused):
            read_query(wrong)

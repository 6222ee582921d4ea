"""The sandbox's signature and cipher against Tencent's own figures and against wechatpy."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from sandbox.config import Config
from sandbox.people import SAMPLES, id_number
from sandbox.pushes import cdata, xml_of
from sandbox.wechat_crypto import BadCipher, MessageCipher, signature

CONFIG = Config.for_tests()
PARTS = (CONFIG.wechat_token, CONFIG.wechat_aes_key, CONFIG.wechat_app_id)


def test_the_signature_is_the_one_tencent_publishes():
    made = signature("AAAAA", "1714036504", "1514711492")
    assert made == "f464b24fc39322e44b38aa78f5edd27bd1441696"


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_wechatpy_reads_what_the_sandbox_enciphers(text):
    cipher = MessageCipher(CONFIG.wechat_aes_key, CONFIG.wechat_app_id)
    sealed = cipher.encrypt(text.encode())
    proof = signature(CONFIG.wechat_token, "1", "2", sealed)
    envelope = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    assert WeChatCrypto(*PARTS).decrypt_message(envelope, proof, "1", "2") == text


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_the_sandbox_reads_what_wechatpy_enciphers(text):
    answer = WeChatCrypto(*PARTS).encrypt_message(text, "2", "1")
    sealed = answer.partition("<Encrypt><![CDATA[")[2].partition("]]>")[0]
    cipher = MessageCipher(CONFIG.wechat_aes_key, CONFIG.wechat_app_id)
    assert cipher.decrypt(sealed).decode() == text


@pytest.mark.parametrize("size", range(1, 40))
def test_padding_is_right_at_every_length(size):
    cipher = MessageCipher(CONFIG.wechat_aes_key, CONFIG.wechat_app_id)
    sealed = cipher.encrypt(b"x" * size)
    assert len(base64.b64decode(sealed)) % 32 == 0
    assert cipher.decrypt(sealed) == b"x" * size


@given(garbage=st.binary(max_size=200))
def test_garbage_is_refused_as_one_kind_of_error(garbage):
    cipher = MessageCipher(CONFIG.wechat_aes_key, CONFIG.wechat_app_id)
    for text in (base64.b64encode(garbage).decode(), garbage.decode("latin-1")):
        with pytest.raises(BadCipher):
            cipher.decrypt(text)


def test_a_message_for_another_account_is_refused():
    other = MessageCipher(CONFIG.wechat_aes_key, "wx9900000000000009")
    with pytest.raises(BadCipher, match="AppId"):
        MessageCipher(CONFIG.wechat_aes_key, CONFIG.wechat_app_id).decrypt(other.encrypt(b"x"))


def test_text_that_ends_a_cdata_section_is_split():
    assert cdata("C", "a]]>b\x00") == "<C><![CDATA[a]]]]><![CDATA[>b]]></C>"


def test_lists_become_repeated_elements_and_numbers_stay_bare():
    made = xml_of({"CreateTime": 5, "L": {"List": [{"T": "1"}, {"T": "2"}]}}).decode()
    assert made == (
        "<xml><CreateTime>5</CreateTime><L><List><T><![CDATA[1]]></T></List>"
        "<List><T><![CDATA[2]]></T></List></L></xml>"
    )


def test_sample_people_have_impossible_regions_and_valid_check_digits():
    assert id_number("19900307", "723")[:6] == "990000"
    # the worked example of GB 11643-1999 (11010519491231002X), with its region replaced
    for _, _, _, born, sequence, _ in SAMPLES:
        number = id_number(born, sequence)
        values = [10 if digit == "X" else int(digit) for digit in number]
        assert sum(v * pow(2, 17 - i, 11) for i, v in enumerate(values)) % 11 == 1

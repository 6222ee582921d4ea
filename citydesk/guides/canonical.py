"""One spelling for one content, so that equal guides have equal fingerprints."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson

from citydesk.guides.content import GuideContent


def canonical_json(content: GuideContent) -> bytes:
    """Return a guide as JSON with sorted keys, in UTF-8, without a space."""
    return canonical_of(content.model_dump(mode="json"))


def canonical_of(said: Mapping[str, Any]) -> bytes:
    """Return what an editor has written, right or wrong, in the same spelling.

    Raises:
        TypeError, ValueError: it holds something that is not JSON.
    """
    return orjson.dumps(dict(said), option=orjson.OPT_SORT_KEYS)


def content_hash(canonical: bytes) -> str:
    """Return the SHA-256 of canonical JSON, in 64 hexadecimal digits."""
    return sha256(canonical).hexdigest()

"""One spelling for one content, so that equal guides have equal fingerprints."""

from hashlib import sha256

import orjson

from citydesk.guides.content import GuideContent


def canonical_json(content: GuideContent) -> bytes:
    """Return a guide as JSON with sorted keys, in UTF-8, without a space."""
    return orjson.dumps(content.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)


def content_hash(canonical: bytes) -> str:
    """Return the SHA-256 of canonical JSON, in 64 hexadecimal digits."""
    return sha256(canonical).hexdigest()

"""The outside world, imitated over its real wire formats: WeChat and the identity provider.

It imports nothing of citydesk. Signatures and ciphers are written from the vendors' documents, so
that a mistake of ours and its twin cannot cancel each other out.
"""

"""Signatures of what webhooks are sent, as standardwebhooks.com describes them."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Make a secret in the form that the libraries of receivers take."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(message_id: str, now_s: int, body: bytes, secret_texts: Sequence[str]) -> dict[str, str]:
    """Name the message, the moment, and sign both with the body; once with each secret that is good now."""
    content = f"{message_id}.{now_s}.".encode() + body
    signatures = [_signature(secret, content) for secret in secret_texts]
    return {"webhook-id": message_id, "webhook-timestamp": str(now_s), "webhook-signature": " ".join(signatures)}


def _signature(secret: str, content: bytes) -> str:
    digest = hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), content, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"

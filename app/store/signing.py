"""Ed25519 signatures of this installation: whoever has the public key can check them anywhere."""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PURPOSE = "signing"
_ID_DIGITS = 16


def sign(seed: bytes, message: bytes) -> str:
    """Sign a message, in base64; equal messages have equal signatures."""
    return base64.b64encode(Ed25519PrivateKey.from_private_bytes(seed).sign(message)).decode()


def signing_id(seed: bytes) -> str:
    """Name a key after its public half, so that whoever holds that half needs no list of ids."""
    return f"{PURPOSE}-{hashlib.sha256(_public(seed, Encoding.Raw)).hexdigest()[:_ID_DIGITS]}"


def public_pem(seed: bytes) -> str:
    """Write the public half as PEM."""
    return _public(seed, Encoding.PEM).decode()


def _public(seed: bytes, encoding: Encoding) -> bytes:
    shape = PublicFormat.Raw if encoding is Encoding.Raw else PublicFormat.SubjectPublicKeyInfo
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(encoding, shape)

"""What makes a policy this node's own: its hash, the server's signature, and a serial that never goes back."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from app.agent.faults import ConfigurationError, DistrustError

STATEMENT = "sternpost-policy-1"
"""What a signed statement says it is, so that nothing else which the server signs can stand in for it."""
_MEMBERS = {"format", "tenant", "node", "bundle", "serial", "secrets"}


@dataclass(frozen=True, slots=True, repr=False)
class Policy:
    """A policy that may be applied; `secrets` are values by tag."""

    serial: int
    hash: str
    bundle: Mapping[str, Any]
    secrets: Mapping[str, Any]


def canonical(value: object) -> bytes:
    """Write JSON as RFC 8785 does, as far as policies need it: no fractions."""
    return _write(value).encode()


def verify(answer: Mapping[str, Any], *, tenant: str, node: str, public_keys: Iterable[str]) -> Policy:
    """Check a policy as the server sent it.

    Raises:
        DistrustError: naming what does not fit.
    """
    statement, bundle, secrets = (answer.get(name) for name in ("statement", "bundle", "secrets"))
    if not isinstance(statement, dict) or not isinstance(bundle, dict) or not isinstance(secrets, dict):
        raise DistrustError("The answer holds no signed policy; is this the address of a Sternpost server?")
    if statement.keys() != _MEMBERS or statement["format"] != STATEMENT:
        raise DistrustError(f"The statement is not of the form {STATEMENT}; upgrade the agent")
    _verify_signature(statement, answer.get("signature"), public_keys)
    for name, mine in (("tenant", tenant), ("node", node)):
        if statement[name] != mine:
            raise DistrustError(f"The policy is for {name} '{statement[name]}', but this is '{mine}'")
    serial = statement["serial"]
    if not isinstance(serial, int) or isinstance(serial, bool):
        raise DistrustError("The policy's serial is no integer")
    for name, value in (("bundle", bundle), ("secrets", secrets)):
        if _digest(value) != statement[name]:
            raise DistrustError(f"The {name} that came is not the one that was signed: its hash is another")
    return Policy(serial, str(statement["bundle"]), bundle, secrets)


def refuse_older(policy: Policy, serial: int, bundle_hash: str | None) -> None:
    """Refuse a policy that is older than the last one, or another one under the same serial.

    Raises:
        DistrustError: it is.
    """
    if policy.serial < serial:
        raise DistrustError(f"The policy's serial {policy.serial} is lower than {serial}, which was applied already")
    if policy.serial == serial and bundle_hash is not None and policy.hash != bundle_hash:
        raise DistrustError(f"The policy with serial {serial} is another one than before")


def _verify_signature(statement: Mapping[str, Any], signature: object, public_keys: Iterable[str]) -> None:
    try:
        signed = base64.b64decode(str(signature), validate=True)
    except binascii.Error:
        raise DistrustError("The signature is not base64") from None
    message = _digestible(statement)
    for pem in public_keys:
        try:
            _load(pem).verify(signed, message)
        except InvalidSignature:
            continue
        return
    raise DistrustError("The signature was not made with a key that this node trusts (publicKey in its configuration)")


def _load(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise ConfigurationError(f"publicKey is not a public key in PEM: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError("publicKey is not an Ed25519 key")
    return key


def _digest(value: object) -> str:
    return hashlib.sha256(_digestible(value)).hexdigest()


def _digestible(value: object) -> bytes:
    try:
        return canonical(value)
    except (TypeError, UnicodeEncodeError, RecursionError) as error:
        raise DistrustError(f"The policy holds what no policy holds: {error}") from error


def _write(value: object) -> str:
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: str(member[0]).encode("utf-16-be"))
        return "{" + ",".join(f"{_write(name)}:{_write(one)}" for name, one in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_write, value)) + "]"
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value, ensure_ascii=False)
    raise TypeError(f"{type(value).__name__} {value!r}")

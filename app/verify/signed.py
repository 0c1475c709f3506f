"""Public keys, and what was signed with them: checkpoints and the manifests of exports."""

import base64
import binascii
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from app.core.values import dataclass
from app.verify.bytes import canonical
from app.verify.fault import Fault

Keys = Mapping[str, Ed25519PublicKey]
"""Public keys by their ids, which are made of them."""

_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
_MEMBERS = {"format", "hash", "head", "keyId", "seq", "signature", "tenant", "time"}


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a checkpoint says, its signature having been checked: the hash and the head after event `seq`, of `time`."""

    tenant: str
    seq: int
    hash: str
    head: str | None
    key_id: str
    time: str = ""


def read_keys(text: str) -> Keys:
    """Read every public key of a text in PEM.

    Raises:
        Fault: there is none, or one is no Ed25519 key.
    """
    keys: dict[str, Ed25519PublicKey] = {}
    for block in _PEM.findall(text):
        try:
            key = load_pem_public_key(block.encode())
        except ValueError as error:
            raise Fault("The public key cannot be read; take it from `sternpost keys public`") from error
        if not isinstance(key, Ed25519PublicKey):
            raise Fault("The public key is no Ed25519 key; take it from `sternpost keys public`")
        digest = hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()
        keys[f"signing-{digest[:16]}"] = key
    if not keys:
        raise Fault("There is no public key (PEM) in the file; take it from `sternpost keys public`")
    return keys


def check_signature(keys: Keys, signed: Mapping[str, Any], what: str) -> None:
    """Check the signature of a statement with the members `keyId` and `signature`.

    Raises:
        Fault: it is missing, of an unknown key, or not of this statement.
    """
    key_id, signature = signed.get("keyId"), signed.get("signature")
    if not isinstance(key_id, str) or not isinstance(signature, str):
        raise Fault(f"{what} is not signed; it did not come from this server")
    key = keys.get(key_id)
    if key is None:
        raise Fault(f"{what} is signed with key {key_id[:60]}, which is none of yours: {', '.join(sorted(keys))}")
    statement = {name: value for name, value in signed.items() if name != "signature"}
    try:
        key.verify(base64.b64decode(signature, validate=True), canonical(statement))
    except (InvalidSignature, binascii.Error, ValueError):
        raise Fault(f"{what} was changed: its signature by {key_id} is not of what it says") from None


def read_anchor(keys: Keys, shown: Any, what: str) -> Anchor:  # noqa: ANN401  any JSON
    """Read a checkpoint and check its signature.

    Raises:
        Fault: it is none, or was changed.
    """
    if not isinstance(shown, dict) or shown.keys() != _MEMBERS or not isinstance(shown["seq"], int):
        raise Fault(f"{what} is no checkpoint; it has other members than {', '.join(sorted(_MEMBERS))}")
    check_signature(keys, shown, what)
    return Anchor(
        str(shown["tenant"]), shown["seq"], str(shown["hash"]), shown["head"], shown["keyId"], str(shown["time"])
    )


def read_witnessed(keys: Keys, lines: Iterable[str], name: str) -> dict[str, list[Anchor]]:
    """Read the checkpoints that somebody kept, one a line: bare ones, or whole answers of `GET /events/checkpoint`.

    Raises:
        Fault: names the first line that is none, or was changed.
    """
    found: dict[str, list[Anchor]] = defaultdict(list)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        what = f"Line {number} of {name}"
        try:
            shown = json.loads(line)
        except ValueError:
            raise Fault(f"{what} is not JSON; each line is one checkpoint") from None
        if isinstance(shown, dict) and isinstance(shown.get("data"), dict):
            shown = shown["data"].get("checkpoint")
        anchor = read_anchor(keys, shown, what)
        found[anchor.tenant].append(anchor)
    return found


def anchor_of(keys: Keys, row: Mapping[str, Any]) -> Anchor:
    """Read a row of `checkpoints` and check its signature.

    Raises:
        Fault: it was changed.
    """
    moment = datetime.fromtimestamp(row["time"] // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    shown = {
        "format": 1,
        "hash": row["hash"],
        "head": row["head"],
        "keyId": row["key_id"],
        "seq": row["seq"],
        "signature": row["signature"],
        "tenant": row["tenant"],
        "time": f"{moment}.{row['time'] % 1000:03}Z",
    }
    return read_anchor(keys, shown, f"The checkpoint of tenant '{row['tenant']}' at event {row['seq']}")

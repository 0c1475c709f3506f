"""Secrets: values that documents name by tag only, and the keys that seal them."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, func, insert, select, update

from app.core.canonical import JSON, canonical, load
from app.core.errors import IntegrityError
from app.core.values import dataclass
from app.store import signing
from app.store.session import TenantSession
from app.store.tables import KeyRow, SecretRow

PURPOSES = ("encryption", "tag", "token", signing.PURPOSE)
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_MEMBER = "$secret"
_PART = 500
_SEALED = select(SecretRow.tag, SecretRow.ciphertext, SecretRow.key_id).where(
    SecretRow.tag.in_(bindparam("tags", expanding=True))
)
_COUNTED = select(func.count()).select_from(SecretRow)
_HELD = select(SecretRow.tag).where(SecretRow.tag.in_(bindparam("tags", expanding=True)))


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of this installation by id, and the active id of each purpose."""

    keys: Mapping[str, bytes]
    active: Mapping[str, str]
    folder: Path

    def tag(self, tenant: str, value: JSON) -> str:
        """Name a secret value: equal values of a tenant have equal tags, and a tag tells nothing else."""
        tenant_key = hmac.digest(self.keys[self.active["tag"]], tenant.encode(), "sha256")
        return hmac.new(tenant_key, canonical(value), hashlib.sha256).hexdigest()

    def seal(self, tenant: str, tag: str, value: JSON) -> tuple[bytes, str]:
        """Encrypt a value for its tenant and tag; answers the ciphertext and the id of the key."""
        key_id = self.active["encryption"]
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[key_id]).encrypt(nonce, canonical(value), _bound(tenant, tag))
        return nonce + sealed, key_id

    def unseal(self, tenant: str, tag: str, ciphertext: bytes, key_id: str) -> JSON:
        """Decrypt what `seal` made for the same tenant and tag."""
        nonce, sealed = ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:]
        return load(AESGCM(self._key(key_id)).decrypt(nonce, sealed, _bound(tenant, tag)))

    def sign(self, message: bytes) -> tuple[str, str]:
        """Sign a message; answers the id of the key and the signature in base64."""
        key_id = self.active[signing.PURPOSE]
        return key_id, signing.sign(self.keys[key_id], message)

    @property
    def public_key(self) -> str:
        """Give the public half of the key that signs now, as PEM."""
        return signing.public_pem(self.keys[self.active[signing.PURPOSE]])

    def public_keys(self) -> dict[str, str]:
        """Give the public half of every signing key there ever was, as PEM by id."""
        ids = (key_id for key_id in self.keys if key_id.startswith(f"{signing.PURPOSE}-"))
        return {key_id: signing.public_pem(self.keys[key_id]) for key_id in sorted(ids)}

    def _key(self, key_id: str) -> bytes:
        """Give a key, also one that another process made since this one started; what it opens proves it."""
        known = self.keys.get(key_id)
        return known if known is not None else bytes.fromhex((self.folder / f"{key_id}.key").read_text().strip())


def tagged(tag: str) -> dict[str, JSON]:
    """Write the form in which a document holds a secret."""
    return {TAG_MEMBER: tag}


def tag_of(value: JSON) -> str | None:
    """Read the tag of a value in that form; None for every other value."""
    if isinstance(value, dict) and value.keys() == {TAG_MEMBER}:
        tag = value[TAG_MEMBER]
        return tag if isinstance(tag, str) else None
    return None


def count_secrets(session: TenantSession) -> int:
    """Count the values that the tenant holds; none is ever taken away."""
    row = session.find(_COUNTED)
    return 0 if row is None else int(row[0])


def held_tags(session: TenantSession, tags: Collection[str]) -> set[str]:
    """Tell which of these tags the tenant holds a value for."""
    wanted = sorted(tags)
    parts = (wanted[start : start + _PART] for start in range(0, len(wanted), _PART))
    return {row.tag for part in parts for row in session.rows(_HELD, {"tags": part})}


def read_secrets(session: TenantSession, ring: KeyRing, tags: Collection[str]) -> dict[str, JSON]:
    """Read the values behind these tags; for the one place that hands them to the node that needs them."""
    wanted = sorted(tags)
    parts = (wanted[start : start + _PART] for start in range(0, len(wanted), _PART))
    rows = (row for part in parts for row in session.rows(_SEALED, {"tags": part}))
    return {row.tag: ring.unseal(session.tenant, row.tag, row.ciphertext, row.key_id) for row in rows}


def open_keys(connection: Connection, folder: Path, *, now_ms: int) -> KeyRing:
    """Read every key that the database names, making the first ones of a new installation.

    Raises:
        IntegrityError: a key file is missing or is not the key that the database knows.
    """
    if connection.dialect.name == "postgresql":
        # Two servers that start at once must not make the first keys twice; SQLite writes one at a time anyway.
        connection.exec_driver_sql("LOCK TABLE keys IN SHARE ROW EXCLUSIVE MODE")
    rows = connection.execute(select(KeyRow.id, KeyRow.purpose, KeyRow.check, KeyRow.active)).fetchall()
    keys = {row.id: _read(folder, row.id, row.check) for row in rows}
    active = {row.purpose: row.id for row in rows if row.active}
    for purpose in PURPOSES:
        if purpose not in active:
            active[purpose], keys[active[purpose]] = _make(connection, folder, purpose, now_ms)
    return KeyRing(keys, active, folder)


def rotate_key(connection: Connection, ring: KeyRing, purpose: str, *, now_ms: int) -> KeyRing:
    """Make a new key active; the ones before stay, for what was sealed or signed with them."""
    key_id, key = _make(connection, ring.folder, purpose, now_ms)
    connection.execute(update(KeyRow).where(KeyRow.purpose == purpose, KeyRow.id != key_id).values(active=False))
    return KeyRing({**ring.keys, key_id: key}, {**ring.active, purpose: key_id}, ring.folder)


def find_lost_key(connection: Connection, ring: KeyRing) -> str | None:
    """Say which key of the database cannot be read any more, or is one that this process did not read at its start."""
    for row in connection.execute(select(KeyRow.id, KeyRow.check)):
        if row.id not in ring.keys:
            return f"Key '{row.id}' was made since this process started; restart it"
        try:
            _read(ring.folder, row.id, row.check)
        except (IntegrityError, OSError):
            return (
                f"Key '{row.id}' cannot be read any more, so the next start will fail; bring the keys directory "
                "back, or name it in STERNPOST_KEYS_DIR"
            )
    return None


def _bound(tenant: str, tag: str) -> bytes:
    return f"{tenant}\n{tag}".encode()


def _check(key: bytes) -> str:
    return hmac.digest(key, b"sternpost key check", "sha256").hex()


def _read(folder: Path, key_id: str, check: str) -> bytes:
    path = folder / f"{key_id}.key"
    remedy = (
        "Bring the keys directory of this installation (it is part of every backup) and name it in STERNPOST_KEYS_DIR"
    )
    try:
        key = bytes.fromhex(path.read_text().strip())
    except FileNotFoundError:
        raise IntegrityError(f"Key '{key_id}' is missing from {folder}. {remedy}") from None
    except ValueError:
        key = b""
    if not hmac.compare_digest(_check(key), check):
        raise IntegrityError(f"Key '{key_id}' in {folder} is not the key that the database was made with. {remedy}")
    return key


def _make(connection: Connection, folder: Path, purpose: str, now_ms: int) -> tuple[str, bytes]:
    key = os.urandom(KEY_BYTES)
    key_id = signing.signing_id(key) if purpose == signing.PURPOSE else f"{purpose}-{secrets.token_hex(4)}"
    _write(folder, key_id, key)
    row = {"id": key_id, "purpose": purpose, "check": _check(key), "created": now_ms, "active": True}
    connection.execute(insert(KeyRow), [row])
    return key_id, key


def _write(folder: Path, key_id: str, key: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{key_id}.key"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())

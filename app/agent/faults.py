"""What can go wrong on a node, each with the exit code of the agent."""


class AgentError(Exception):
    """The agent cannot go on; the message says what to do about it."""

    exit_code = 1


class ConfigurationError(AgentError):
    """The agent's own configuration cannot be used."""

    exit_code = 2


class DistrustError(AgentError):
    """What the server sent is not the policy of this node, or is an older one; nothing of it is applied."""

    exit_code = 3


class ServerError(AgentError):
    """The server cannot be reached, or refuses."""

    exit_code = 4


class ApplyError(AgentError):
    """The policy could not be applied at all."""

    exit_code = 5

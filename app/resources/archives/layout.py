"""Names of the files and folders of an archive, made of the names that people see."""

import re

MAX_NAME_LENGTH = 200
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9-]")


class Names:
    """The names taken in one folder; `reserved` are never given."""

    def __init__(self, *reserved: str) -> None:
        self._taken = {name.lower() for name in reserved}

    def take(self, display_name: str) -> str:
        """Give the next free name for something; upper and lower case are one, as they are on some disks."""
        wanted = file_name(display_name)
        name, number = wanted, 0
        while name.lower() in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name.lower())
        return name


def file_name(display_name: str) -> str:
    """Write a name with nothing but letters, digits, `-` and `_`."""
    return _NOT_IN_A_NAME.sub("_", display_name)[:MAX_NAME_LENGTH] or "_"

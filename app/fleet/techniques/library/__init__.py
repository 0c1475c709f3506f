"""The starter library: techniques that every new installation has, one YAML file per version."""

from importlib.resources import files

from app.core.canonical import Document
from app.core.errors import InvalidError
from app.fleet.techniques.versions import version_key
from app.fleet.techniques.yaml_source import load_technique_yaml

_SUFFIX = ".yml"


def starter_library() -> list[Document]:
    """Read the starter library: complete documents, ordered by name, then by version, oldest first.

    Raises:
        InvalidError: a file of the installation is damaged; the message names it.
    """
    return [read_starter(name, version) for name, version in list_starters()]


def list_starters() -> list[tuple[str, str]]:
    """Name the techniques of the starter library and their versions, in its order, without reading a file."""
    names = [file.name.removesuffix(_SUFFIX) for file in files(__name__).iterdir() if file.name.endswith(_SUFFIX)]
    found = [(name, version) for name, _, version in (stem.rpartition("-") for stem in names)]
    return sorted(found, key=lambda one: (one[0], version_key(one[1])))


def read_starter(name: str, version: str) -> Document:
    """Read one technique of the starter library, as a complete document.

    Raises:
        InvalidError: the file is damaged, or holds another technique than it says; the message names it.
    """
    file = f"{name}-{version}{_SUFFIX}"
    try:
        document = load_technique_yaml((files(__name__) / file).read_bytes())
    except InvalidError as error:
        raise InvalidError(f"Starter technique {file}: {error.message}", fields=error.fields) from error
    if (document["id"], document["version"]) != (name, version):
        raise InvalidError(f"Starter technique {file} holds '{document['id']}' in version '{document['version']}'")
    return document

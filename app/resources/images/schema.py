"""The JSON form of images."""

from app.http.fields import Choice, JsonValue, Text, TextList
from app.http.schemas import ApiSchema


class ImageInput(ApiSchema):
    """What a caller may send for an image; `app.fleet.hosting.variables` says what a variable declares."""

    id = Text(max_length=200)
    source = Text(max_length=200)
    name = Text(required=True, min_length=1, max_length=255)
    description = Text(max_length=10_000)
    author = Text(max_length=255)
    author_name = Text(data_key="authorName", max_length=255)
    runtime = Choice(("container", "process"))
    image = Text(max_length=255)
    command = Text(max_length=10_000)
    stop_command = Text(data_key="stopCommand", max_length=1000)
    volume = Text(max_length=4096)
    environment = TextList()
    variables = JsonValue(shape="object")
    scripts = JsonValue(shape="object")
    meta = JsonValue(shape="object")


class ImageSchema(ApiSchema):
    """An image as it is shown."""

    change_request = Text(data_key="changeRequestId", metadata={"omit_empty": True})
    id = Text()
    name = Text()
    description = Text()
    author = Text()
    author_name = Text(data_key="authorName")
    runtime = Text()
    image = Text()
    command = Text()
    stop_command = Text(data_key="stopCommand")
    volume = Text()
    environment = TextList()
    variables = JsonValue(shape="object")
    scripts = JsonValue(shape="object")
    meta = JsonValue(shape="object")

"""The one error of the room `wire`."""


class WireError(ValueError):
    """Say why bytes are not the header that they were read as."""

"""A recorded run as a picture, an animation, a page, a terminal recording or a document."""


class ExportError(ValueError):
    """What cannot be told or drawn; the message is one sentence."""

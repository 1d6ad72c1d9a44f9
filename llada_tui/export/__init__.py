"""A recorded run as a picture, an animation, a page, a terminal recording or a document."""


class ExportError(ValueError):
    """A run that cannot be exported, or an option that cannot be used; the message is one sentence."""

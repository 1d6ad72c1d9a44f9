"""A recorded run as a picture, an animation, a page, a terminal recording or a document."""

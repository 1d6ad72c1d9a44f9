"""What a frame of a run looks like, for the screen and for exports alike: rows of text, looks, styles, palettes.

Rich's cells and styles and Textual's colours, and nothing else of a screen.
"""

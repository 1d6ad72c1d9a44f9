"""The looks of a frame of a run, for the screen and for exports: rows of text, looks, styles, palettes.

Of the libraries for screens it uses Rich's cells and styles and Textual's colours, nothing else.
"""

"""Duties: what is to be done, by when, and what became of it. Pure: no clock, no I/O.

The names of the engine are in `obligations`, `book` and `states`. Nothing is imported here, since the document
holds the rules and the engine reads the document.
"""

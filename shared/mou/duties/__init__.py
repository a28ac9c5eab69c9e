"""Duties: what is to be done, by when, and what became of it. Pure: no clock, no I/O."""

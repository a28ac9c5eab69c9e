"""The one error of this package."""


class NotProven(Exception):
    """What was given does not prove what it is said to prove. The message says why, and repeats nothing given."""

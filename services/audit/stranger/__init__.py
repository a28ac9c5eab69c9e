"""What a stranger verifies an evidence bundle with: reads it from a folder or a zip, and says in words what fits.

Python's standard library and `domain/proof` alone: a bundle carries these files as they are.
"""

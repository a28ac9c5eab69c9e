"""Figures: one module each, `python -m bench NAME`, or all of them with `python -m bench` (`make bench`).

Each measures its own baseline in the same run and prints the ratio. These machines are noisy: quote ratios and
medians. Nothing here is a test.
"""

"""How a process that lives for months keeps no more memory than it needs."""

from __future__ import annotations

import ctypes
from contextlib import suppress

#: glibc's names (malloc.h): from what size a block is the system's own again once it is freed, and how many heaps.
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
LARGE = 128 * 1024
HEAPS = 2


def give_back_large_blocks() -> None:
    """Blocks of 128 kB and more go back to the system when they are freed, and threads share two heaps.

    By itself glibc keeps what it was once given: each large block that is freed raises the size from which it lets
    go (to 32 MB), and each thread has a heap that only shrinks from its end. Measured: audit's consumer had peaks
    of 245 MB, its api of 524; with this and smaller fetches 172 and 454. Elsewhere than on glibc nothing happens.
    """
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, LARGE)
        libc.mallopt(_ARENA_MAX, HEAPS)

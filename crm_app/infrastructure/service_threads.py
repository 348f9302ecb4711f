"""The threads in which services wait for the database: a few for pages, the others for programs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

PAGE_THREADS = 4
"""How many answers for pages are made at a time. Python runs one thread at a time, so more mostly wait for each other. The bench of 300 busy tabs does not
decide it: the slowest twentieth took 597 ms with two, 288 with three, 269 and 575 in two runs with four, and 724 with eleven."""


class ServiceThreads:
    """As many threads as the pool has ``connections`` (at least 2), so that none waits for a connection.

    What a program asks over REST or MCP may take long, and keeps no page waiting.
    """

    def __init__(self, connections: int) -> None:
        for_pages = min(PAGE_THREADS, connections // 2)
        self.pages = ThreadPoolExecutor(for_pages, thread_name_prefix="page")
        self.programs = ThreadPoolExecutor(connections - for_pages, thread_name_prefix="program")

    def close(self, *, wait: bool = False) -> None:
        """Begin nothing that still waits. ``wait``: come back when all that had begun has ended."""
        for executor in (self.pages, self.programs):
            executor.shutdown(wait=wait, cancel_futures=True)

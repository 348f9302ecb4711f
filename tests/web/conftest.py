"""Fixtures of the web edge."""

from tests.web.fixtures import edge, first_run_edge, https_edge, https_server, local_edge

__all__ = ["edge", "first_run_edge", "https_edge", "https_server", "local_edge"]

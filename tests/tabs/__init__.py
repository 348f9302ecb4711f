"""Open tabs without a browser: the whole application in this process, and people who look at its pages and press things."""

from tests.tabs.house import Browser, RunningHouse, running_house, served_house
from tests.tabs.tab import Tab

__all__ = ["Browser", "RunningHouse", "Tab", "running_house", "served_house"]

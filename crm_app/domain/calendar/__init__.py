"""What is agreed with whom, and when: events that came from a calendar, and the meetings that they become."""

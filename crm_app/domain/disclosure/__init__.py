"""What AI may read: the one door through which records go to a model, as the person who asks and no wider."""

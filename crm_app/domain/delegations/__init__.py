"""Tasks that the assistant drafts: a piece of work with visible steps, which ends in something to approve."""

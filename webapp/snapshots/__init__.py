"""From rows to what rules read: the set-up, a deal with all around it, the people who stand in a slot."""

"""What is published after a commit."""

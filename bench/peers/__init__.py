"""The peers, each as its own documentation would have it run."""

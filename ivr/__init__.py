"""The My Number Card helpline: the version and nothing else."""

__version__ = "0.1.0"

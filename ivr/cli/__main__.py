"""`python -m ivr.cli`: the same as `ivr`."""

from ivr.cli import main

main()

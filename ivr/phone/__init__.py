"""The tester's side of a simulated call: what a caller does, what they heard, and how it is written down."""

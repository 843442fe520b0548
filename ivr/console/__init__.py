"""`/console`: pages for the people of the office, behind a sign-in.

An application of its own beside the one that answers Twilio: its cookies, forms and faults cannot reach a call.
"""

"""Sets: the words of the helpline as callers hear them, whole copies by version, each with the voice set that says it.

Editors work on the files under the root; callers hear a set that was checked and made as a whole. Processes that answer
calls use `kept` and `current`; `publish` and `clear` belong to the background process and to commands.
"""

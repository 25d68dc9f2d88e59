"""A scenario as one file, to keep or to take elsewhere: its messages, looks, pictures and handoffs, without secrets.

Everything in it refers to something else by name or by a name of the file's own, never by a database id. docs/admins.md has the format.
"""

"""What is kept of calls: events beside the call, the spool they are appended to, and the store they end up in."""

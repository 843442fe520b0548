"""Every key at every place of a helpline, through its real webhooks, and what is wrong with what callers then hear."""

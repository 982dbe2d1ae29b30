"""From alerts to pages and actions: what is decided, held back, delivered once, undone and proven."""

"""A trial as a reader sees it: gathered from the store by a worker, and made into the sections of a page."""

"""A served graph: a SPARQL endpoint, linked data, and the pages that readers of trials know."""

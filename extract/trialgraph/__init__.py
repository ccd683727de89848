"""Clinical-trial registry records, in whatever form you have them, as one RDF knowledge graph."""

__version__ = "0.1.0"

"""What other tools make of the same records: their mappings, and what runs them. See ../peers.py."""

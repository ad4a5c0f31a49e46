"""What `scripts/attack` does: a file for each kind of attack, and what they share in `attack`, `service` and `requests`."""

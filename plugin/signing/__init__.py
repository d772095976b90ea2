"""The signature: what stands against it, two steps to it, the chain of versions, and critical findings (RP-5, RP-8)."""

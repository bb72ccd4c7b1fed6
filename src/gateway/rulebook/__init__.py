"""The life of rule sets: drafts, test cases, versions, shadows, and what they would have done."""

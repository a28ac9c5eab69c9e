"""The pages of audit: timelines, comparison, verification, evidence, access. They hold codes and no names."""

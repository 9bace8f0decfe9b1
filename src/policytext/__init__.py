"""policytext turns policy documents, Chinese and English, into an evidence base to search and cite."""

__version__ = "0.1.0"

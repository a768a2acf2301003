"""What is read: from what users hold in their hands to a document without control marks."""

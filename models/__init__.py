"""What the classifier is: actors, text, network, and the one door to them, `Classifier`."""

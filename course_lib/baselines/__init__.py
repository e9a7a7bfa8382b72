"""What a network must beat, and often does not: naive Bayes, linear models on n-grams of words, character n-grams."""

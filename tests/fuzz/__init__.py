"""The parsers that strangers' bytes reach, under coverage-guided fuzzing; what it found is kept and replayed by every test run."""

"""What each contender runs, as it would be written for it; copied beside the generated features, where it is run."""

"""The phrases that the features may use, a module for each rule family."""

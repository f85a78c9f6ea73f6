"""Teaching: grade a learner's scenarios, and write lessons with exercises that grade themselves."""

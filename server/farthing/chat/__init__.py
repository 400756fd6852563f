"""Instructions and questions: context in, hunks or words out, and what became of them."""

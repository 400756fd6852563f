"""What Farthing knows of source code by parsing it with tree-sitter."""

; Elements, for the grammars that have them.
(jsx_opening_element
  name: [
    ((identifier) @reference.call (#match? @reference.call "^[A-Z]"))
    (member_expression property: (_) @reference.call)
  ])
(jsx_self_closing_element
  name: [
    ((identifier) @reference.call (#match? @reference.call "^[A-Z]"))
    (member_expression property: (_) @reference.call)
  ])
(jsx_expression (identifier) @reference.use)

; Definitions. A name belongs to the innermost definition around it.
(function_declaration name: (identifier) @name) @definition.function
(function_declaration name: (dot_index_expression table: (_) @qualifier field: (identifier) @name)) @definition.function
(function_declaration name: (method_index_expression table: (_) @qualifier method: (identifier) @name)) @definition.method
(field name: [(identifier) @name (string content: (string_content) @name)] value: (function_definition)) @definition.function

; A function that is assigned; at the top of the file, all else that is assigned.
(variable_declaration (assignment_statement
  (variable_list . name: (identifier) @name) (expression_list . value: (function_definition)))) @definition.function
(assignment_statement
  (variable_list . name: (dot_index_expression table: (_) @qualifier field: (identifier) @name)) (expression_list . value: (function_definition))) @definition.function
(chunk (variable_declaration (assignment_statement (variable_list . name: (identifier) @name . attribute: (_)? .))) @definition.variable)
(chunk (variable_declaration (assignment_statement (variable_list name: (identifier) @name @definition.variable . name: (identifier)))))
(chunk (variable_declaration (assignment_statement (variable_list name: (identifier) . name: (identifier) @name @definition.variable))))
(chunk (assignment_statement (variable_list . name: (identifier) @name .)) @definition.variable)
(chunk (assignment_statement (variable_list . name: (dot_index_expression table: (_) @qualifier field: (identifier) @name) .)) @definition.field)

(function_declaration body: (_) @body)
(function_definition body: (_) @body)

(comment) @comment

; References.
(function_call name: (identifier) @reference.call)
(function_call name: (dot_index_expression field: (identifier) @reference.call))
(function_call name: (method_index_expression method: (identifier) @reference.call))
(function_call name: (_ table: (dot_index_expression field: (identifier) @reference.use)))
(arguments (identifier) @reference.use)
(arguments (dot_index_expression field: (identifier) @reference.use))
(dot_index_expression table: (identifier) @reference.use)
(method_index_expression table: (identifier) @reference.use)
(bracket_index_expression table: (identifier) @reference.use)
(field value: (identifier) @reference.use)
(assignment_statement (expression_list value: (identifier) @reference.use))

; Imports.
((function_call name: (identifier) @_require arguments: (arguments . (string content: (string_content) @import.module)))
  (#any-of? @_require "require" "dofile" "loadfile"))

; Definitions. Variables count where they are set outside functions.
(function_definition name: (word) @name) @definition.function
(program (variable_assignment name: (variable_name) @name) @definition.variable)
(program (declaration_command (variable_assignment name: (variable_name) @name)) @definition.variable)
(program (declaration_command "readonly" (variable_assignment name: (variable_name) @name)) @definition.constant)

(function_definition body: (_) @body)

(comment) @comment

; References. Every command may be a function of the scripts; numbers are arguments, no names.
(command name: (command_name (word) @reference.call))
((command name: (command_name) @_trap . argument: (word) @reference.call) (#eq? @_trap "trap"))
((simple_expansion (variable_name) @reference.use) (#not-match? @reference.use "^[0-9]"))
((expansion (variable_name) @reference.use) (#not-match? @reference.use "^[0-9]"))
(expansion (subscript name: (variable_name) @reference.use))

; Imports.
((command name: (command_name) @_source . argument: [(word) (string) (raw_string) (concatenation)] @import.module)
  (#any-of? @_source "source" "."))

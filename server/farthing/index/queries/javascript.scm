; Definitions. A name belongs to the innermost definition around it.
(function_declaration name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function
(class_declaration name: (identifier) @name) @definition.class
(class name: (identifier) @name) @definition.class
(method_definition name: [(property_identifier) (private_property_identifier)] @name) @definition.method
(field_definition property: [(property_identifier) (private_property_identifier)] @name) @definition.field
(field_definition
  property: [(property_identifier) (private_property_identifier)] @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.method

; Functions and classes that get their name where they are kept.
(variable_declarator
  name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(variable_declarator name: (identifier) @name value: (class)) @definition.class
(pair
  key: (property_identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.method
(assignment_expression
  left: (member_expression object: (identifier) @qualifier property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#not-match? @qualifier "^(exports|module)$")) @definition.function
(assignment_expression
  left: (member_expression object: (identifier) @_exports property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#eq? @_exports "exports")) @definition.function
(assignment_expression
  left: (member_expression
    object: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
    property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#eq? @_module "module")
  (#eq? @_exports "exports")) @definition.function
(assignment_expression
  left: (member_expression
    object: (member_expression object: (identifier) @qualifier property: (property_identifier) @_prototype)
    property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#eq? @_prototype "prototype")) @definition.method
(assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
  right: (function_expression name: (identifier) @name) @definition.function
  (#eq? @_module "module")
  (#eq? @_exports "exports"))
(export_statement
  "default" @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(export_statement "default" @name value: (class !name)) @definition.class

; Variables of the module. A function in one is a function.
(program (lexical_declaration kind: "const" (variable_declarator name: (identifier) @name) @definition.constant))
(program (lexical_declaration kind: "let" (variable_declarator name: (identifier) @name) @definition.variable))
(program (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable))
(export_statement
  declaration: (lexical_declaration kind: "const" (variable_declarator name: (identifier) @name) @definition.constant))
(export_statement
  declaration: (lexical_declaration kind: "let" (variable_declarator name: (identifier) @name) @definition.variable))
(export_statement
  declaration: (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable))

; What stands around a definition.
(export_statement declaration: (_)) @outer
(program (lexical_declaration . (variable_declarator name: (identifier))) @head)
(program (variable_declaration . (variable_declarator name: (identifier))) @head)
(export_statement declaration: (lexical_declaration . (variable_declarator name: (identifier))) @head)
(export_statement declaration: (variable_declaration . (variable_declarator name: (identifier))) @head)
(lexical_declaration
  . (variable_declarator value: [(arrow_function) (function_expression) (generator_function) (class)])) @head
(variable_declaration
  . (variable_declarator value: [(arrow_function) (function_expression) (generator_function) (class)])) @head
(decorator) @attribute
(comment) @comment

(function_declaration body: (_) @body)
(generator_function_declaration body: (_) @body)
(class_declaration body: (_) @body)
(class body: (_) @body)
(method_definition body: (_) @body)
(field_definition value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])
(variable_declarator
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (generator_function body: (_) @body)
    (class body: (_) @body)
  ])
(pair value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])
(assignment_expression right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])
(export_statement
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (class body: (_) @body)])

; References.
(call_expression function: [(identifier) @reference.call (member_expression property: (_) @reference.call)])
(new_expression constructor: [(identifier) @reference.call (member_expression property: (_) @reference.call)])
(decorator [
  (identifier) @reference.call
  (member_expression property: (_) @reference.call)
])
(class_heritage [(identifier) @reference.inherit (member_expression property: (_) @reference.inherit)])
(arguments (identifier) @reference.use)
(arguments (spread_element (identifier) @reference.use))
(member_expression object: (identifier) @reference.use)
(pair value: (identifier) @reference.use)
(template_substitution (identifier) @reference.use)
(export_statement value: (identifier) @reference.use)
(export_statement !source (export_clause (export_specifier name: (identifier) @reference.use)))

; Imports.
(import_statement source: (string) @import.module)
(import_statement (import_clause (identifier) @import.early))
(import_statement (import_clause (named_imports (import_specifier name: (_) @import.early))))
(export_statement source: (string) @import.module)
(export_statement (export_clause (export_specifier name: (_) @import.early)) source: (_))
(call_expression function: (import) arguments: (arguments . (string) @import.module))
((call_expression function: (identifier) @_require arguments: (arguments . (string) @import.module))
  (#eq? @_require "require"))
((variable_declarator
  name: (object_pattern
    [(shorthand_property_identifier_pattern) @import.early (pair_pattern key: (property_identifier) @import.early)])
  value: (call_expression function: (identifier) @_require arguments: (arguments . (string))))
  (#eq? @_require "require"))

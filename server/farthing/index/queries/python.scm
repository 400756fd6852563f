; Definitions. A name belongs to the innermost definition around it.
(function_definition name: (identifier) @name) @definition.function
(class_definition name: (identifier) @name) @definition.class
(module (expression_statement (assignment left: (identifier) @name) @definition.variable))
(class_definition body: (block (expression_statement (assignment left: (identifier) @name) @definition.field)))
(type_alias_statement left: (type [(identifier) @name (generic_type (identifier) @name)])) @definition.type

; What decorates a definition belongs to its body.
(decorated_definition) @outer

(function_definition body: (_) @body)
(class_definition body: (_) @body)

(function_definition body: (block . (expression_statement (string (string_content) @doc))))
(class_definition body: (block . (expression_statement (string (string_content) @doc))))

; References.
(call function: (identifier) @reference.call)
(call function: (attribute attribute: (identifier) @reference.call))
(class_definition superclasses: (argument_list [
  (identifier) @reference.inherit
  (attribute attribute: (identifier) @reference.inherit)
  (subscript value: [(identifier) @reference.inherit (attribute attribute: (identifier) @reference.inherit)])
]))
(type [
  (identifier) @reference.type
  (attribute attribute: (identifier) @reference.type)
  (generic_type (identifier) @reference.type)
  (subscript value: (attribute attribute: (identifier) @reference.type))
])
; ``A | B | None`` in a type.
(type (binary_operator [
  (identifier) @reference.type
  (attribute attribute: (identifier) @reference.type)
  (subscript value: [(identifier) @reference.type (attribute attribute: (identifier) @reference.type)])
  (binary_operator [
    (identifier) @reference.type
    (attribute attribute: (identifier) @reference.type)
    (subscript value: [(identifier) @reference.type (attribute attribute: (identifier) @reference.type)])
  ])
]))
(decorator [(identifier) @reference.call (attribute attribute: (identifier) @reference.call)])
(keyword_argument value: (identifier) @reference.use)
(argument_list (identifier) @reference.use)
(attribute object: (identifier) @reference.use)

; Imports.
(import_statement name: (dotted_name) @import.module)
(import_statement name: (aliased_import name: (dotted_name) @import.module alias: (identifier) @import.alias))
(import_from_statement module_name: (_) @import.module)
(import_from_statement name: (dotted_name) @import.name)
(import_from_statement name: (aliased_import name: (dotted_name) @import.name))

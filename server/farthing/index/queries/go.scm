; Definitions. A name belongs to the innermost definition around it.
(function_declaration name: (identifier) @name) @definition.function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @qualifier
    (pointer_type (type_identifier) @qualifier)
    (generic_type type: (type_identifier) @qualifier)
    (pointer_type (generic_type type: (type_identifier) @qualifier))
  ]))
  name: (field_identifier) @name) @definition.method
(short_var_declaration
  left: (expression_list . (identifier) @name .)
  right: (expression_list . (func_literal body: (_) @body) .)) @definition.function

(type_spec name: (type_identifier) @name type: (struct_type (field_declaration_list) @body)) @definition.class
(type_spec name: (type_identifier) @name type: (interface_type "{" @body)) @definition.interface
(type_spec
  name: (type_identifier) @name
  type: [
    (type_identifier) (qualified_type) (generic_type) (pointer_type) (array_type) (slice_type) (map_type)
    (channel_type) (function_type) (parenthesized_type)
  ]) @definition.type
(type_alias name: (type_identifier) @name) @definition.type
(method_elem name: (field_identifier) @name) @definition.method

; One name in a line is the whole line; of several each is its own.
(field_declaration . name: (field_identifier) @name . type: (_)) @definition.field
(field_declaration name: (field_identifier) @name @definition.field . name: (field_identifier))
(field_declaration name: (field_identifier) . name: (field_identifier) @name @definition.field)
(source_file (const_declaration (const_spec . name: (identifier) @name .) @definition.constant))
(source_file (const_declaration (const_spec . name: (identifier) @name . type: (_)) @definition.constant))
(source_file (const_declaration (const_spec . name: (identifier) @name . value: (_)) @definition.constant))
(source_file (const_declaration (const_spec (identifier) @name @definition.constant . (identifier))))
(source_file (const_declaration (const_spec (identifier) . (identifier) @name @definition.constant)))
(source_file (var_declaration (var_spec . name: (identifier) @name . type: (_)) @definition.variable))
(source_file (var_declaration (var_spec . name: (identifier) @name . value: (_)) @definition.variable))
(source_file (var_declaration (var_spec name: (identifier) @name @definition.variable . name: (identifier))))
(source_file (var_declaration (var_spec name: (identifier) . name: (identifier) @name @definition.variable)))
(source_file (var_declaration (var_spec_list
  (var_spec . name: (identifier) @name . type: (_)) @definition.variable)))
(source_file (var_declaration (var_spec_list
  (var_spec . name: (identifier) @name . value: (_)) @definition.variable)))
(source_file (var_declaration (var_spec_list
  (var_spec name: (identifier) @name @definition.variable . name: (identifier)))))
(source_file (var_declaration (var_spec_list
  (var_spec name: (identifier) . name: (identifier) @name @definition.variable))))

; A keyword that is for one definition belongs to it, one in front of a list does not.
(type_declaration "type" . [(type_spec) (type_alias)]) @head
(source_file (const_declaration "const" . (const_spec)) @head)
(source_file (var_declaration "var" . (var_spec)) @head)
(comment) @comment

(function_declaration body: (_) @body)
(method_declaration body: (_) @body)

; References.
(call_expression function: [
  (identifier) @reference.call
  (selector_expression field: (field_identifier) @reference.call)
  (index_expression operand: (identifier) @reference.call)
  (index_expression operand: (selector_expression field: (field_identifier) @reference.call))
  (parenthesized_expression (identifier) @reference.call)
])
(composite_literal type: [
  (type_identifier) @reference.call
  (qualified_type name: (type_identifier) @reference.call)
  (generic_type type: (type_identifier) @reference.call)
])
(field_declaration !name type: [
  (type_identifier) @reference.inherit
  (qualified_type name: (type_identifier) @reference.inherit)
  (generic_type type: (type_identifier) @reference.inherit)
])
(interface_type (type_elem . [
  (type_identifier) @reference.inherit
  (qualified_type name: (type_identifier) @reference.inherit)
  (generic_type type: (type_identifier) @reference.inherit)
] .))
((type_identifier) @reference.type
  (#not-match? @reference.type
    "^(any|bool|byte|comparable|error|rune|string|u?int(8|16|32|64)?|uintptr|float(32|64)|complex(64|128))$"))
(argument_list (identifier) @reference.use)
(argument_list (unary_expression operand: (identifier) @reference.use))
(argument_list (variadic_argument (identifier) @reference.use))
(selector_expression operand: (identifier) @reference.use)
(index_expression operand: (identifier) @reference.use)
(keyed_element value: (literal_element (identifier) @reference.use))
(literal_value (literal_element (identifier) @reference.use))

; Imports.
(import_spec path: (_) @import.module)

; Definitions. A name belongs to the innermost definition around it.
(function_item name: (identifier) @name) @definition.function
(function_signature_item name: (identifier) @name) @definition.function
(let_declaration
  pattern: (identifier) @name
  value: (closure_expression body: (_) @body)) @definition.function
(struct_item name: (type_identifier) @name) @definition.class
(union_item name: (type_identifier) @name) @definition.class
(enum_item name: (type_identifier) @name) @definition.enum
(enum_variant name: (identifier) @name) @definition.constant
(field_declaration name: (field_identifier) @name) @definition.field
(trait_item name: (type_identifier) @name) @definition.interface
(type_item name: (type_identifier) @name) @definition.type
(associated_type name: (type_identifier) @name) @definition.type
(const_item name: (identifier) @name) @definition.constant
(static_item name: (identifier) @name) @definition.variable
(mod_item name: (identifier) @name body: (_)) @definition.module
(macro_definition name: (identifier) @name) @definition.macro

; What an ``impl`` holds is of its type.
(impl_item type: [
  (type_identifier) @name
  (scoped_type_identifier name: (type_identifier) @name)
  (generic_type type: [(type_identifier) @name (scoped_type_identifier name: (type_identifier) @name)])
  (primitive_type) @name
  (reference_type type: (type_identifier) @name)
  (reference_type type: (generic_type type: (type_identifier) @name))
]) @scope

(attribute_item) @attribute
(line_comment) @comment
(block_comment) @comment

(function_item body: (_) @body)
(struct_item body: (field_declaration_list) @body)
(union_item body: (_) @body)
(enum_item body: (_) @body)
(enum_variant body: (field_declaration_list) @body)
(trait_item body: (_) @body)
(mod_item body: (_) @body)
(macro_definition (macro_rule) @body)

; References. Arguments of macros are not parsed: every name in them may be one.
(call_expression function: [
  (identifier) @reference.call
  (field_expression field: (field_identifier) @reference.call)
  (scoped_identifier name: (identifier) @reference.call)
  (generic_function function: [
    (identifier) @reference.call
    (field_expression field: (field_identifier) @reference.call)
    (scoped_identifier name: (identifier) @reference.call)
  ])
])
(call_expression function: (scoped_identifier path: [
  (identifier) @reference.use
  (scoped_identifier name: (identifier) @reference.use)
]))
(macro_invocation macro: [(identifier) @reference.call (scoped_identifier name: (identifier) @reference.call)])
(struct_expression name: [
  (type_identifier) @reference.call
  (scoped_type_identifier name: (type_identifier) @reference.call)
  (generic_type_with_turbofish type: (type_identifier) @reference.call)
])
(token_tree (identifier) @reference.call . (token_tree "("))
(token_tree (identifier) @reference.use)
(impl_item trait: [
  (type_identifier) @reference.inherit
  (scoped_type_identifier name: (type_identifier) @reference.inherit)
  (generic_type type: [
    (type_identifier) @reference.inherit
    (scoped_type_identifier name: (type_identifier) @reference.inherit)
  ])
])
(trait_item bounds: (trait_bounds [
  (type_identifier) @reference.inherit
  (scoped_type_identifier name: (type_identifier) @reference.inherit)
  (generic_type type: (type_identifier) @reference.inherit)
]))
(type_identifier) @reference.type
((type_identifier) @ignore (#eq? @ignore "Self"))
(type_parameter name: (type_identifier) @ignore)
(arguments (identifier) @reference.use)
(arguments (reference_expression value: (identifier) @reference.use))
(field_expression value: (identifier) @reference.use)
(field_initializer value: (identifier) @reference.use)
(shorthand_field_initializer (identifier) @reference.use)
([
  (arguments (scoped_identifier path: (identifier) @reference.use name: (identifier) @reference.use))
  (field_initializer value: (scoped_identifier path: (identifier) @reference.use name: (identifier) @reference.use))
  (let_declaration value: (scoped_identifier path: (identifier) @reference.use name: (identifier) @reference.use))
  (match_pattern (scoped_identifier path: (identifier) @reference.use name: (identifier) @reference.use))
  (match_arm value: (scoped_identifier path: (identifier) @reference.use name: (identifier) @reference.use))
  (binary_expression (scoped_identifier path: (identifier) @reference.use name: (identifier) @reference.use))
  (type_cast_expression value: (scoped_identifier path: (identifier) @reference.use name: (identifier) @reference.use))
  (block (scoped_identifier path: (identifier) @reference.use name: (identifier) @reference.use))
  (tuple_struct_pattern type: (scoped_identifier path: (identifier) @reference.use name: (identifier) @reference.use))
])

; Imports. A file of a module is named by ``mod``.
(use_declaration argument: [(identifier) (crate) (self) (super)] @import.module)
(use_declaration argument: (scoped_identifier path: (_) @import.module name: (_) @import.name))
(use_declaration argument: (use_as_clause path: (identifier) @import.module))
(use_declaration
  argument: (use_as_clause path: (scoped_identifier path: (_) @import.module name: (_) @import.name)))
(use_declaration argument: (use_wildcard (_) @import.module))
(use_declaration argument: (scoped_use_list path: (_) @import.module))
(use_declaration argument: (scoped_use_list list: (use_list [
  (identifier) @import.name
  (self) @import.name
  (scoped_identifier) @import.name
  (use_as_clause path: (_) @import.name)
  (scoped_use_list path: (_) @import.name list: (use_list [
    (identifier) @import.name
    (scoped_identifier) @import.name
    (use_as_clause path: (_) @import.name)
  ]))
])))
(use_declaration argument: (use_list [(identifier) @import.module (scoped_identifier) @import.module]))
(extern_crate_declaration name: (identifier) @import.module)
(mod_item name: (identifier) @import.module !body)

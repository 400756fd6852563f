; Definitions. A name belongs to the innermost definition around it.
(package_clause name: (_) @name) @definition.module
(package_object name: (_) @name) @definition.module
(class_definition name: (identifier) @name) @definition.class
(object_definition name: (identifier) @name) @definition.class
(trait_definition name: (identifier) @name) @definition.interface
(enum_definition name: (identifier) @name) @definition.enum
(simple_enum_case name: (identifier) @name) @definition.constant
(full_enum_case name: (identifier) @name) @definition.constant
(type_definition name: (type_identifier) @name) @definition.type
(function_definition name: (_) @name) @definition.function
(function_declaration name: (_) @name) @definition.function
(given_definition name: (identifier) @name) @definition.variable
(given_definition !name) @scope
(instance_expression (template_body)) @scope
(class_parameter ["val" "var"] name: (identifier) @name) @definition.field
(class_definition "case" class_parameters: (class_parameters (class_parameter name: (identifier) @name) @definition.field))

; Values outside functions.
([(template_body (val_definition pattern: (identifier) @name) @definition.field)
  (template_body (var_definition pattern: (identifier) @name) @definition.field)
  (template_body (val_declaration name: (identifier) @name) @definition.field)
  (template_body (var_declaration name: (identifier) @name) @definition.field)
  (template_body (val_definition pattern: (tuple_pattern (identifier) @name @definition.field)))
  (template_body (val_definition pattern: (identifiers (identifier) @name @definition.field)))
  (enum_body (val_definition pattern: (identifier) @name) @definition.field)
  (compilation_unit (val_definition pattern: (identifier) @name) @definition.variable)
  (compilation_unit (var_definition pattern: (identifier) @name) @definition.variable)])

[
  (package_clause body: (_) @body)
  (package_object body: (_) @body)
  (class_definition body: (_) @body)
  (object_definition body: (_) @body)
  (trait_definition body: (_) @body)
  (enum_definition body: (_) @body)
  (function_definition body: (_) @body)
  (given_definition body: (_) @body)
]

(comment) @comment
(block_comment) @comment
(annotation) @attribute

; References.
(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression field: (identifier) @reference.call))
(call_expression function: (generic_function function: [(identifier) @reference.call (field_expression field: (identifier) @reference.call)]))
(infix_expression operator: (identifier) @reference.call)
(instance_expression [(type_identifier) @reference.call (generic_type type: (type_identifier) @reference.call) (stable_type_identifier (type_identifier) @reference.call) (compound_type base: (type_identifier) @reference.call extra: (type_identifier) @reference.inherit)])
(extends_clause [(type_identifier) @reference.inherit (generic_type type: [(type_identifier) @reference.inherit (stable_type_identifier (type_identifier) @reference.inherit)]) (stable_type_identifier (type_identifier) @reference.inherit)])
((type_identifier) @reference.type (#not-eq? @reference.type "?"))
(field_expression value: [(identifier) @reference.use (generic_function function: (identifier) @reference.use)])
(call_expression function: (field_expression value: (field_expression field: (identifier) @reference.use)))
(arguments (identifier) @reference.use)
(arguments (field_expression field: (identifier) @reference.use))
(interpolation (identifier) @reference.use)

; Imports. A path is a row of names.
(import_declaration . path: (identifier) @import.module)
(import_declaration "," . path: (identifier) @import.module)
(import_declaration "." . path: (identifier) @import.part)
(namespace_selectors [(identifier) @import.name (arrow_renamed_identifier name: (identifier) @import.name) (as_renamed_identifier name: (identifier) @import.name)])

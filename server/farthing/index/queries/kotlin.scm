; Definitions. A name belongs to the innermost definition around it.
(package_header (qualified_identifier) @name) @definition.module
(class_declaration name: (identifier) @name) @definition.class
(class_declaration "interface" name: (identifier)) @definition.interface
(class_declaration (modifiers (class_modifier "enum"))) @definition.enum
(object_declaration name: (identifier) @name) @definition.class
(companion_object name: (identifier) @name) @definition.class
(companion_object) @scope
(object_literal) @scope
(type_alias type: (identifier) @name) @definition.type
(enum_entry . (identifier) @name) @definition.constant
(enum_entry (modifiers) . (identifier) @name) @definition.constant
(function_declaration name: (identifier) @name) @definition.function
(enum_entry (class_body (function_declaration) @definition.method))
(secondary_constructor "constructor" @name) @definition.method
(class_parameter ["val" "var"] . (identifier) @name) @definition.field
(source_file (property_declaration (variable_declaration . (identifier) @name)) @definition.variable)
(source_file (property_declaration (modifiers (property_modifier "const"))) @definition.constant)
(class_body (property_declaration (variable_declaration . (identifier) @name)) @definition.field)
(class_body (property_declaration (modifiers (property_modifier "const"))) @definition.constant)

; What is extended qualifies the name.
(function_declaration (user_type . (identifier) @qualifier) . name: (identifier))
(property_declaration (user_type . (identifier) @qualifier) . (variable_declaration))

(class_body) @body
(enum_class_body) @body
(function_body) @body
(getter) @body
(secondary_constructor (block) @body)
(secondary_constructor (constructor_delegation_call) @body)

(line_comment) @comment
(block_comment) @comment
(annotation) @attribute

; References.
(call_expression . (identifier) @reference.call)
(call_expression . (navigation_expression (identifier) @reference.call .))
(infix_expression (_) . (identifier) @reference.call . (_))
(delegation_specifier [
  (user_type (identifier) @reference.inherit)
  (constructor_invocation (user_type (identifier) @reference.inherit))
  (explicit_delegation (user_type (identifier) @reference.inherit))])
(user_type (identifier) @reference.type)
(navigation_expression . (identifier) @reference.use)
(call_expression . (navigation_expression . (navigation_expression (identifier) @reference.use .)))
(value_argument (identifier) @reference.use .)
(callable_reference (identifier) @reference.use)

; Imports.
(import (qualified_identifier) @import.module)

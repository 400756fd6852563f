; Definitions. A name belongs to the innermost definition around it.
(class_declaration name: (identifier) @name) @definition.class
(record_declaration name: (identifier) @name) @definition.class
(interface_declaration name: (identifier) @name) @definition.interface
(annotation_type_declaration name: (identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(enum_constant name: (identifier) @name) @definition.constant
(method_declaration name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name) @definition.method
(compact_constructor_declaration name: (identifier) @name) @definition.method
(annotation_type_element_declaration name: (identifier) @name) @definition.method
(record_declaration parameters: (formal_parameters (formal_parameter name: (identifier) @name) @definition.field))
(field_declaration declarator: (variable_declarator name: (identifier) @name) @definition.field)
(field_declaration
  (modifiers "static" "final")
  declarator: (variable_declarator name: (identifier) @name) @definition.constant)
(field_declaration
  (modifiers "final" "static")
  declarator: (variable_declarator name: (identifier) @name) @definition.constant)
(constant_declaration declarator: (variable_declarator name: (identifier) @name) @definition.constant)
(module_declaration name: (_) @name) @definition.module

; What stands around a definition.
(field_declaration) @head
(constant_declaration) @head
(annotation) @attribute
(marker_annotation) @attribute
(block_comment) @comment
(line_comment) @comment

(class_declaration body: (_) @body)
(record_declaration body: (_) @body)
(interface_declaration body: (_) @body)
(annotation_type_declaration body: (_) @body)
(enum_declaration body: (_) @body)
(enum_constant body: (_) @body)
(method_declaration body: (_) @body)
(constructor_declaration body: (_) @body)
(compact_constructor_declaration body: (_) @body)
(module_declaration body: (_) @body)

; References.
(method_invocation name: (identifier) @reference.call)
(method_reference (_) "::" (identifier) @reference.call)
(object_creation_expression type: [
  (type_identifier) @reference.call
  (scoped_type_identifier (type_identifier) @reference.call .)
  (generic_type [(type_identifier) @reference.call (scoped_type_identifier (type_identifier) @reference.call .)])
])
(annotation name: [(identifier) @reference.call (scoped_identifier name: (identifier) @reference.call)])
(marker_annotation name: [(identifier) @reference.call (scoped_identifier name: (identifier) @reference.call)])
(superclass [
  (type_identifier) @reference.inherit
  (scoped_type_identifier (type_identifier) @reference.inherit .)
  (generic_type [(type_identifier) @reference.inherit (scoped_type_identifier (type_identifier) @reference.inherit .)])
])
(super_interfaces (type_list [
  (type_identifier) @reference.inherit
  (scoped_type_identifier (type_identifier) @reference.inherit .)
  (generic_type [(type_identifier) @reference.inherit (scoped_type_identifier (type_identifier) @reference.inherit .)])
]))
(extends_interfaces (type_list [
  (type_identifier) @reference.inherit
  (scoped_type_identifier (type_identifier) @reference.inherit .)
  (generic_type [(type_identifier) @reference.inherit (scoped_type_identifier (type_identifier) @reference.inherit .)])
]))
(type_identifier) @reference.type
(type_parameter (type_identifier) @ignore)
(argument_list (identifier) @reference.use)
(method_invocation object: (identifier) @reference.use)
(method_reference . (identifier) @reference.use)
(field_access object: (identifier) @reference.use)
(element_value_pair value: (identifier) @reference.use)
(switch_label (identifier) @reference.use)

; Imports. What is taken comes last, so ``java.util.List`` is ``List`` of ``java.util``.
(import_declaration (scoped_identifier scope: (_) @import.module name: (identifier) @import.name) .)
(import_declaration (identifier) @import.module)
(import_declaration (scoped_identifier) @import.module . (asterisk))

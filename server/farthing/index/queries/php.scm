; Definitions. A name belongs to the innermost definition around it.
(namespace_definition name: (_) @name) @definition.module
(class_declaration name: (name) @name) @definition.class
(trait_declaration name: (name) @name) @definition.class
(interface_declaration name: (name) @name) @definition.interface
(enum_declaration name: (name) @name) @definition.enum
(enum_case name: (name) @name) @definition.constant
(function_definition name: (name) @name) @definition.function
(method_declaration name: (name) @name) @definition.method
(property_promotion_parameter name: (variable_name (name) @name)) @definition.field
(anonymous_class) @scope
((function_call_expression function: (name) @_define arguments: (arguments . (argument (string (string_content) @name)))) @definition.constant
  (#eq? @_define "define"))

; A constant or property alone in its declaration is all of it; of several each is its own part.
(const_declaration . (const_element . (name) @name) .) @definition.constant
(const_declaration [(visibility_modifier) (final_modifier) (primitive_type) (named_type) (optional_type) (union_type)] . (const_element . (name) @name) .) @definition.constant
(const_declaration (const_element . (name) @name) @definition.constant . (const_element))
(const_declaration (const_element) . (const_element . (name) @name) @definition.constant)
(property_declaration [(primitive_type) (named_type) (optional_type) (union_type) (visibility_modifier) (static_modifier) (readonly_modifier) (var_modifier)] . (property_element name: (variable_name (name) @name)) .) @definition.field
(property_declaration (property_element name: (variable_name (name) @name)) @definition.field . (property_element))
(property_declaration (property_element) . (property_element name: (variable_name (name) @name)) @definition.field)

[
  (namespace_definition body: (_) @body)
  (class_declaration body: (_) @body)
  (trait_declaration body: (_) @body)
  (interface_declaration body: (_) @body)
  (enum_declaration body: (_) @body)
  (function_definition body: (_) @body)
  (method_declaration body: (_) @body)
]

(comment) @comment
(attribute_list) @attribute

; References. Variables are local, so they are not taken.
(function_call_expression function: [(name) @reference.call (qualified_name (name) @reference.call)])
(member_call_expression name: (name) @reference.call)
(nullsafe_member_call_expression name: (name) @reference.call)
(scoped_call_expression name: (name) @reference.call)
(member_call_expression object: (member_access_expression name: (name) @reference.use))
(scoped_call_expression scope: [(name) @reference.type (qualified_name (name) @reference.type)])
(object_creation_expression [(name) @reference.call (qualified_name (name) @reference.call)])
(base_clause [(name) @reference.inherit (qualified_name (name) @reference.inherit)])
(class_interface_clause [(name) @reference.inherit (qualified_name (name) @reference.inherit)])
(use_declaration [(name) @reference.inherit (qualified_name (name) @reference.inherit)])
(named_type [(name) @reference.type (qualified_name (name) @reference.type)])
(attribute [(name) @reference.type (qualified_name (name) @reference.type)])
(binary_expression operator: "instanceof" right: [(name) @reference.type (qualified_name (name) @reference.type)])
(class_constant_access_expression . [(name) @reference.type (qualified_name (name) @reference.type)])
((class_constant_access_expression (_) . (name) @reference.use) (#not-eq? @reference.use "class"))
(scoped_property_access_expression scope: [(name) @reference.type (qualified_name (name) @reference.type)])
(argument !name (name) @reference.use)
(argument name: (_) (name) @reference.use)

; Imports.
(namespace_use_declaration (namespace_use_clause . [(name) (qualified_name)] @import.module))
(namespace_use_declaration (namespace_name) @import.module (namespace_use_group))
(namespace_use_group (namespace_use_clause . [(name) (qualified_name)] @import.name))
(include_expression [(string (string_content) @import.module) (encapsed_string (string_content) @import.module) (_ (string (string_content) @import.module))])
(include_once_expression [(string (string_content) @import.module) (encapsed_string (string_content) @import.module) (_ (string (string_content) @import.module))])
(require_expression [(string (string_content) @import.module) (encapsed_string (string_content) @import.module) (_ (string (string_content) @import.module))])
(require_once_expression [(string (string_content) @import.module) (encapsed_string (string_content) @import.module) (_ (string (string_content) @import.module))])

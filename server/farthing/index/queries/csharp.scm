; Definitions. A name belongs to the innermost definition around it.
(namespace_declaration name: (_) @name) @definition.module
(file_scoped_namespace_declaration name: (_) @name) @definition.module
(class_declaration name: (identifier) @name) @definition.class
(struct_declaration name: (identifier) @name) @definition.class
(record_declaration name: (identifier) @name) @definition.class
(interface_declaration name: (identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(delegate_declaration name: (identifier) @name) @definition.type
(enum_member_declaration name: (identifier) @name) @definition.constant
(method_declaration name: (identifier) @name) @definition.function
(constructor_declaration name: (identifier) @name) @definition.function
(destructor_declaration name: (identifier) @name) @definition.function
(local_function_statement name: (identifier) @name) @definition.function
(operator_declaration operator: _ @name) @definition.function
(indexer_declaration "this" @name) @definition.function
(property_declaration name: (identifier) @name) @definition.field
(event_declaration name: (identifier) @name) @definition.field
(record_declaration (parameter_list (parameter name: (identifier) @name) @definition.field))

; A field alone in its declaration is all of it; of several each is its own part.
(field_declaration (variable_declaration type: (_) . (variable_declarator name: (identifier) @name) .)) @definition.field
(field_declaration (modifier "const") (variable_declaration type: (_) . (variable_declarator name: (identifier) @name) .)) @definition.constant
(event_field_declaration (variable_declaration type: (_) . (variable_declarator name: (identifier) @name) .)) @definition.field
(field_declaration (variable_declaration (variable_declarator name: (identifier) @name) @definition.field . (variable_declarator)))
(field_declaration (variable_declaration (variable_declarator) . (variable_declarator name: (identifier) @name) @definition.field))

[
  (namespace_declaration body: (_) @body)
  (class_declaration body: (_) @body)
  (struct_declaration body: (_) @body)
  (record_declaration body: (_) @body)
  (interface_declaration body: (_) @body)
  (enum_declaration body: (_) @body)
  (method_declaration body: (_) @body)
  (constructor_declaration body: (_) @body)
  (destructor_declaration body: (_) @body)
  (local_function_statement body: (_) @body)
  (operator_declaration body: (_) @body)
  (indexer_declaration value: (_) @body)
  (indexer_declaration accessors: (_) @body)
  (property_declaration accessors: (_) @body)
  (property_declaration value: (arrow_expression_clause) @body)
]

(comment) @comment
(attribute_list) @attribute

; References.
(invocation_expression function: (identifier) @reference.call)
(invocation_expression function: (generic_name . (identifier) @reference.call))
(invocation_expression function: (member_access_expression name: [(identifier) @reference.call (generic_name . (identifier) @reference.call)]))
(invocation_expression function: (conditional_access_expression (member_binding_expression name: [(identifier) @reference.call (generic_name . (identifier) @reference.call)])))
(conditional_access_expression (invocation_expression function: (member_binding_expression name: [(identifier) @reference.call (generic_name . (identifier) @reference.call)])))
(object_creation_expression type: [(identifier) @reference.call (generic_name . (identifier) @reference.call) (qualified_name name: (identifier) @reference.call)])
(base_list [(identifier) @reference.inherit (generic_name . (identifier) @reference.inherit) (qualified_name name: (identifier) @reference.inherit) (primary_constructor_base_type type: [(identifier) @reference.inherit (generic_name . (identifier) @reference.inherit)])])
(attribute name: [(identifier) @reference.type (qualified_name name: (identifier) @reference.type)])
(_ type: [(identifier) @reference.type (qualified_name name: (identifier) @reference.type)])
(_ returns: [(identifier) @reference.type (qualified_name name: (identifier) @reference.type)])
(generic_name . (identifier) @reference.type)
(type_argument_list [(identifier) @reference.type (qualified_name name: (identifier) @reference.type)])
(type_parameter_constraint [(identifier) @reference.type])
(catch_declaration type: (identifier) @reference.type)
(as_expression right: (identifier) @reference.type)
(is_expression right: (identifier) @reference.type)
(member_access_expression expression: (identifier) @reference.use)
(invocation_expression function: (member_access_expression expression: (member_access_expression name: (identifier) @reference.use)))
(conditional_access_expression condition: (identifier) @reference.use)
(element_access_expression expression: (identifier) @reference.use)
(argument (identifier) @reference.use)

; Imports. An alias is no part of what is imported.
(using_directive !name [(identifier) (qualified_name)] @import.module)
(using_directive name: (_) . [(identifier) (qualified_name name: (identifier))] @import.module)

; Definitions. A name belongs to the innermost definition around it; variables of functions are left out.
(function_definition declarator: [
  (function_declarator declarator: (_) @name)
  (operator_cast) @name
  (reference_declarator (function_declarator declarator: (_) @name))
  (pointer_declarator declarator: [
    (function_declarator declarator: (_) @name)
    (reference_declarator (function_declarator declarator: (_) @name))
    (pointer_declarator declarator: (function_declarator declarator: (_) @name))
  ])
]) @definition.function
; Out of line.
(function_definition declarator: [
  (function_declarator declarator: (qualified_identifier))
  (qualified_identifier name: (operator_cast)) @name
  (reference_declarator (function_declarator declarator: (qualified_identifier)))
  (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier)))
]) @definition.method
(declaration declarator: [
  (function_declarator declarator: [(identifier) (operator_name) (destructor_name) (qualified_identifier)] @name)
  (operator_cast) @name
  (reference_declarator (function_declarator declarator: [(identifier) (operator_name)] @name))
  (pointer_declarator declarator: [
    (function_declarator declarator: [(identifier) (operator_name)] @name)
    (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))
  ])
]) @definition.function
(field_declaration declarator: [
  (function_declarator declarator: [(field_identifier) (operator_name) (destructor_name)] @name)
  (operator_cast) @name
  (reference_declarator (function_declarator declarator: [(field_identifier) (operator_name)] @name))
  (pointer_declarator declarator: [
    (function_declarator declarator: [(field_identifier) (operator_name)] @name)
    (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name))
  ])
]) @definition.method
(declaration declarator: (init_declarator
  declarator: (identifier) @name
  value: (lambda_expression body: (_) @body)) @definition.function)
(concept_definition name: (identifier) @name) @definition.type
(alias_declaration name: (type_identifier) @name) @definition.type
(namespace_definition name: (_) @name) @definition.module
(class_specifier
  name: [(type_identifier) @name (template_type name: (_) @name) (qualified_identifier) @name]
  body: (_)) @definition.class

; Each declarator is a definition, and the first begins where the declaration does.
(declaration declarator: (identifier) @name @definition.variable)
(declaration declarator: (array_declarator declarator: (identifier) @name) @definition.variable)
(declaration declarator: (reference_declarator (identifier) @name) @definition.variable)
(declaration declarator: (pointer_declarator declarator: [
  (identifier) @name
  (array_declarator declarator: (identifier) @name)
  (pointer_declarator declarator: (identifier) @name)
]) @definition.variable)
(declaration declarator: (init_declarator declarator: [
  (identifier) @name
  (array_declarator declarator: (identifier) @name)
  (qualified_identifier) @name
  (reference_declarator (identifier) @name)
  (pointer_declarator declarator: [
    (identifier) @name
    (array_declarator declarator: (identifier) @name)
    (pointer_declarator declarator: (identifier) @name)
  ])
]) @definition.variable)
(declaration
  (type_qualifier ["const" "constexpr"])
  declarator: (init_declarator declarator: [
    (identifier) @name
    (array_declarator declarator: (identifier) @name)
  ]) @definition.constant)
(declaration declarator: (function_declarator
  declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name))) @definition.variable)
(declaration declarator: (init_declarator declarator: (function_declarator
  declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))) @definition.variable)
(field_declaration declarator: (field_identifier) @name @definition.field)
(field_declaration declarator: (array_declarator declarator: (field_identifier) @name) @definition.field)
(field_declaration declarator: (reference_declarator (field_identifier) @name) @definition.field)
(field_declaration
  (type_qualifier ["const" "constexpr"])
  declarator: (field_identifier) @name @definition.constant
  default_value: (_))
(field_declaration declarator: (pointer_declarator declarator: [
  (field_identifier) @name
  (array_declarator declarator: (field_identifier) @name)
  (pointer_declarator declarator: (field_identifier) @name)
]) @definition.field)
(field_declaration declarator: (function_declarator
  declarator: (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @name))) @definition.field)

(struct_specifier
  name: [(type_identifier) @name (template_type name: (_) @name) (qualified_identifier) @name]
  body: (_)) @definition.class
(union_specifier name: (type_identifier) @name body: (_)) @definition.class
(enum_specifier name: (type_identifier) @name body: (_)) @definition.enum
(enumerator name: (identifier) @name) @definition.constant
(preproc_def name: (identifier) @name value: (_)) @definition.macro
(preproc_function_def name: (identifier) @name) @definition.macro

; A type without a name of its own has that of its typedef; beside one with a name, the typedef is another.
(type_definition type: (struct_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.class
(type_definition type: (union_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.class
(type_definition type: (enum_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.enum
(type_definition
  type: [
    (struct_specifier name: (_) body: (_))
    (union_specifier name: (_) body: (_))
    (enum_specifier name: (_) body: (_))
  ]
  declarator: [
    (type_identifier) @name @definition.type
    (pointer_declarator declarator: (type_identifier) @name) @definition.type
  ])
(type_definition
  type: [
    (type_identifier) (primitive_type) (sized_type_specifier) (qualified_identifier) (template_type)
  (placeholder_type_specifier) (dependent_type) (decltype)
    (struct_specifier !body) (union_specifier !body) (enum_specifier !body)
  ]
  declarator: [
    (type_identifier) @name
    (pointer_declarator declarator: (type_identifier) @name)
    (array_declarator declarator: (type_identifier) @name)
    (function_declarator declarator: [
      (type_identifier) @name
      (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name))
    ])
  ]) @definition.type

; What stands around a definition. Before a type with a body, that type comes first.
(declaration type: [
  (type_identifier) (primitive_type) (sized_type_specifier) (qualified_identifier) (template_type)
  (placeholder_type_specifier) (dependent_type) (decltype)
  (struct_specifier !body) (union_specifier !body) (enum_specifier !body)
]) @head
(field_declaration type: [
  (type_identifier) (primitive_type) (sized_type_specifier) (qualified_identifier) (template_type)
  (placeholder_type_specifier) (dependent_type) (decltype)
  (struct_specifier !body) (union_specifier !body) (enum_specifier !body)
]) @head
(template_declaration) @head
(attribute_specifier) @attribute
(attribute_declaration) @attribute
(comment) @comment

(function_definition body: (_) @body)
(function_definition (field_initializer_list) @body)
(function_definition (default_method_clause) @body)
(function_definition (delete_method_clause) @body)
(function_definition body: (try_statement) @body)
(namespace_definition body: (_) @body)
(class_specifier body: (_) @body)
(struct_specifier name: (_) body: (_) @body)
(union_specifier name: (_) body: (_) @body)
(enum_specifier name: (_) body: (_) @body)
(preproc_function_def value: (_) @body)

; References.
(call_expression function: [
  (identifier) @reference.call
  (field_expression field: (field_identifier) @reference.call)
  (parenthesized_expression (pointer_expression argument: (identifier) @reference.call))
  (template_function name: (identifier) @reference.call)
  (field_expression field: (template_method name: (field_identifier) @reference.call))
  (qualified_identifier name: [
    (identifier) @reference.call
    (template_function name: (identifier) @reference.call)
    (qualified_identifier name: [
      (identifier) @reference.call
      (template_function name: (identifier) @reference.call)
      (qualified_identifier name: (identifier) @reference.call)
    ])
  ])
])
(call_expression function: (qualified_identifier scope: (namespace_identifier) @reference.use))
(new_expression type: [
  (type_identifier) @reference.call
  (template_type name: (type_identifier) @reference.call)
  (qualified_identifier name: [
    (type_identifier) @reference.call
    (template_type name: (type_identifier) @reference.call)
  ])
])
(compound_literal_expression type: [
  (type_identifier) @reference.call
  (template_type name: (type_identifier) @reference.call)
  (qualified_identifier name: (type_identifier) @reference.call)
])
(base_class_clause [
  (type_identifier) @reference.inherit
  (template_type name: (type_identifier) @reference.inherit)
  (qualified_identifier name: [
    (type_identifier) @reference.inherit
    (template_type name: (type_identifier) @reference.inherit)
    (qualified_identifier name: (type_identifier) @reference.inherit)
  ])
])
(type_parameter_declaration (type_identifier) @ignore)
(optional_type_parameter_declaration name: (type_identifier) @ignore)
(variadic_type_parameter_declaration (type_identifier) @ignore)
(type_identifier) @reference.type
(argument_list (identifier) @reference.use)
(argument_list (pointer_expression argument: (identifier) @reference.use))
(argument_list (cast_expression value: (identifier) @reference.use))
(argument_list (qualified_identifier
  scope: (namespace_identifier) @reference.use
  name: (identifier) @reference.use))
(field_expression argument: (identifier) @reference.use)
(subscript_expression argument: (identifier) @reference.use)
(initializer_list (identifier) @reference.use)
(initializer_list (pointer_expression argument: (identifier) @reference.use))
(initializer_pair value: (identifier) @reference.use)
(init_declarator value: (identifier) @reference.use)
(assignment_expression right: (identifier) @reference.use)

; Imports.
(preproc_include path: (_) @import.module)

; Definitions. A name belongs to the innermost definition around it.
(function_declaration name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function
(function_signature name: (identifier) @name) @definition.function
(class_declaration name: (type_identifier) @name) @definition.class
(abstract_class_declaration name: (type_identifier) @name) @definition.class
(class name: (type_identifier) @name) @definition.class
(interface_declaration name: (type_identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(enum_body name: (property_identifier) @name @definition.constant)
(enum_assignment name: (property_identifier) @name) @definition.constant
(type_alias_declaration name: (type_identifier) @name) @definition.type
(internal_module name: [(identifier) (nested_identifier)] @name) @definition.module
(module name: [(identifier) @name (nested_identifier) @name (string (string_fragment) @name)]) @definition.module
(interface_body (property_signature name: (property_identifier) @name) @definition.field)
(interface_body (method_signature name: (property_identifier) @name) @definition.method)
(type_alias_declaration value: (object_type (property_signature name: (property_identifier) @name) @definition.field))
(type_alias_declaration value: (object_type (method_signature name: (property_identifier) @name) @definition.method))
(class_body (method_signature name: (property_identifier) @name) @definition.method)
(abstract_method_signature name: (property_identifier) @name) @definition.method
(method_definition name: [(property_identifier) (private_property_identifier)] @name) @definition.method
(public_field_definition name: [(property_identifier) (private_property_identifier)] @name) @definition.field
(public_field_definition
  name: [(property_identifier) (private_property_identifier)] @name
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
(export_statement declaration:
  (lexical_declaration kind: "const" (variable_declarator name: (identifier) @name) @definition.constant))
(export_statement declaration:
  (lexical_declaration kind: "let" (variable_declarator name: (identifier) @name) @definition.variable))
(export_statement declaration:
  (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable))
(ambient_declaration
  (lexical_declaration kind: "const" (variable_declarator name: (identifier) @name) @definition.constant))
(ambient_declaration
  (lexical_declaration kind: "let" (variable_declarator name: (identifier) @name) @definition.variable))
(ambient_declaration (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable))

; What stands around a definition.
(export_statement declaration: (_)) @outer
(ambient_declaration [
  (function_signature) (class_declaration) (abstract_class_declaration) (interface_declaration) (enum_declaration)
  (type_alias_declaration) (internal_module) (module) (lexical_declaration) (variable_declaration)
]) @outer
(program (lexical_declaration . (variable_declarator name: (identifier))) @head)
(program (variable_declaration . (variable_declarator name: (identifier))) @head)
(export_statement declaration: (lexical_declaration . (variable_declarator name: (identifier))) @head)
(export_statement declaration: (variable_declaration . (variable_declarator name: (identifier))) @head)
(ambient_declaration (lexical_declaration . (variable_declarator name: (identifier))) @head)
(ambient_declaration (variable_declaration . (variable_declarator name: (identifier))) @head)
(lexical_declaration
  . (variable_declarator value: [(arrow_function) (function_expression) (generator_function) (class)])) @head
(variable_declaration
  . (variable_declarator value: [(arrow_function) (function_expression) (generator_function) (class)])) @head
(decorator) @attribute
(comment) @comment

(function_declaration body: (_) @body)
(generator_function_declaration body: (_) @body)
(class_declaration body: (_) @body)
(abstract_class_declaration body: (_) @body)
(interface_declaration body: (_) @body)
(enum_declaration body: (_) @body)
(internal_module body: (_) @body)
(module body: (_) @body)
(type_alias_declaration value: (object_type) @body)
(class body: (_) @body)
(method_definition body: (_) @body)
(public_field_definition value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])
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
(extends_clause value: [(identifier) @reference.inherit (member_expression property: (_) @reference.inherit)])
(implements_clause [
  (type_identifier) @reference.inherit
  (generic_type name: (type_identifier) @reference.inherit)
  (nested_type_identifier name: (type_identifier) @reference.inherit)
  (generic_type name: (nested_type_identifier name: (type_identifier) @reference.inherit))
])
(extends_type_clause type: [
  (type_identifier) @reference.inherit
  (generic_type name: (type_identifier) @reference.inherit)
  (nested_type_identifier name: (type_identifier) @reference.inherit)
  (generic_type name: (nested_type_identifier name: (type_identifier) @reference.inherit))
])
(type_identifier) @reference.type
(type_query (identifier) @reference.type)
(type_parameter name: (type_identifier) @ignore)
(arguments (identifier) @reference.use)
(arguments (spread_element (identifier) @reference.use))
(member_expression object: (identifier) @reference.use)
(pair value: (identifier) @reference.use)
(template_substitution (identifier) @reference.use)
(export_statement value: (identifier) @reference.use)
(export_statement !source (export_clause (export_specifier name: (identifier) @reference.use)))

; Imports.
(import_statement source: (string) @import.module)
(import_require_clause source: (string) @import.module)
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

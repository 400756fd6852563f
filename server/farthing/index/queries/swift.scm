; Definitions. A name belongs to the innermost definition around it.
(class_declaration declaration_kind: ["class" "struct" "actor"] name: (_) @name) @definition.class
(class_declaration declaration_kind: "enum" name: (_) @name) @definition.enum
(class_declaration declaration_kind: "extension" name: (_) @name) @scope
(protocol_declaration name: (_) @name) @definition.interface
(typealias_declaration name: (type_identifier) @name) @definition.type
(associatedtype_declaration name: (type_identifier) @name) @definition.type
(function_declaration name: [(simple_identifier) "==" "!=" "<" ">" "<=" ">=" "+" "-" "*" "/" "%" (custom_operator)] @name) @definition.function
(protocol_function_declaration name: (simple_identifier) @name) @definition.function
(init_declaration name: "init" @name) @definition.method
(deinit_declaration "deinit" @name) @definition.method
(subscript_declaration "subscript" @name) @definition.method
(protocol_property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.field
(source_file (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.variable)
(class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.field)
(enum_class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.field)

; A case alone is all of its line; of case one, two each name is.
(enum_entry . name: (simple_identifier) @name .) @definition.constant
(enum_entry . name: (simple_identifier) @name . data_contents: (_) .) @definition.constant
(enum_entry . name: (simple_identifier) @name . raw_value: (_) .) @definition.constant
(enum_entry (modifiers) . name: (simple_identifier) @name .) @definition.constant
(enum_entry (modifiers) . name: (simple_identifier) @name . data_contents: (_) .) @definition.constant
(enum_entry name: (simple_identifier) @name @definition.constant . name: (simple_identifier))
(enum_entry name: (simple_identifier) . name: (simple_identifier) @name @definition.constant)
(enum_entry name: (simple_identifier) @name @definition.constant . data_contents: (_) . name: (simple_identifier))
(enum_entry name: (simple_identifier) @name @definition.constant . raw_value: (_) . name: (simple_identifier))
(enum_entry data_contents: (_) . name: (simple_identifier) @name @definition.constant)
(enum_entry raw_value: (_) . name: (simple_identifier) @name @definition.constant)

(class_body) @body
(enum_class_body) @body
(protocol_body) @body
(function_body) @body
(computed_property) @body
(willset_didset_block) @body
(protocol_property_requirements) @body

(comment) @comment
(multiline_comment) @comment
(attribute) @attribute

; References.
(call_expression . (simple_identifier) @reference.call (call_suffix [(value_arguments "(") (lambda_literal)]))
(call_expression . (simple_identifier) @reference.use)
(call_expression . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @reference.call)))
(call_expression . (prefix_expression operation: "." target: (simple_identifier) @reference.call))
(constructor_expression constructed_type: (user_type (type_identifier) @reference.call))
(inheritance_specifier inherits_from: (user_type (type_identifier) @reference.inherit))
(user_type (type_identifier) @reference.type)
((navigation_expression target: (simple_identifier) @reference.use) (#not-match? @reference.use "^[$]"))
(call_expression . (navigation_expression target: (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @reference.use))))
(prefix_expression operation: "." target: (simple_identifier) @reference.use)
(value_argument value: (simple_identifier) @reference.use)
(function_declaration default_value: (simple_identifier) @reference.use)

; Imports.
(import_declaration (identifier) @import.module)

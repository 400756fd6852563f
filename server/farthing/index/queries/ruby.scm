; Definitions. A name belongs to the innermost definition around it.
(module name: (constant) @name) @definition.module
(module name: (scope_resolution scope: (_) @qualifier name: (constant) @name)) @definition.module
(class name: (constant) @name) @definition.class
(class name: (scope_resolution scope: (_) @qualifier name: (constant) @name)) @definition.class
(method name: (_) @name) @definition.function
(singleton_method name: (_) @name) @definition.method
(module body: (body_statement (method) @definition.method))
(argument_list (method) @definition.method)
(do_block (body_statement (method) @definition.method))
(assignment left: (constant) @name) @definition.constant
(class body: (body_statement (assignment left: (class_variable) @name) @definition.field))
(alias name: (_) @name) @definition.method

; attr_reader :one is a definition; of attr_reader :one, :two each symbol is.
((call method: (identifier) @_attribute arguments: (argument_list . (simple_symbol) @name .)) @definition.field
  (#any-of? @_attribute "attr_reader" "attr_writer" "attr_accessor" "attribute"))
((call method: (identifier) @_attribute arguments: (argument_list (simple_symbol) @name @definition.field . (simple_symbol)))
  (#any-of? @_attribute "attr_reader" "attr_writer" "attr_accessor"))
((call method: (identifier) @_attribute arguments: (argument_list (simple_symbol) . (simple_symbol) @name @definition.field))
  (#any-of? @_attribute "attr_reader" "attr_writer" "attr_accessor"))
((call method: (identifier) @_define arguments: (argument_list . (simple_symbol) @name)) @definition.method
  (#any-of? @_define "define_method" "alias_method" "scope" "delegate"))

(module body: (_) @body)
(class body: (_) @body)
(method body: (_) @body)
(singleton_method body: (_) @body)

(comment) @comment

; References. Constants are classes and modules; a plain name may be a local variable or a call.
(call method: [(identifier) (constant)] @reference.call)
(superclass [(constant) @reference.inherit (scope_resolution name: (constant) @reference.inherit)])
((call method: (identifier) @_mixin arguments: (argument_list [(constant) @reference.inherit (scope_resolution name: (constant) @reference.inherit)]))
  (#any-of? @_mixin "include" "extend" "prepend"))
(constant) @reference.type
(argument_list (identifier) @reference.use)
(call receiver: (identifier) @reference.use)
(interpolation (identifier) @reference.use)
(binary (identifier) @reference.use)
(body_statement (identifier) @reference.use)
(block_argument (identifier) @reference.use)
(alias alias: (identifier) @reference.use)

; Imports.
((call method: (identifier) @_require arguments: (argument_list (string (string_content) @import.module)))
  (#any-of? @_require "require" "require_relative" "load" "autoload"))

# frozen_string_literal: true

require "json"
require_relative "lib/money"
require 'set' unless defined?(Set)
load "tasks/prices.rake"
autoload :Parser, "shop/parser"

module Shop
  VERSION = "1.2.0"
  Point = Struct.new(:x, :y)

  # Raised when a price is missing.
  # Callers may retry.
  class MissingPrice < StandardError; end

  # Talks about itself.
  module Describable
    def describe
      "#{self.class.name}: #{title}"
    end
  end

  class Order < Base::Record
    include Describable
    extend Comparable, Enumerable

    TAXES = { de: 0.19, "fr" => 0.2 }.freeze
    @@count = 0

    attr_reader :lines, :customer
    attr_accessor :status
    has_many :payments

    class << self
      def build(attributes, &block)
        new(attributes).tap(&block)
      end
    end

    # Finds an order.
    def self.find(id, from: nil)
      Store.fetch(id) { |row| parse(row) }
    rescue KeyError, Shop::MissingPrice => e
      warn e.message
      nil
    end

    def initialize(lines = [], **options)
      super()
      @lines = lines
      @status = options.fetch(:status, Status::OPEN)
      @@count += 1
    end

    # The sum of all lines.
    def total(tax = TAXES[:de])
      sum = lines.map(&:price).reduce(0) do |acc, price|
        add acc, price
      end
      round sum * tax
    end

    def <=>(other)
      total <=> other.total
    end

    def paid? = status == Status::PAID

    def lines=(value)
      @lines = Array(value)
    end

    alias_method :sum, :total
    alias amount total

    private

    def add(left, right)
      Money::Sum.new(left, right).call
    end

    private def secret(key) = Digest::SHA256.hexdigest(key)

    define_method(:dynamic) { |x| helper(x) }
  end
end

class Shop::Refund < Shop::Order
  def total(...)
    -super
  end
end

def helper(value)
  puts JSON.generate(value)
end

helper Shop::Order.build({})

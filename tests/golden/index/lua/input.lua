#!/usr/bin/env lua
local json = require("json")
local socket = require "socket.core"
local M, helpers = {}, require('shop.helpers')
require "strict"
dofile("config.lua")

local MAX_LINES <const> = 100
local Order = setmetatable({}, { __index = helpers.Base })
Order.__index = Order
VERSION = "1.2"

M.defaults = {
  tax = 0.19,
  format = function(price)
    return string.format("%.2f", price)
  end,
  ["on-paid"] = function() notify() end,
}

--- A new order.
-- @param lines the lines
function Order.new(lines)
  local self = setmetatable({ lines = lines or {} }, Order)
  self.status = M.status.open
  return self
end

-- The sum of all lines.
function Order:total(tax)
  local sum = 0
  local function add(price)
    sum = sum + round(price, tax)
  end
  for _, line in ipairs(self.lines) do
    add(line:price(tax))
  end
  return sum
end

--[[
  Writes orders as JSON.
]]
local function dump(order, ...)
  if select("#", ...) > MAX_LINES then
    error("too many")
  end
  return json.encode(order)
end

M.map = function(list, f)
  local out = {}
  for i = 1, #list do
    out[#out + 1] = f(list[i])
  end
  return out
end

local each = function(list, visit)
  M.map(list, visit)
end

function M.store.orders.save(order)
  local conn <close> = socket.connect { host = "localhost", port = VERSION }
  conn:send(dump(order))
  goto done
  ::done::
end

function main(argv)
  each({ Order.new(argv) }, M.store.orders.save)
  return coroutine.wrap(function() M.defaults.format(1) end)
end

M.main = main
return M

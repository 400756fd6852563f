local json = require("json")

local function before(x)
  return helper(x)
end

local function broken(a, = 3)
  local y = = 1
end

function after()
  return compute(1)
end

return after

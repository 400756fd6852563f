require "json"

class Good
  def before(x)
    helper(x)
  end

  def broken(a)
    y = = 1
  end

  def after
    compute(1)
  end
end

def last
  Good.new
end

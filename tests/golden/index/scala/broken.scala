import java.time.Instant

class Good {
  def before(x: Int) = helper(x)

  def broken(a: Int, = 3) = {
    val y = = 1
  }

  def after(): Instant = {
    compute(1)
  }
}

object Last {
  def run() = new Good()
}

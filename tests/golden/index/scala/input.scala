package shop.orders

import java.time.Instant
import scala.collection.mutable.{Map, ListBuffer => Buffer}
import shop.money.*
import scala.concurrent._, scala.util.Try

/** Something with a price.
  */
trait Priced[+T <: Number] extends Serializable with Product {
  type Amount = BigDecimal
  val tax: Double = 0.19
  def price: T
  def total(count: Int = 1): Amount = Money.times(price, count)
}

sealed trait Event
object Event {
  case class Created(at: Instant) extends Event
  case object Deleted extends Event
}

/** An order of one customer. */
@Entity("orders")
@deprecated("use OrderV2", "1.2")
class Order[T: Ordering](val lines: List[Line], logger: Logger)(implicit ec: ExecutionContext)
    extends Model[T](logger)
    with Priced[Double] {
  import Order._

  private[orders] lazy val cache: Map[String, Line] = Map.empty
  var status: Status = Status.Open

  def this(line: Line) = this(List(line), Logger.default)

  // The sum of all lines.
  @throws[MissingPrice]
  override def total(count: Int): BigDecimal = {
    def add(left: Money, right: Money): Money = left plus right
    val sum = lines.map(_.price).foldLeft(Money.zero)(add)
    for (line <- lines if isOpen(line)) logger.info(s"line $line ${describe(line)}")
    sum match {
      case Rounded(value) => value
      case exact: Exact => new Converter(exact).run
      case _ => throw new MissingPrice("none")
    }
  }

  def +(other: Order[T]): Order[T] = merge(other)

  class Cursor(key: String) {
    def move(): Unit = Order.this.refresh()
  }
}

object Order extends Factory[Order[Int]] {
  final val MaxLines = 100
  val (first, second) = pair(MaxLines)
  implicit class RichOrder(order: Order[_]) {
    def isPaid: Boolean = order.status == Status.Paid
  }
  def apply[T](lines: Line*): Order[T] = new Order[T](lines.toList, Logger())
}

enum Status(val label: String) extends HasLabel:
  case Open extends Status("open")
  case Paid, Lost
  def next: Status = Status.fromOrdinal(ordinal + 1)

given Ordering[Line] with
  def compare(x: Line, y: Line): Int = x.name.compareTo(y.name)

given defaultLogger: Logger = Logger("shop")

extension (order: Order[?])
  def isOpen: Boolean = check(order)

opaque type Id = String

package object money {
  type Price = BigDecimal
}

@main def run(args: String*): Unit =
  val listener = new Listener with Handles {
    override def handle() = notify(args)
  }
  listener.start(Order)

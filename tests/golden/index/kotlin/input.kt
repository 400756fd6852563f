@file:JvmName("Shop")

package shop.orders

import java.time.Instant
import kotlin.math.*
import shop.money.Price as Money

const val MAX_LINES = 100
val defaultTax: Double by lazy { loadTax() }
var counter = 0
typealias Handler<T> = (T) -> Unit

/**
 * Something with a price.
 */
interface Priced<out T : Number> {
    val price: T
    fun total(count: Int = 1): Money
}

/** The state of an order. */
enum class Status(val label: String) : HasLabel {
    OPEN("open"),
    PAID("paid") {
        override fun next() = OPEN
    };

    abstract fun next(): Status
}

@Serializable
data class Line(val name: String, @Json("p") val price: Money, count: Int = 1)

sealed class Event {
    data class Created(val at: Instant) : Event()
    object Deleted : Event()
}

@Entity
@Table(name = "orders")
open class Order<T> @Inject constructor(
    private val lines: List<Line>,
    logger: Logger,
) : Model<T>(logger), Priced<Double> by Delegate(lines) where T : Comparable<T> {
    override val price: Double
        get() = lines.sumOf { it.price.toDouble() }

    lateinit var status: Status

    init {
        logger.info("created")
    }

    constructor(line: Line) : this(listOf(line), Logger.DEFAULT)

    // The sum of all lines.
    @Throws(IllegalStateException::class)
    override fun total(count: Int): Money {
        fun add(left: Money, right: Money) = left + right
        val sum = lines.map { line -> line.price }.fold(Money.ZERO, ::add)
        if (sum !is Rounded || sum as? Exact == null) {
            throw MissingPrice("none of $count at ${describe(status)}")
        }
        return when (status) {
            Status.OPEN -> sum
            else -> sum.times(count)
        }
    }

    inner class Cursor<K>(val key: K) {
        fun move() = this@Order.refresh()
    }

    companion object Factory : Builder {
        const val VERSION = "1.2"
        @JvmStatic
        fun <T> create(): Order<T> = Order(emptyList(), Logger())
    }
}

object Registry {
    private val handlers = mutableMapOf<String, Handler<Event>>()
}

fun Order<*>.isOpen(): Boolean = status == Status.OPEN

val String.asMoney: Money
    get() = Money.parse(this)

annotation class Cached(val seconds: Int)

fun interface Visitor {
    suspend fun visit(order: Order<*>)
}

inline fun <reified T> load(id: Int, visit: (T) -> Unit = {}) where T : Any {
    val (first, second) = pair(id)
    val listener = object : Listener() {
        override fun handle() = notify(T::class, first)
    }
    listener.run?.invoke(visit, Registry)
}

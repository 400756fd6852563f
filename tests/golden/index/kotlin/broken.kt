import java.time.Instant

class Good {
    fun before(x: Int) = helper(x)

    fun broken(a: Int) {
        val y = = 1
    }

    fun after(): Instant {
        return compute(1)
    }
}

fun last() = Good()

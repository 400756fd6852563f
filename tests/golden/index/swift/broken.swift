import Foundation

class Good {
    func before(x: Int) -> Int { return helper(x) }

    func broken(a: Int, = 3) {
        let y = = 1
    }

    func after() -> Date {
        return compute(1)
    }
}

func last() -> Good { Good() }

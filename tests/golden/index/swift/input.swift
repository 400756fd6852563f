import Foundation
import struct Money.Price
@testable import ShopCore

let maxLines = 100
var counter: Int = 0
typealias Handler<T> = (T) -> Void

/// Something with a price.
/// It may be free.
public protocol Priced: AnyObject, Codable {
    associatedtype Amount: Numeric
    var price: Amount { get }
    static var currency: String { get set }
    func total(count: Int) throws -> Price
    init(lines: [Line])
}

/** The state of an order. */
enum Status: String, CaseIterable {
    case open = "open"
    case paid, lost
    indirect case nested(Status, at: Date)

    var next: Status { Status.paid }
}

struct Line: Hashable {
    let name: String
    var price: Price = .zero, count = 1
}

@available(iOS 15, *)
@MainActor
public final class Order<T: Comparable>: Model, Priced where T: Hashable {
    static let shared = Order<Int>(lines: [])
    private(set) lazy var lines: [Line] = []
    weak var delegate: OrderDelegate?
    @Published var status = Status.open {
        didSet { notify(oldValue) }
    }

    var total: Price {
        get { lines.reduce(.zero) { $0 + $1.price } }
        set { store(newValue) }
    }

    required init(lines: [Line]) {
        self.lines = lines
        super.init()
        Logger.default.info("created \(describe(lines))")
    }

    deinit {
        release()
    }

    // The sum of all lines.
    @discardableResult
    func total(count: Int = maxLines) throws -> Price {
        func add(_ left: Price, right: Price) -> Price { left + right }
        guard let delegate = delegate as? Auditing else { throw OrderError.missing }
        let sum = lines.map { line in line.price }.map(\.value)
        switch status {
        case .open: return add(sum, right: Price(0))
        case .nested(let inner, _): return try inner.total(using: delegate)
        default: return sum is Rounded ? sum : Money.round(sum)
        }
    }

    subscript(index: Int) -> Line { lines[index] }

    static func == (left: Order, right: Order) -> Bool { left.same(as: right) }

    class Cursor<K> {
        func move() -> K? { refresh() }
    }
}

extension Order: CustomStringConvertible where T == Int {
    var description: String { format(lines) }
    func isOpen() -> Bool { status == .open }
}

actor Registry {
    private var handlers: [String: Handler<Event>] = [:]
    func register(_ handler: @escaping Handler<Event>) async { await save(handler) }
}

infix operator <+>: AdditionPrecedence

func load<T>(_ id: Int, visit: (T) -> Void) async -> some View where T: Any {
    let (first, second) = pair(id)
    visit(first)
    return Text(verbatim: second)
}

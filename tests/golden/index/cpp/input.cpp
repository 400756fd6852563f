#include <memory>
#include "store/item.hpp"

#define LOG(message) \
    logger().write(message)

using namespace std;
using std::vector;

namespace store {

using Id = std::uint64_t;
template <typename T> using Ptr = std::shared_ptr<T>;
typedef std::map<std::string, Id> Index;

constexpr int kLimit = 100;
extern int counter;
static std::string name = "store", *other;

enum class Colour : int { Red, Green = 2 };

class Entry;

/// Keeps items.
template <typename T, class... Rest>
class [[nodiscard]] Store final : public Base<T>, private detail::Holder {
public:
    using value_type = T;
    static constexpr int kDepth = 3;

    Store() = default;
    explicit Store(int limit) : Base<T>(limit), limit_(limit) {
        reset();
    }
    Store(const Store&) = delete;
    virtual ~Store() { clear(); }

    // Adds one.
    virtual void add(const T& item) = 0;
    void add(T&& item, int times);
    template <typename U> U convert(const T& item) const { return static_cast<U>(item); }
    bool operator==(const Store& rhs) const;
    T& operator[](size_t at) { return items_[at]; }
    operator bool() const { return limit_ > 0; }
    static Store* open(const char* path);

    struct Node {
        Node* next = nullptr;
        T value;
    };
    enum { kInner = 1 };
    friend void swap(Store& a, Store& b);

protected:
    int limit_, used_;
    std::vector<T> items_{};
    void (*hook_)(int) = nullptr;
    Entry& entry_;
};

/**
 * Adds one often.
 */
template <typename T, class... Rest>
void Store<T, Rest...>::add(T&& item, int times) {
    auto twice = [&](int x) { return x * times; };
    for (int i = 0; i < twice(times); ++i) {
        this->items_.push_back(std::move(item));
    }
    auto fresh = new Node{nullptr, item};
    auto made = std::make_unique<Entry>(kLimit, Colour::Red);
    made->template visit<T>(fresh);
    Entry local{kLimit};
    LOG(local.show());
}

template <typename T>
concept Named = requires(T t) { t.name(); };

namespace {
int hidden(int x) { return x; }
}  // namespace

inline namespace v1::detail {
struct Point : Shape, virtual geometry::Base {
    double x, y;
};
}

std::string Entry::show(int depth) const { return helper(depth); }
Entry::Entry(int value) : value_{value} {}
Entry::~Entry() {}
Entry& Entry::operator=(const Entry& other) { return *this; }
bool operator<(const Entry& a, const Entry& b) { return compare(a, b); }
const char* Entry::Inner::name() { return detail::v1::lookup(nullptr); }
Entry::operator int() const { return value_; }
int Entry::count = 0;

template <> struct hash<Entry> { size_t operator()(const Entry& e) const noexcept; };

}  // namespace store

extern "C" {
void c_entry(store::Entry* entry, int flags);
}

[[noreturn]] static void stop() { std::exit(1); }

int main() {
    const int local = 1;
    store::Store<int> items(local);
    return 0;
}

#include "a.hpp"

namespace n {

class Before {
public:
    int good() { return helper(1); }
    int bad(int x { return x; }
    void alsoGood();
};

void Before::alsoGood() {
    good(;
}

template <typename T>
T half(T value) {
    return value +;
}

int = 3;

int after(Before& before) {
    return before.good();
}

}

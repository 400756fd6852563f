package com.example;

import java.util.List;

class Before {
    int count;

    int good(List<String> names) {
        return names.size();
    }

    int bad(int x {
        return x + ;
    }

    void alsoGood() {
        good(null);
    }
}

class Half extends {
    private String name = ;

    void inside() {
        call(name);
    }
}

interface After {
    void last();
}

#ifndef BROKEN_H
#define BROKEN_H
#include "a.h"

#ifdef __cplusplus
extern "C" {
#endif
/* Declared in a header. */
int declared(void);
#ifdef __cplusplus
}
#endif

struct before {
    int count;
};

int good(struct before *b) {
    return b->count;
}

int bad(int x {
    return x +;
}

struct half {
    int fine;
    int = 3;
};

static int table[ = { 1, 2 };

int after(void) {
    return good(NULL);
}
#endif

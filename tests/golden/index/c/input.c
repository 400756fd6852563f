/* Keeps things. */
#include <stdio.h>
#include "store/item.h"

#ifndef STORE_H
#define STORE_H

#define LIMIT 100
/* The larger one. */
#define MAX(a, b) \
    ((a) > (b) ? (a) : (b))

typedef unsigned int id_t;
typedef int (*compare_fn)(const void *a, const void *b);
typedef struct item item_t;

/** A point. */
typedef struct {
    double x, y;
    struct { int depth; } inner;
} point_t;

// One in the list.
struct node {
    struct node *next;
    item_t *items[LIMIT];
    int (*visit)(struct node *self, int depth);
    unsigned flags : 3;
};

typedef struct tree {
    struct node *root;
} tree_t, *tree_ptr;

union value {
    int i;
    float f;
};

enum colour { RED, GREEN = 2, BLUE };
typedef enum { OFF, ON } state_t;
enum { ANONYMOUS = 7 };

extern int counter;
static const char *names[] = {"a", "b"};
static const int depth = 3;
int first = 1, *second, third[2];

int compare(const void *a, const void *b);
static inline struct node *make(id_t id);
void (*on_exit_hook)(int);

#endif

/*
 * Makes a node.
 */
static inline struct node *
make(id_t id)
{
    struct node *found = malloc(sizeof(struct node));
    point_t local = {.x = 1, .y = depth};
    int calls = MAX(id, LIMIT);
    found->next = lookup(id, &local);
    found->visit(found, calls);
    log_it(stderr, (item_t *)found);
    return found;
}

__attribute__((noreturn)) void stop(int code) { exit(code); }

char **split(char *text) {
    static struct handler table[] = { { "stop", stop }, { .name = "make", .run = make } };
    qsort(table, 2, sizeof(table[0]), compare);
    return NULL;
}

int old_style(a, b)
    int a;
    char b;
{
    return a;
}

int main(int argc, char *argv[]) {
    enum colour colour = RED;
    return on_exit_hook(argc), printf("%d\n", argc);
}

// Package store keeps things.
package store

import "context"

import (
	"fmt"
	str "strings"
	. "math"
	_ "embed"
)

// MaxItems is how many are kept.
const MaxItems = 100

const (
	// Red is the first.
	Red Colour = iota
	Green
	Blue, Purple = 3, 4
)

var ErrMissing = errors.New("missing")

var (
	cache map[string]*Item
	a, b  int
)

type Colour int

type Alias = map[string]Item

type (
	// ID names an item.
	ID      string
	Handler func(ctx context.Context, id ID) error
)

// Item is what is kept.
type Item struct {
	*Base
	embedded.Mixin
	Name  string `json:"name"`
	X, Y  float64
	Next  *Item
	Inner struct {
		Depth int
	}
}

// Keeper keeps items.
type Keeper interface {
	fmt.Stringer
	// Keep stores one.
	Keep(ctx context.Context, item *Item) error
	~int | ~string
}

type List[T any, K comparable] struct {
	items []T
}

// New makes a list.
func New[T any](items ...T) *List[T, int] {
	return &List[T, int]{items: items}
}

// Keep stores an item.
func (s *Item) Keep(ctx context.Context, item *Item) error {
	if item == nil {
		return fmt.Errorf("%s: %w", s.Name, ErrMissing)
	}
	helper := func(x int) int { return x * MaxItems }
	cache[item.Name] = item
	go s.run(helper(1))
	defer str.ToLower(item.Name)
	return nil
}

func (l List[T, K]) Push(value T) (n int, err error) {
	l.items = append(l.items, value)
	var local Item
	return len(l.items), visit(local, l)
}

func (Colour) String() string { return "colour" }

func external(
	path string,
	mode int,
) (fd int)

func init() {
	var found, ok = cache["x"].(*Item)
	value := Item{Name: "x", Next: found}
	New[int](1, 2).Push(3)
	switch v := any(value).(type) {
	case Keeper:
		use(v, ok)
	}
	handlers := map[ID]Handler{"a": handle}
	ch := make(chan Item)
	register(&value, handlers, ch, Colour(1))
}

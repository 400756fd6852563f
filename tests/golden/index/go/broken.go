package broken

import "fmt"

type Before struct {
	Name string
}

func (b *Before) Show() {
	fmt.Println(b.Name)
}

func bad(x int {
	return x +
}

type Half struct {
	Good int
	Bad [
}

func After(b Before) string {
	b.Show(
	return b.Name
}

const Last = 1

"""A small shop's stock, to try Farthing on."""

from dataclasses import dataclass


@dataclass
class Item:
    """Something on the shelf."""

    name: str
    price: float
    quantity: int = 0

    def value(self) -> float:
        """What all of these items together are worth."""
        return self.price * self.quantity


class Inventory:
    """Everything on the shelves, by name."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def add(self, item: Item) -> None:
        """Put an item on the shelf, or more of one that is there."""
        if item.name in self.items:
            self.items[item.name].quantity += item.quantity
        else:
            self.items[item.name] = item

    def remove(self, name: str, quantity: int) -> None:
        """Take some of an item off the shelf."""
        item = self.items[name]
        if quantity > item.quantity:
            raise ValueError(f"only {item.quantity} of {name} left")
        # Farthing writes what is missing here.

    def total_value(self) -> float:
        """What everything is worth."""
        total = 0.0
        for item in self.items.values():
            total += item.value()
        return total


def report(inventory: Inventory) -> str:
    """One line for each item, and the total."""
    lines = [f"{item.name}: {item.quantity} x {item.price:.2f}" for item in inventory.items.values()]
    lines.append(f"total: {inventory.total_value():.2f}")
    return "\n".join(lines)

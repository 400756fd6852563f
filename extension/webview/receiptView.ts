/** Lists of what is, was or would be sent. */
import type { ContextPin, Receipt, ReceiptItem } from "../src/chatProtocol";
import { h, link } from "./dom";
import { post } from "./host";
import { itemNotes, itemPlace } from "./viewModel";

/** `remove`: what to do about an item, where something can be done. */
export function itemList(items: readonly ReceiptItem[], remove?: (item: ReceiptItem) => HTMLElement): HTMLElement {
  return h(
    "ul",
    { class: "items" },
    ...items.map((item) => {
      const { path, startLine, endLine } = item;
      const open = link(itemPlace(item), () => {
        post({ type: "open", path, startLine, endLine });
      });
      const notes = h("span", { class: "notes" }, itemNotes(item));
      return h("li", item.sentBefore ? { class: "before" } : {}, open, " ", notes, remove?.(item));
    }),
  );
}

/** What would be sent, each with a way to leave it out. */
export function previewItems({ items }: Receipt): HTMLElement {
  return itemList(items, (item) =>
    cross(`Leave out ${itemPlace(item)}`, () => {
      post({ type: "drop", item });
    }),
  );
}

export function pinList(pins: readonly ContextPin[]): HTMLElement | undefined {
  const rows = pins.map(({ path, startLine = 0, endLine = 0 }, index) => {
    const place = itemPlace({ path, startLine, endLine });
    const unpin = cross(`Unpin ${place}`, () => {
      post({ type: "unpin", index });
    });
    return h("li", {}, h("span", {}, place), " ", h("span", { class: "notes" }, "pinned"), unpin);
  });
  return rows.length > 0 ? h("ul", { class: "items", "aria-label": "Pinned" }, ...rows) : undefined;
}

export function dropList(drops: readonly ReceiptItem[]): HTMLElement | undefined {
  const rows = drops.map((item) => {
    const back = link("put back", () => {
      post({ type: "restore", key: item.key });
    });
    return h("li", {}, h("s", {}, itemPlace(item)), " ", h("span", { class: "notes" }, item.symbol), " ", back);
  });
  return rows.length > 0 ? h("ul", { class: "items", "aria-label": "Left out" }, ...rows) : undefined;
}

function cross(label: string, press: () => void): HTMLElement {
  return h("button", { type: "button", class: "cross", "aria-label": label, title: label, onclick: press }, "×");
}

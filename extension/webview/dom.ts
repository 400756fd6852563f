/** Making elements. Text always becomes text, never markup. */

type Child = Node | string | undefined;

/** Attributes and children of a new element; `on…` are listeners. */
export interface Parts {
  readonly [name: string]: string | boolean | ((event: Event) => void) | undefined;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  parts: Parts = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(parts)) {
    if (typeof value === "function") {
      element.addEventListener(key.slice(2), value);
    } else if (value === true || typeof value === "string") {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** A button of the component library. */
export function button(label: string, press: () => void, parts: Parts = {}): HTMLElement {
  return h("vscode-button", { secondary: true, onclick: press, ...parts }, label);
}

/** A button that looks like a link. */
export function link(label: string, press: () => void, title = ""): HTMLElement {
  return h("button", { type: "button", class: "link", title, onclick: press }, label);
}

/** Shows something only when it differs from what is shown: what has the focus keeps it, and screen readers are quiet. */
export class Part<T> {
  private shown = "";

  constructor(
    readonly element: HTMLElement,
    private readonly draw: (value: T) => readonly Child[],
  ) {}

  show(value: T): void {
    const now = JSON.stringify(value);
    if (now !== this.shown) {
      this.shown = now;
      this.element.replaceChildren(...this.draw(value).filter((child) => child !== undefined));
    }
  }
}

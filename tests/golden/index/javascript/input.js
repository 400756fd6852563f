import fs, { readFile as read, stat } from "node:fs";
import * as path from "node:path";
import "./polyfill.js";
const { parse, format: show } = require("./format");
export { Cache } from "./cache.js";
export * from './errors.js';

/** How many entries are kept. */
export const LIMIT = 100,
  SOFT_LIMIT = 80;
let current = null; // the open one
var legacy;

/**
 * Joins the parts.
 *
 * @param {string[]} parts
 */
export function join(...parts) {
  const clean = (part) => part.trim();
  function helper(a, b) {
    return path.join(a, clean(b));
  }
  return parts.reduce(helper);
}

// Walks a tree,
// depth first.
export async function* walk(root) {
  yield* walk(root.child);
}

const debounce = async (task, wait = 10) => {
  const timer = setTimeout(task, wait);
  return { timer, cancel: () => clearTimeout(timer) };
};
const half = function (x) { return x / 2; };
const inc = x => x + 1;

@sealed
@register("store")
export class Store extends base.Model {
  static #count = 0;
  name = "store";
  onChange = (event) => this.emit(event);

  constructor(limit) {
    super(limit);
    this.limit = limit;
  }

  get size() { return this.items.length; }

  /** Adds one. */
  @logged async add(item) {
    const entry = new Entry(item, { weight: LIMIT, ...defaults });
    await this.#save(entry, (error) => {
      if (error) throw new errors.StoreError(`lost ${item}`);
    });
  }

  static #save(entry) { Store.#count += 1; }
}

const Local = class extends Store {
  reset() {}
};

export const api = {
  url: "/v1",
  get: (id) => fetch(id),
  async put(id, value) {
    return send(id, value);
  },
  remove: function (id) {},
};

Store.prototype.clear = function () {
  this.items = [];
};
Store.open = (file) => new Store(file);
exports.helper = function (x) {};
module.exports.other = () => 1;

export const View = ({ items, onPick }) => (
  <List each={items} render={show}>
    <Store.Item onClick={() => onPick(items)} />
    <div>{current}</div>
  </List>
);

const lazy = () => import("./lazy.js");
const kept = memo(function inner() {
  return join(legacy);
});
export { half, inc as increment };
export default (config) => {
  configure(config);
};

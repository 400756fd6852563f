import { a } from "./a.js";

export function before(x) {
  return a(x;
}

export class Half {
  good() {
    return before(1);
  }

  bad() {
    const = 5;
  }
}

let unfinished = before(1, );

export const after = (y) => {
  return before(y);
};

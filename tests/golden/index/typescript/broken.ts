import { a } from "./a";

export interface Before {
  name: string;
  age number;
}

export class Half<T> {
  good(value: T): Before {
    return a(value);
  }

  bad(value: ): void {
    const x = {;
  }
}

export type Broken = string |;

export const after = (y: Before): void => {
  a(y);
};

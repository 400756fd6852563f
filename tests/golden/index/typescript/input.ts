import type { Options } from "./options";
import defaults, { merge as combine } from "./defaults.js";
import * as vscode from "vscode";
import fs = require("fs");
export { type Level, log } from "./log";

export type Id = string | number;
type Handler<T extends Event = Event> = (event: T) => void;

/** Something that can be named. */
export interface Named<T> extends Base, Other<T> {
  readonly name: string;
  rename?(to: string): Promise<void>;
  on: Handler<MouseEvent>;
  (call: string): T;
}

export enum Colour {
  Red,
  Green = "green",
}
declare const enum Flag { On = 1 }

export const DEFAULTS: Options = { level: Colour.Red };
let counter: number;

function pick(value: string): string;
function pick(value: number): number;
function pick(value: any): any {
  return value as Id;
}

export abstract class Shape implements Named<Shape>, vscode.Disposable {
  protected static readonly registry = new Map<string, Shape>();
  private handler?: Handler = (event) => this.log(event);

  constructor(
    public readonly name: string,
    private area: number,
  ) {
    register(name);
  }

  abstract scale(
    by: number,
  ): Shape;

  get size(): number { return this.area; }

  static create<K extends keyof Options>(key: K, options: Options[K]): Shape {
    return new Circle(key as string);
  }
  dispose(): void {}
}

// Round.
@Component({ selector: "circle" })
export class Circle extends Shape {
  @Input() radius: number = 1;

  /** Grows it. */
  @HostListener("click", ["$event"])
  override scale(by: number): Circle {
    const next = (r: number): number => r * by;
    return next(this.radius) satisfies unknown;
  }
}

export namespace Geometry {
  export const PI = 3.14;
  export function area(circle: Circle): number {
    return PI * circle.radius;
  }
  namespace Inner.Deep {
    export interface Point { x: number; y: number }
  }
}

declare module "shapes" {
  export function draw(shape: Shape): void;
}
declare global {
  interface Window { farthing: string }
}
declare function external(id: Id): asserts id is string;
declare let state: Options;

export const parse = async <T,>(text: string): Promise<T> => {
  return JSON.parse(text) as T;
};
const typed: Handler = function (event) {};
export const service = {
  start(port: number) { external(port); },
  stop: (): void => counter,
};
export default class<T> {
  run(): T | undefined { return undefined; }
}

import type { EventEmitter } from 'node:events';

// biome-ignore lint/suspicious/noExplicitAny: an event that is not known here may have any arguments
type AnyArguments = any[];

/** Each method twice: for the events that are known, with their arguments; for any other, as EventEmitter has it. */
interface TypedMethods<Events extends Record<keyof Events, unknown[]>> {
  on<K extends keyof Events>(event: K, listener: (this: this, ...args: Events[K]) => void): this;
  on(event: string | symbol, listener: (this: this, ...args: AnyArguments) => void): this;
  once<K extends keyof Events>(event: K, listener: (this: this, ...args: Events[K]) => void): this;
  once(event: string | symbol, listener: (this: this, ...args: AnyArguments) => void): this;
  off<K extends keyof Events>(event: K, listener: (this: this, ...args: Events[K]) => void): this;
  off(event: string | symbol, listener: (this: this, ...args: AnyArguments) => void): this;
  addListener<K extends keyof Events>(event: K, listener: (this: this, ...args: Events[K]) => void): this;
  addListener(event: string | symbol, listener: (this: this, ...args: AnyArguments) => void): this;
  prependListener<K extends keyof Events>(event: K, listener: (this: this, ...args: Events[K]) => void): this;
  prependListener(event: string | symbol, listener: (this: this, ...args: AnyArguments) => void): this;
  prependOnceListener<K extends keyof Events>(event: K, listener: (this: this, ...args: Events[K]) => void): this;
  prependOnceListener(event: string | symbol, listener: (this: this, ...args: AnyArguments) => void): this;
  removeListener<K extends keyof Events>(event: K, listener: (this: this, ...args: Events[K]) => void): this;
  removeListener(event: string | symbol, listener: (this: this, ...args: AnyArguments) => void): this;
  emit<K extends keyof Events>(event: K, ...args: Events[K]): boolean;
  emit(event: string | symbol, ...args: AnyArguments): boolean;
}

/** An EventEmitter whose listeners get typed arguments, and `this`; events of the application's own are taken, too. */
export type TypedEmitter<Events extends Record<keyof Events, unknown[]>> = Omit<
  EventEmitter,
  keyof TypedMethods<Events>
> &
  TypedMethods<Events>;

import type { EventEmitter } from 'node:events';

// biome-ignore lint/suspicious/noExplicitAny: an unknown event may have any arguments
type AnyArguments = any[];

/** Each method has two overloads: one for the known events with their arguments, one for any other event. */
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

/** An EventEmitter with typed listeners. The application may emit events of its own as well. */
export type TypedEmitter<Events extends Record<keyof Events, unknown[]>> = Omit<
  EventEmitter,
  keyof TypedMethods<Events>
> &
  TypedMethods<Events>;

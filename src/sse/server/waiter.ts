/** A Promise with its resolve function. */
export class Waiter {
  resolve!: () => void;
  readonly promise: Promise<void> = new Promise((resolve) => {
    this.resolve = resolve;
  });
}

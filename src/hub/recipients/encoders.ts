import type { EncodedEvent } from '../events/encoded-event.ts';

type Encoder<Form> = (event: EncodedEvent<never>) => Form;

/** The encoder of each function of the application. Subscribers with the same function share an encoder. */
export class Encoders<Form> {
  readonly #encoders = new WeakMap<object, Encoder<Form>>();

  /** Returns the encoder of a function. `create` makes it at the first call. */
  get<Data>(encode: object, create: () => (event: EncodedEvent<Data>) => Form): (event: EncodedEvent<Data>) => Form {
    const known = this.#encoders.get(encode);
    if (known !== undefined) return known as (event: EncodedEvent<Data>) => Form;
    const created = create();
    this.#encoders.set(encode, created as Encoder<Form>);
    return created;
  }
}

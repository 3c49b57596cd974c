import type { EncodedEvent } from '../events/encoded-event.ts';

type Encoder<Form> = (event: EncodedEvent<never>) => Form;

/** For each function of the application, the encoder that calls it: subscribers that use the same function share one. */
export class Encoders<Form> {
  readonly #encoders = new WeakMap<object, Encoder<Form>>();

  /** Returns the encoder of a function, which `create` makes at the first call. */
  get<Data>(encode: object, create: () => (event: EncodedEvent<Data>) => Form): (event: EncodedEvent<Data>) => Form {
    const known = this.#encoders.get(encode);
    if (known !== undefined) return known as (event: EncodedEvent<Data>) => Form;
    const created = create();
    this.#encoders.set(encode, created as Encoder<Form>);
    return created;
  }
}

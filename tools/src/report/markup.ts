import { escapeMarkup } from './escape-markup.ts';

/** HTML that needs no escaping. */
export class Markup {
  readonly text: string;

  /** @param text HTML; text from elsewhere must be escaped */
  constructor(text: string) {
    this.text = text;
  }
}

/** What a template accepts. */
export type MarkupValue = string | number | Markup | undefined | readonly MarkupValue[];

/** A template for HTML. It escapes all values but markup, in attributes, too, and joins lists. `undefined` is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  const [first = '', ...rest] = parts;
  return new Markup(first + rest.map((part, index) => markupOf(values[index]) + part).join(''));
}

function markupOf(value: MarkupValue): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(markupOf).join('');
  return escapeMarkup(String(value));
}

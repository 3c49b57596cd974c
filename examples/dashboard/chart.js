const SVG = 'http://www.w3.org/2000/svg';

/** The time that the charts show, in milliseconds. */
export const WINDOW = 120_000;

/** The line has a gap where this many values are missing. */
const GAP = 5;

const number = (digits) => new Intl.NumberFormat('en', { maximumFractionDigits: digits });
const [whole, tenths] = [number(0), number(1)];
const short = (value) => (value >= 100 ? whole : tenths).format(value);

/** For each unit, how to format a value, and the minimum range of a chart, so that small changes look small. */
export const UNITS = {
  percent: { write: (value) => `${short(value)} %`, least: 10 },
  milliseconds: { write: (value) => `${short(value)} ms`, least: 20 },
  bytes: { write: writeBytes, least: 1000 },
  count: { write: (value) => (value >= 10 ? whole : tenths).format(value), least: 10 },
};

function writeBytes(value) {
  const [unit, size] = [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ].find(([, size]) => value >= size) ?? ['B', 1];
  return `${short(value / size)} ${unit}`;
}

/** The smallest of 1, 2, 5, 10, 20 … that is not below the value. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value);
}

export function summary(points) {
  const values = points.map(([, value]) => value);
  return {
    now: values.at(-1),
    lowest: Math.min(...values),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    highest: Math.max(...values),
  };
}

/** A chart of one or two series, drawn by hand. */
export class Chart {
  element;
  #title;
  #unit;
  #lines;
  #svg;

  /**
   * @param template the element `template` of the page
   * @param lines    `[{ series, label }]`
   */
  constructor(template, { title, note, unit, lines }) {
    this.element = template.content.cloneNode(true).firstElementChild;
    this.#title = title;
    this.#unit = UNITS[unit];
    this.#find('h2').textContent = title;
    this.#find('.note').textContent = note;
    this.#svg = this.#find('svg');
    this.#lines = lines.map(({ series, label }, index) => {
      const area = this.#svg.appendChild(document.createElementNS(SVG, 'path'));
      const path = this.#svg.appendChild(document.createElementNS(SVG, 'path'));
      area.setAttribute('class', `area line-${index}`);
      path.setAttribute('class', `line line-${index}`);
      const row = this.#find('.values').appendChild(document.createElement('div'));
      row.className = `line-${index}`;
      const term = row.appendChild(document.createElement('dt'));
      term.textContent = label;
      const value = row.appendChild(document.createElement('dd'));
      return { series, label, area, path, value };
    });
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }

  /**
   * @param series   the points of each series
   * @param now      the time at the right end
   * @param interval the usual time between two points
   * @param at       the time whose values are shown as text; undefined for the latest ones
   */
  draw(series, now, interval, at) {
    const shown = this.#lines.map((line) => ({ ...line, points: series.get(line.series) ?? [] }));
    const hasValues = shown.some(({ points }) => points.length > 0);
    this.#find('.waiting').hidden = hasValues;
    const highest = Math.max(0, ...shown.flatMap(({ points }) => points.map(([, value]) => value)));
    const top = roundUp(Math.max(this.#unit.least, highest));
    this.#find('.top').textContent = hasValues ? this.#unit.write(top) : '';
    this.#find('.middle').textContent = hasValues ? this.#unit.write(top / 2) : '';
    for (const { points, area, path, value } of shown) {
      const parts = unbroken(points, interval * GAP).map((part) =>
        part.map(([time, value]) =>
          [100 - ((now - time) / WINDOW) * 100, 100 - (value / top) * 100].map(two).join(' '),
        ),
      );
      path.setAttribute('d', parts.map((part) => `M${part.join('L')}h0`).join(''));
      area.setAttribute('d', parts.map((part) => `M${xOf(part[0])} 100L${part.join('L')}V100Z`).join(''));
      const point = at === undefined ? points.at(-1) : points.findLast(([time]) => time <= at);
      value.textContent = point === undefined ? '–' : this.#unit.write(point[1]);
    }
    this.#svg.ariaLabel = hasValues ? this.#describe(shown) : `${this.#title}: no values yet`;
    const cursor = this.#find('.cursor');
    cursor.hidden = at === undefined;
    cursor.style.left = at === undefined ? '' : `${100 - ((now - at) / WINDOW) * 100}%`;
    this.#find('.when').textContent =
      at === undefined ? '2 min ago' : `${Math.round((now - at) / 1000)} s ago, at the line`;
  }

  #describe(shown) {
    const { write } = this.#unit;
    const parts = shown.map(({ label, points }) => {
      if (points.length === 0) return `${label}: no values`;
      const { now, lowest, highest } = summary(points);
      return `${label}: ${write(now)} now, from ${write(lowest)} to ${write(highest)} in the last two minutes`;
    });
    return `${this.#title}. ${parts.join('. ')}.`;
  }
}

const two = (value) => Math.round(value * 100) / 100;
const xOf = (position) => position.split(' ')[0];

/** Splits points where the time between two of them is too long. */
function unbroken(points, longest) {
  const parts = [];
  for (const [index, point] of points.entries()) {
    if (index === 0 || point[0] - points[index - 1][0] > longest) parts.push([]);
    parts.at(-1).push(point);
  }
  return parts;
}

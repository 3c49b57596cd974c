import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type ComparisonResult, ratio } from './compare.ts';

/** Beside whom pushwire is shown: the first of these that took part. */
const BESIDE = [
  'ws',
  'better-sse',
  'eventsource',
  'eventsource-parser',
  'ws and better-sse',
  'bufferutil',
  'Buffer.isUtf8',
];

/** What is no work of its own, but a part of it: the tables have it. */
const PARTS = ['mask', 'utf8', 'decode', 'encode'];

/** A bar for each comparison: how many times as good pushwire is as the peer that most come from. */
export function chartOf(results: readonly ComparisonResult[]): Promise<string> {
  const whole = results.filter(({ scene }) => !PARTS.includes(scene));
  const bars = whole.flatMap((result) => {
    const other = BESIDE.find((name) => result.contenders.some((one) => one.name === name));
    const times = other === undefined ? undefined : ratio(result, 'pushwire', other);
    if (times === undefined || !Number.isFinite(times)) return [];
    return [{ title: `${result.title}, beside ${other}`, scene: result.scene, times: Number(times.toFixed(3)) }];
  });
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    title: { text: 'pushwire: how many times as good', anchor: 'start' },
    width: 420,
    height: { step: 19 },
    data: { values: bars },
    encoding: {
      y: { field: 'title', type: 'nominal', sort: null, axis: { title: null, labelLimit: 0 } },
      x: {
        field: 'times',
        type: 'quantitative',
        scale: { type: 'log' },
        axis: { title: null, format: '~g', tickCount: 6 },
      },
    },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: { color: { field: 'scene', type: 'nominal', legend: null }, x2: { datum: 1 } },
      },
      {
        mark: { type: 'rule', color: '#333' },
        encoding: { x: { datum: 1 }, y: { value: 0 }, y2: { value: 'height' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 4 },
        encoding: { text: { field: 'times', type: 'quantitative', format: '.2f' } },
      },
    ],
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}

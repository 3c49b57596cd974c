import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type ComparisonResult, ratio } from './compare.ts';

/** The peers that pushwire is compared with. The chart uses the first one that took part in a comparison. */
const PEERS = [
  'ws',
  'better-sse',
  'eventsource',
  'eventsource-parser',
  'ws and better-sse',
  'bufferutil',
  'Buffer.isUtf8',
];

/** Scenes that measure one step of the protocol. Only the tables show them. */
const SINGLE_STEPS = ['mask', 'utf8', 'decode', 'encode'];

/** Draws an SVG with one bar for each comparison: the ratio of pushwire to its peer. */
export function chartOf(results: readonly ComparisonResult[]): Promise<string> {
  const whole = results.filter(({ scene }) => !SINGLE_STEPS.includes(scene));
  const bars = whole.flatMap((result) => {
    const other = PEERS.find((name) => result.contenders.some((one) => one.name === name));
    const times = other === undefined ? undefined : ratio(result, 'pushwire', other);
    if (times === undefined || !Number.isFinite(times)) return [];
    return [{ title: `${result.title} vs. ${other}`, scene: result.scene, times: Number(times.toFixed(3)) }];
  });
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    title: { text: 'pushwire compared with its peers: ratio, higher is better', anchor: 'start' },
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

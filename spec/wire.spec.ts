import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Connection } from '../src/websocket/wire/connection.ts';
import * as wire from '../src/wire.ts';

/** What `pushwire/wire` exports. A new name is a decision: it is supported from then on. */
const VALUES = [
  'CloseCode',
  'Connection',
  'Deflater',
  'EventParser',
  'EventTooLargeError',
  'FrameDecoder',
  'FrameEncoder',
  'Inflater',
  'MessageDecoder',
  'Opcode',
  'Refusal',
  'Utf8Validator',
  'Violation',
  'acceptKey',
  'acceptOffer',
  'encodeComment',
  'encodeEvent',
  'encodeFrame',
  'formatExtensions',
  'headerFields',
  'isControl',
  'isSendableCloseCode',
  'isToken',
  'isValidKey',
  'makeOffer',
  'mask',
  'parseExtensions',
  'readAcceptance',
  'readMaskingKey',
  'readRequest',
  'readResponse',
  'responseHeaders',
  'rotateMaskingKey',
];

const TYPES = [
  'Acceptance',
  'Agreement',
  'BytesSink',
  'ClientOffer',
  'ConnectionInit',
  'ConnectionOptions',
  'ConnectionSink',
  'DataOpcode',
  'DeflateOptions',
  'DeflateParameters',
  'DeflatePreferences',
  'Endpoint',
  'EventParserOptions',
  'EventSink',
  'Extension',
  'FrameSink',
  'GenerateMask',
  'HeaderFields',
  'InflateResult',
  'InvalidResponse',
  'JoinResult',
  'LimitDescription',
  'MessageDecoderOptions',
  'MessageSink',
  'Offer',
  'ParsedEvent',
  'PauseReason',
  'Payload',
  'Phase',
  'Role',
  'Serialize',
  'ServerSentEvent',
  'UpgradeRequest',
];

/** The members of a connection: nothing of what its decoder calls. */
const CONNECTION_MEMBERS = [
  'abort',
  'append',
  'close',
  'closeExpected',
  'congested',
  'fail',
  'finished',
  'flush',
  'inflated',
  'inflating',
  'inflationProgress',
  'messageProgress',
  'pause',
  'paused',
  'pendingBytes',
  'phase',
  'receive',
  'receiveClose',
  'receiveEnd',
  'resume',
  'send',
  'sendFrame',
  'undeliveredBytes',
  'wantsInput',
];

describe('pushwire/wire', () => {
  it('exports the values of the list, and no others', () => {
    expect(Object.keys(wire).sort()).toEqual(VALUES);
  });

  it('exports the types of the list, and no others', () => {
    const source = readFileSync(new URL('../src/wire.ts', import.meta.url), 'utf8');
    expect(source).not.toMatch(/export \*/);
    const clauses = [...source.matchAll(/export (type )?\{([^}]*)\}/g)];
    const types = clauses.flatMap(([, isType, names]) =>
      names!
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && (isType !== undefined || name.startsWith('type ')))
        .map((name) => name.replace(/^type /, '')),
    );
    expect(types.sort()).toEqual(TYPES);
  });

  it('exports a Connection with the members of the list, and no others', () => {
    const members = Object.getOwnPropertyNames(Connection.prototype).filter((name) => name !== 'constructor');
    expect(members.sort()).toEqual(CONNECTION_MEMBERS);
    const sink = {} as wire.ConnectionSink;
    expect(
      Object.keys(new Connection({ endpoint: { role: 'server' }, sink, options: {} as wire.ConnectionOptions })),
    ).toEqual([]);
  });
});

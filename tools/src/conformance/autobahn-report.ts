import { isObject } from './is-object.ts';
import { byteCount } from './payload-text.ts';
import type { Report, ReportedCase } from './report.ts';
import type { ClosingRecord, Verdict } from './verdict.ts';
import { opcodeName, reservedBits } from './websocket/protocol.ts';
import type { LogEntry } from './wire-log.ts';

/** A JSON object. */
type Fields = Readonly<Record<string, unknown>>;

/** What is added to the names of agents, so that the same agent can be shown beside its results here. */
const SUFFIX = ' (Autobahn)';

/** Whether a value is the `index.json` of an Autobahn report: entries by agent and case, each with the name of a file. */
export function isAutobahnIndex(value: unknown): value is Readonly<Record<string, Readonly<Record<string, Fields>>>> {
  if (!isObject(value)) return false;
  const entries = Object.values(value).flatMap((cases) => (isObject(cases) ? Object.values(cases) : [cases]));
  return entries.length > 0 && entries.every((entry) => isObject(entry) && typeof entry.reportfile === 'string');
}

/**
 * Reads the `index.json` of an Autobahn report.
 *
 * @param readCase returns what the JSON file beside it says of a case; undefined if there is no such file
 */
export async function readAutobahnIndex(
  index: Readonly<Record<string, Readonly<Record<string, Fields>>>>,
  readCase: (reportFile: string) => Promise<unknown>,
): Promise<Report> {
  const agents = Object.entries(index).map(async ([agent, cases]) => {
    const entries: [string, ReportedCase][] = [];
    for (const [id, entry] of Object.entries(cases)) {
      const details = await readCase(String(entry.reportfile));
      entries.push([id, caseOf(entry, isObject(details) ? details : {})]);
    }
    return [`${agent}${SUFFIX}`, Object.fromEntries(entries)] as const;
  });
  return Object.fromEntries(await Promise.all(agents));
}

/** @param entry of the index @param details from the file of the case; empty if there is none */
function caseOf(entry: Fields, details: Fields): ReportedCase {
  const [behavior, behaviorClose] = [textOf(entry.behavior), textOf(entry.behaviorClose)];
  const results = [details.result, details.resultClose]
    .map((result) => plainText(result).replace(/\.$/, ''))
    .filter((result) => result !== '');
  const description = plainText(details.description);
  const expectation = plainText(details.expectation);
  return {
    behavior: verdictOf(behavior),
    behaviorClose: verdictOf(behaviorClose),
    duration: numberOf(entry.duration) ?? 0,
    remoteCloseCode: numberOf(entry.remoteCloseCode),
    title: description || 'A case of the Autobahn suite',
    section: '',
    text: [`${behavior}, closing ${behaviorClose}`, ...results].join('. '),
    ...(description !== '' && { steps: [description] }),
    ...(expectation !== '' && { expectation }),
    ...(typeof details.started === 'string' && { started: details.started }),
    ...(typeof details.closedByMe === 'boolean' && { closing: closingOf(details) }),
    log: [...handshakeOf(details), ...entriesOf(details.wirelog)],
    suite: 'Autobahn',
  };
}

/** Autobahn's words for a verdict. Those on the closing of a connection have no counterpart of the same name. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  OK: 'OK',
  'NON-STRICT': 'NON-STRICT',
  INFORMATIONAL: 'INFORMATIONAL',
  UNIMPLEMENTED: 'UNIMPLEMENTED',
  'WRONG CODE': 'NON-STRICT',
  'FAILED BY CLIENT': 'NON-STRICT',
};

function verdictOf(behavior: string): Verdict {
  return Object.hasOwn(VERDICTS, behavior) ? VERDICTS[behavior]! : 'FAILED';
}

function closingOf(details: Fields): ClosingRecord {
  const [testerCode, agentCode] = [numberOf(details.localCloseCode), numberOf(details.remoteCloseCode)];
  const timeouts = [
    [details.wasOpenHandshakeTimeout, 'The opening handshake did not end'],
    [details.wasCloseHandshakeTimeout, 'The agent did not answer the Close frame'],
    [details.wasServerConnectionDropTimeout, 'The agent did not end TCP'],
  ] as const;
  return {
    firstClose: details.closedByMe === true ? 'tester' : agentCode === null ? null : 'agent',
    testerCode,
    agentCode,
    agentReason: textOf(details.remoteCloseReason),
    tcpEndedBy: details.droppedByMe === true ? 'tester' : 'agent',
    reset: false,
    timedOut: timeouts.find(([isTimeout]) => isTimeout === true)?.[1] ?? '',
  };
}

/** The opening handshake. Autobahn names the messages as HTTP does, and so the client's comes first. */
function handshakeOf({ httpRequest, httpResponse, isServer }: Fields): LogEntry[] {
  const [client, server] = isServer === true ? (['agent', 'tester'] as const) : (['tester', 'agent'] as const);
  return [
    ...(typeof httpRequest === 'string' ? [{ time: 0, who: client, what: JSON.stringify(httpRequest) }] : []),
    ...(typeof httpResponse === 'string' ? [{ time: 0, who: server, what: JSON.stringify(httpResponse) }] : []),
  ];
}

/** The frames, and what the tester does beside them. The octets are left out: the frames have them. */
function entriesOf(wirelog: unknown): LogEntry[] {
  if (!Array.isArray(wirelog)) return [];
  return wirelog.flatMap((entry: unknown): LogEntry[] => {
    if (!Array.isArray(entry)) return [];
    const [kind, data, opcode, fin, rsv, masked] = entry as unknown[];
    if (kind === 'TF' || kind === 'RF') {
      const flags = [fin === true ? 'FIN' : 'no FIN', ...(rsv ? [`RSV ${reservedBits(Number(rsv))}`] : [])];
      // The mask of a frame that the tester sends, or whether that of the agent was masked.
      if (masked !== false && masked !== null && masked !== undefined) flags.push('masked');
      // Newer versions have the length, too.
      const [length, payload] = Array.isArray(data) ? data : [undefined, data];
      const size = typeof length === 'number' ? `, ${byteCount(length)}` : '';
      const what = `${flags.join(', ')}: ${opcodeName(Number(opcode))}${size}: ${textOf(payload)}`;
      return [{ time: 0, who: kind === 'TF' ? 'tester' : 'agent', what }];
    }
    const what = Object.hasOwn(ACTIONS, textOf(kind)) ? ACTIONS[textOf(kind)] : undefined;
    return what === undefined ? [] : [{ time: 0, who: 'tester', what: what.replace('N', textOf(data)) }];
  });
}

/** What the other entries of the log mean. `N` is a number of seconds. */
const ACTIONS: Readonly<Record<string, string>> = {
  CT: 'continues in N s',
  KL: 'will end TCP in N s',
  KLE: 'ends TCP',
  TI: 'will close the connection in N s',
  TIE: 'closes the connection',
};

/** Text without the markup that some descriptions have. */
function plainText(value: unknown): string {
  return textOf(value)
    .replace(/<br ?\/?>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

import { describeValue } from '../../shared/describe-value.ts';
import { RequestError, type Requests } from './requests.ts';

/** A stream, as the server describes it. */
export interface StreamInfo {
  readonly config: { readonly subjects?: readonly string[]; readonly description?: string };
  /** In a cluster: `replicas` are the servers that have the stream, except its leader. */
  readonly cluster?: { readonly replicas?: readonly unknown[] };
  readonly created: string;
  readonly state: {
    readonly messages: number;
    readonly first_seq: number;
    readonly last_seq: number;
    readonly last_ts: string;
  };
  readonly did_create?: boolean;
}

/** The server has answered a request with an error. */
export class JetStreamError extends Error {
  /** The `err_code` of the server: a number for each reason. */
  readonly code: number;

  constructor({ description, err_code }: { description: string; err_code: number }) {
    super(`JetStream refused the request: ${description}`);
    this.name = 'JetStreamError';
    this.code = err_code;
  }
}

export const STREAM_NOT_FOUND = 10059;
export const OTHER_CONFIGURATION = 10058;
export const NO_MESSAGE_FOUND = 10037;

/** Calls a function of the server. Rejects with a JetStreamError or a RequestError. */
export async function callApi<T>(requests: Requests, name: string, body?: object): Promise<T> {
  const message = await requests.send(`$JS.API.${name}`, body === undefined ? '' : JSON.stringify(body));
  return readAnswer(message.string());
}

/** Reads the server's answer to a request, or to a message that the stream stores. */
export function readAnswer<T>(text: string): T {
  const answer = parse(text);
  if (answer.error !== undefined) throw new JetStreamError(answer.error);
  return answer as T;
}

function parse(text: string): { readonly error?: { readonly description: string; readonly err_code: number } } {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RequestError(`JetStream must answer with JSON; received ${describeValue(text)}`, false, error);
  }
}

const NANOSECONDS = 1_000_000;

/** Milliseconds as JetStream writes a duration. */
export const duration = (milliseconds: number): number => milliseconds * NANOSECONDS;

/** The settings of each consumer: it belongs to one reader, and the server keeps nothing of it. */
export function consumerFrom(sequence: number, settings: object): object {
  return {
    deliver_policy: 'by_start_sequence',
    opt_start_seq: sequence,
    ack_policy: 'none',
    replay_policy: 'instant',
    max_deliver: 1,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: duration(30_000),
    ...settings,
  };
}

/** Creates a consumer, and returns its name. */
export async function createConsumer(requests: Requests, stream: string, config: object): Promise<string> {
  const body = { stream_name: stream, config };
  return (await callApi<{ name: string }>(requests, `CONSUMER.CREATE.${stream}`, body)).name;
}

/**
 * Deletes a consumer without waiting, even after the log was closed. If the server does not receive this, it deletes the unused consumer
 * after a while.
 */
export function deleteConsumer(requests: Requests, stream: string, name: string): void {
  requests.tell(`$JS.API.CONSUMER.DELETE.${stream}.${name}`);
}

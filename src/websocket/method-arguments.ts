/** The arguments of `send()`, `ping()`, `pong()` and `close()`. */
import { describeValue } from '../shared/describe-value.ts';
import { webSocketOption } from '../shared/option-validation.ts';
import { byteLengthOf, type Sendable, toPayload } from './session/message-data.ts';
import type { SendCallback } from './session/send-callbacks.ts';
import { CloseCode, isSendableCloseCode } from './wire/close-code.ts';
import { MAX_CLOSE_REASON, MAX_CONTROL_PAYLOAD } from './wire/frame.ts';
import type { Payload } from './wire/frame-encoder.ts';

/** Options of `send()`. */
export interface SendOptions {
  /** Whether to send a binary message. Default: false for strings and numbers, else true. */
  binary?: boolean | undefined;
  /** Whether this is the last fragment of the message (RFC 6455 §5.4). Default: true. */
  fin?: boolean | undefined;
  /** Whether to compress the message if permessage-deflate is in use (RFC 7692). Default: true. */
  compress?: boolean | undefined;
  /**
   * Accepted for compatibility with `ws`; it has no effect. Clients mask every frame, servers none (RFC 6455 §5.1).
   * Default: none.
   */
  mask?: boolean | undefined;
}

/** The payload of a ping or pong: what `send()` accepts. */
// biome-ignore lint/suspicious/noExplicitAny: as in the types of `ws`
export type ControlData = any;
/** Called when the ping or pong has been sent, or with an error. */
export type ControlCallback = (error: Error) => void;
/** The arguments of `ping()` and `pong()`. @internal */
export type ControlArguments = [ControlData?, (boolean | ControlCallback)?, ControlCallback?];

/** The payload and the callback of a ping or pong. @internal */
export function readControlArguments(args: ControlArguments): [Payload | Blob, SendCallback | undefined] {
  const callback = args.find((argument) => typeof argument === 'function') as SendCallback | undefined;
  const data = typeof args[0] === 'function' ? undefined : (args[0] as Sendable | undefined);
  return [data === undefined ? '' : toPayload(data), callback];
}

/**
 * RFC 6455 §5.5: the payload of a ping or pong has at most 125 bytes.
 *
 * @throws RangeError with the code WS_ERR_INVALID_ARGUMENT if it is longer
 *
 * @internal
 */
export function requireControlLength(payload: Payload | Blob): void {
  const bytes = byteLengthOf(payload);
  if (bytes <= MAX_CONTROL_PAYLOAD) return;
  const message = `Control frame payload is too long (limit ${MAX_CONTROL_PAYLOAD} bytes, received ${bytes})`;
  throw invalidArgument(RangeError, message);
}

/**
 * The code and the reason of a Close frame (RFC 6455 §5.5.1); the code is undefined for a frame without a body.
 *
 * @throws TypeError if the code is not allowed (§7.4), RangeError if the reason is longer than 123 bytes: with the code
 *         WS_ERR_INVALID_ARGUMENT
 *
 * @internal
 */
export function readCloseArguments(
  code: number | undefined,
  reason: string | Uint8Array | undefined,
  errorCode: ArgumentErrorCode = 'WS_ERR_INVALID_ARGUMENT',
): [number | undefined, string] {
  const text = reasonText(reason, errorCode);
  if (code !== undefined && !Number.isInteger(code)) {
    const allowed = typeof code === 'number' ? 'a whole number' : 'a number';
    throw invalidArgument(TypeError, `Close code must be ${allowed}; received ${describeValue(code)}`, errorCode);
  }
  if (code !== undefined && !isSendableCloseCode(code)) {
    throw invalidArgument(TypeError, closeCodeFault(code, '1000-1003, 1007-1014, 3000-4999'), errorCode);
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_CLOSE_REASON) {
    const message = `Close reason is too long (limit ${MAX_CLOSE_REASON} bytes, received ${bytes})`;
    throw invalidArgument(RangeError, message, errorCode);
  }
  // §5.5.1: a reason can only follow a code.
  return [code === undefined && text !== '' ? CloseCode.NORMAL_CLOSURE : code, text];
}

/**
 * Says why a close code cannot be sent. RFC 6455 §7.4.2: the codes from 1000 to 4999 are defined or reserved.
 *
 * @internal
 */
export function closeCodeFault(code: number, allowed: string): string {
  return `Close code ${code} is ${code >= 1000 && code <= 4999 ? 'reserved' : 'out of range'} (allowed: ${allowed})`;
}

function reasonText(reason: string | Uint8Array | undefined, errorCode: ArgumentErrorCode): string {
  if (reason === undefined || typeof reason === 'string') return reason ?? '';
  if (reason instanceof Uint8Array) return Buffer.from(reason.buffer, reason.byteOffset, reason.length).toString();
  const message = `Close reason must be a string or a Uint8Array; received ${describeValue(reason)}`;
  throw invalidArgument(TypeError, message, errorCode);
}

/** Returns the callback of `send()`; undefined if there is none. @internal */
export function readSendCallback(callback: SendCallback | null | undefined): SendCallback | undefined {
  if (callback === undefined || callback === null) return undefined;
  if (typeof callback === 'function') return callback;
  throw invalidArgument(TypeError, `callback must be a function; received ${describeValue(callback)}`);
}

const NO_OPTIONS: SendOptions = {};

/**
 * Returns the options of `send()`, which has a callback in their place if there are none. `ws` accepts null, too.
 *
 * @throws TypeError with the code WS_ERR_INVALID_ARGUMENT unless the argument is an object, or with the code
 *         WS_ERR_INVALID_OPTION if an option is not a boolean
 *
 * @internal
 */
export function readSendOptions(options: SendOptions | SendCallback | null | undefined): SendOptions {
  if (options === undefined || options === null || typeof options === 'function') return NO_OPTIONS;
  return checkSendOptions(options);
}

function checkSendOptions(options: SendOptions): SendOptions {
  if (typeof options !== 'object') {
    throw invalidArgument(TypeError, `options must be an object; received ${describeValue(options)}`);
  }
  const { binary, fin, compress, mask } = options;
  if (!isFlag(binary) || !isFlag(fin) || !isFlag(compress) || !isFlag(mask)) rejectFlags(options);
  return options;
}

/** On the path of each message: `OptionValidator.flag()` is called for the error only. */
function isFlag(value: boolean | undefined): boolean {
  return value === undefined || typeof value === 'boolean';
}

/** Throws for a value that is not a boolean; null means the default. */
function rejectFlags({ binary, fin, compress, mask }: SendOptions): void {
  for (const [name, value] of Object.entries({ binary, fin, compress, mask })) webSocketOption.flag(name, value);
}

/** An option may have the meaning of an argument, such as a close code. */
type ArgumentErrorCode = 'WS_ERR_INVALID_ARGUMENT' | 'WS_ERR_INVALID_OPTION';

function invalidArgument(
  ErrorClass: typeof TypeError | typeof RangeError,
  message: string,
  code: ArgumentErrorCode = 'WS_ERR_INVALID_ARGUMENT',
): Error {
  return Object.assign(new ErrorClass(message), { code });
}

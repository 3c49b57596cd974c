/**
 * The protocols without I/O: they convert bytes to frames, messages and events, and back. For tests, proxies, fuzzers, and
 * transports that pushwire does not support.
 */

// Event streams.
export { encodeComment, encodeEvent, type Serialize, type ServerSentEvent } from './sse/wire/event-encoder.ts';
export {
  EventParser,
  type EventParserOptions,
  type EventSink,
  EventTooLargeError,
  type ParsedEvent,
} from './sse/wire/event-parser.ts';
// The opening handshake of WebSocket.
export { acceptKey, isValidKey } from './websocket/handshake/accept-key.ts';
export {
  type Acceptance,
  acceptOffer,
  type DeflateParameters,
  type DeflatePreferences,
  makeOffer,
  readAcceptance,
} from './websocket/handshake/deflate-negotiation.ts';
export { type Extension, formatExtensions, parseExtensions } from './websocket/handshake/extension.ts';
export { type HeaderFields, headerFields, isToken } from './websocket/handshake/header.ts';
export { Refusal } from './websocket/handshake/refusal.ts';
export { type Offer, readRequest, type UpgradeRequest } from './websocket/handshake/request.ts';
export {
  type Agreement,
  type ClientOffer,
  type InvalidResponse,
  readResponse,
  responseHeaders,
} from './websocket/handshake/response.ts';
// WebSocket connections, messages and frames.
export { CloseCode, isSendableCloseCode } from './websocket/wire/close-code.ts';
export { Connection } from './websocket/wire/connection.ts';
export type { ConnectionInit, ConnectionOptions, ConnectionSink } from './websocket/wire/connection-sink.ts';
export type { Role } from './websocket/wire/frame.ts';
export { FrameDecoder, type FrameSink } from './websocket/wire/frame-decoder.ts';
export {
  type BytesSink,
  type Endpoint,
  encodeFrame,
  FrameEncoder,
  type GenerateMask,
  type Payload,
} from './websocket/wire/frame-encoder.ts';
export { mask, readMaskingKey, rotateMaskingKey } from './websocket/wire/mask.ts';
export { MessageDecoder, type MessageDecoderOptions, type MessageSink } from './websocket/wire/message-decoder.ts';
export { type DataOpcode, isControl, Opcode } from './websocket/wire/opcode.ts';
export {
  type DeflateOptions,
  Deflater,
  type InflateResult,
  Inflater,
  type JoinResult,
} from './websocket/wire/permessage-deflate.ts';
export type { Phase } from './websocket/wire/phase.ts';
export type { PauseReason } from './websocket/wire/receive-gate.ts';
export { Utf8Validator } from './websocket/wire/utf8.ts';
export { type LimitDescription, Violation } from './websocket/wire/violation.ts';

import type { Duplex } from 'node:stream';
import { closePayload, frame, parseFrame } from '../websocket/frames.ts';
import { isControl, Opcode } from '../websocket/protocol.ts';
import { type Behaviour, isUtf8 } from './echo-behaviour.ts';

const FIRST_PING = Buffer.from('first ping');

/** An echo agent whose faults can be chosen. It shares only frames and opcodes with the tester. */
export class EchoAgent {
  readonly #transport: Duplex;
  readonly #isServer: boolean;
  readonly #behaviour: Behaviour;
  #bytes = Buffer.alloc(0);
  /** The number of bytes of the current frame's payload that have been validated. */
  #looked = 0;
  #opcode: number = Opcode.CONTINUATION;
  #fragments: Buffer[] = [];
  #decoder = new TextDecoder('utf-8', { fatal: true });
  #pings = 0;
  #delayed: Buffer[] = [];
  #closeReceived = false;
  #isDone = false;
  /** Whether the pong for its first ping has not arrived. */
  #awaitsPong: boolean;
  /** What it sends when the pong has arrived. */
  #held: Buffer[] = [];
  /** Whether it has sent a Close frame, and waits for the answer. */
  #awaitsClose = false;
  #merged: Buffer[] = [];
  #isMerging = false;
  #frames = 0;
  /** The messages of the current chunk that it has echoed. */
  #echoed = 0;

  constructor(transport: Duplex, head: Buffer, isServer: boolean, behaviour: Behaviour) {
    this.#transport = transport;
    this.#isServer = isServer;
    this.#behaviour = behaviour;
    this.#awaitsPong = behaviour.awaitsPong;
    const receive = (chunk: Buffer): void => {
      if (behaviour.delay === 0) this.#receive(chunk);
      else setTimeout(() => this.#receive(chunk), behaviour.delay);
    };
    transport.on('data', receive);
    if (behaviour.endsAfterPeer) transport.on('end', () => transport.end());
    transport.on('error', () => transport.destroy());
    for (const { opcode, payload } of behaviour.greeting) this.#write(opcode, Buffer.from(payload));
    if (behaviour.awaitsPong) this.#write(Opcode.PING, FIRST_PING);
    if (head.length > 0) receive(head);
  }

  #receive(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#isMerging = this.#behaviour.mergesFrames;
    this.#echoed = 0;
    while (!this.#isDone && this.#takeFrame());
    this.#isMerging = false;
    this.#flush();
    if (this.#isDone && this.#awaitsClose) this.#takeCloseAnswer();
  }

  /** Ends TCP when a whole Close frame has arrived after the frames that it ignores. */
  #takeCloseAnswer(): void {
    let rest: Buffer = this.#bytes;
    for (let parsed = parseFrame(rest); parsed !== null; parsed = parseFrame(rest)) {
      rest = parsed.rest;
      if (parsed.frame.opcode !== Opcode.CLOSE) continue;
      this.#awaitsClose = false;
      this.#transport.end();
    }
  }

  /** Handles the next frame if it is complete. Validates the text of an incomplete frame. */
  #takeFrame(): boolean {
    const bytes = this.#bytes;
    if (bytes.length < 2) return false;
    const field = bytes[1]! & 0x7f;
    const extended = field < 126 ? 0 : field === 126 ? 2 : 8;
    const masked = bytes[1]! >= 0x80;
    const start = 2 + extended + (masked ? 4 : 0);
    const { shortestPart, lengthOf, keyFor } = this.#behaviour;
    if (bytes.length < start) return bytes.length >= shortestPart && this.#fail(1002);
    const length = extended === 0 ? field : extended === 2 ? bytes.readUInt16BE(2) : lengthOf(bytes.readBigUInt64BE(2));
    const [fin, rsv, opcode] = [bytes[0]! >= 0x80, (bytes[0]! >> 4) & 7, bytes[0]! & 15];
    if (masked !== this.#isServer && this.#checksMask()) return this.#fail(1002);
    this.#frames++;
    if (!this.#checkHeader(fin, rsv, opcode, length)) return false;
    const key = masked ? keyFor(bytes.subarray(start - 4, start)) : Buffer.alloc(4);
    const raw = bytes.subarray(start, start + length);
    const isText = opcode === Opcode.TEXT || (opcode === Opcode.CONTINUATION && this.#opcode === Opcode.TEXT);
    if (isText && this.#behaviour.utf8 === 'as it comes') {
      const isNew = opcode === Opcode.TEXT && this.#looked === 0;
      if (isNew) this.#decoder = new TextDecoder('utf-8', { fatal: true });
      const more = raw.subarray(this.#looked).map((byte, index) => byte ^ key[(index + this.#looked) % 4]!);
      const isEnd = fin && raw.length === length;
      if (!this.#decodes(more, isEnd)) return this.#fail(1007);
      this.#looked = raw.length;
    }
    if (isText && this.#behaviour.utf8 === 'each part' && raw.length > 0) {
      const part = Buffer.from(raw.map((byte, index) => byte ^ key[index % 4]!));
      if (!this.#behaviour.isValidText(part)) return this.#fail(1007);
    }
    if (raw.length < length) return false;
    this.#bytes = bytes.subarray(start + length);
    this.#looked = 0;
    this.#take(fin, opcode, Buffer.from(raw.map((byte, index) => byte ^ key[index % 4]!)));
    return true;
  }

  #checksMask(): boolean {
    const { checksMask } = this.#behaviour;
    return checksMask === 'first frame' ? this.#frames === 0 : checksMask;
  }

  #decodes(bytes: Uint8Array, isEnd: boolean): boolean {
    try {
      this.#decoder.decode(bytes, { stream: !isEnd });
      return true;
    } catch {
      return false;
    }
  }

  #checkHeader(fin: boolean, rsv: number, opcode: number, length: number): boolean {
    const { checkedBits, checksBitsOfControlFrames, takesControlFragments, maxControlPayload, maxPayload } =
      this.#behaviour;
    const { uncheckedOpcode, maxPong, takesCloseFragments } = this.#behaviour;
    const isUnchecked = opcode === uncheckedOpcode || (isControl(opcode) && !checksBitsOfControlFrames);
    const bits = isUnchecked ? 0 : checkedBits;
    if ((rsv & bits) !== 0) return this.#fail(1002);
    if ((opcode & 7) > 2 && this.#behaviour.reserved === 'fail') return this.#fail(1002);
    const takesFragments = takesControlFragments || (opcode === Opcode.CLOSE && takesCloseFragments);
    if (isControl(opcode) && !fin && !takesFragments) return this.#fail(1002);
    const most = opcode === Opcode.PONG ? Math.max(maxPong, maxControlPayload) : maxControlPayload;
    if (isControl(opcode) && length > most) return this.#fail(1002);
    if (length > maxPayload) return this.#fail(1009);
    return true;
  }

  #take(fin: boolean, opcode: number, payload: Buffer): void {
    const { reserved, lone, nested, afterClose } = this.#behaviour;
    if (this.#closeReceived && afterClose !== (isControl(opcode) ? 'pongs' : 'echoes')) return;
    switch (opcode) {
      case Opcode.CLOSE:
        return this.#takeClose(payload);
      case Opcode.PING:
        return this.#takePing(payload);
      case Opcode.PONG:
        if (this.#awaitsPong && payload.equals(FIRST_PING)) {
          this.#release();
        }
        if (this.#behaviour.answersPongs) this.#send(Opcode.PONG, payload);
        return;
      case Opcode.CONTINUATION:
        if (this.#opcode !== Opcode.CONTINUATION) return this.#takeFragment(fin, payload);
        if (lone === 'fail') return void this.#fail(1002);
        if (lone === 'as text') this.#takeMessage(fin, Opcode.TEXT, payload);
        return;
      case Opcode.TEXT:
      case Opcode.BINARY:
        if (this.#opcode !== Opcode.CONTINUATION && nested === 'fail') return void this.#fail(1002);
        return this.#takeMessage(fin, opcode, payload);
      default:
        if (reserved === 'as text') this.#takeMessage(true, Opcode.TEXT, payload);
    }
  }

  #takeMessage(fin: boolean, opcode: number, payload: Buffer): void {
    this.#opcode = opcode;
    this.#fragments = [];
    this.#takeFragment(fin, payload);
  }

  #takeFragment(fin: boolean, payload: Buffer): void {
    const { utf8, isValidText, echoesFragments } = this.#behaviour;
    const isText = this.#opcode === Opcode.TEXT;
    this.#fragments.push(payload);
    if (isText && utf8 === 'each frame' && !isValidText(payload)) return void this.#fail(1007);
    if (echoesFragments) this.#echo(this.#opcode, payload);
    if (!fin) return;
    const message = Buffer.concat(this.#fragments);
    const opcode = this.#opcode;
    this.#opcode = Opcode.CONTINUATION;
    if (isText && utf8 === 'at the end' && !isValidText(message)) return void this.#fail(1007);
    if (!echoesFragments) this.#echo(opcode, message);
    for (const delayed of this.#delayed.splice(0)) this.#send(Opcode.PONG, delayed);
  }

  #echo(opcode: number, payload: Buffer): void {
    const { echo: echoOf, beforeEcho, fragmentSize, closesAfterEcho } = this.#behaviour;
    const echo = echoOf(opcode, payload);
    if (echo === null || (this.#behaviour.takesOneMessagePerChunk && this.#echoed++ > 0)) return;
    for (const sent of beforeEcho) this.#send(sent.opcode, Buffer.from(sent.payload));
    if (fragmentSize === null) this.#send(echo.opcode, echo.payload);
    else this.#sendFragments(echo.opcode, echo.payload, fragmentSize);
    if (closesAfterEcho === null) return;
    this.#send(Opcode.CLOSE, closesAfterEcho === 1005 ? Buffer.alloc(0) : closePayload(closesAfterEcho));
    this.#closeReceived = true;
    this.#awaitsClose = true;
    this.#isDone = true;
  }

  #sendFragments(opcode: number, payload: Buffer, size: number): void {
    const mask = this.#isServer ? { mask: false as const } : {};
    const count = Math.max(1, Math.ceil(payload.length / size));
    for (let index = 0; index < count; index++) {
      if (index > 0) {
        for (const sent of this.#behaviour.betweenFragments) this.#send(sent.opcode, Buffer.from(sent.payload));
      }
      const part = payload.subarray(index * size, (index + 1) * size);
      const first = index === 0 ? opcode : Opcode.CONTINUATION;
      this.#transmit(frame({ opcode: first, payload: part, fin: index === count - 1, ...mask }));
    }
  }

  #takePing(payload: Buffer): void {
    const { delaysPongs, pingBreaksMessage, pong } = this.#behaviour;
    const answer = pong(payload, this.#pings++);
    if (pingBreaksMessage) this.#opcode = Opcode.CONTINUATION;
    if (this.#behaviour.pingBreaksText) this.#decoder = new TextDecoder('utf-8', { fatal: true });
    if (answer === null) return;
    if (delaysPongs && this.#opcode !== Opcode.CONTINUATION) this.#delayed.push(answer);
    else this.#send(Opcode.PONG, answer);
  }

  #takeClose(payload: Buffer): void {
    // Its own Close frame will be the answer.
    this.#closeReceived = true;
    const { takesHalfACode, checksReason, isValidCode, closeReply, afterClose, endsTcp } = this.#behaviour;
    if (payload.length === 1 && !takesHalfACode) return void this.#fail(1002);
    const code = payload.length < 2 ? 1005 : payload.readUInt16BE();
    if (payload.length >= 2 && !isValidCode(code)) return void this.#fail(1002);
    if (checksReason && !isUtf8(payload.subarray(2))) return void this.#fail(1007);
    this.#release();
    const reply = closeReply(code);
    if (reply !== null) this.#send(Opcode.CLOSE, reply === 1005 ? Buffer.alloc(0) : closePayload(reply));
    if (afterClose !== 'nothing') return;
    this.#isDone = true;
    if (endsTcp) this.#end();
  }

  #fail(code: number): false {
    this.#isDone = true;
    this.#release();
    const sent = this.#behaviour.failureCode(code);
    if (sent !== null) this.#send(Opcode.CLOSE, sent === 1005 ? Buffer.alloc(0) : closePayload(sent));
    if (this.#behaviour.awaitsCloseAnswer && !this.#closeReceived) this.#awaitsClose = true;
    else if (this.#behaviour.endsTcp) this.#end();
    return false;
  }

  #send(opcode: number, payload: Buffer): void {
    this.#transmit(this.#behaviour.encode(opcode, payload, this.#isServer));
  }

  /** Sends what does not wait for a pong. */
  #transmit(bytes: Buffer): void {
    if (this.#awaitsPong) this.#held.push(bytes);
    else if (this.#isMerging) this.#merged.push(bytes);
    else this.#transport.write(bytes);
  }

  /** Sends what has waited for a pong. */
  #release(): void {
    this.#awaitsPong = false;
    for (const held of this.#held.splice(0)) this.#transmit(held);
  }

  #flush(): void {
    if (this.#merged.length > 0) this.#transport.write(Buffer.concat(this.#merged.splice(0)));
  }

  #end(): void {
    this.#flush();
    this.#transport.end();
  }

  #write(opcode: number, payload: Buffer): void {
    this.#transport.write(this.#behaviour.encode(opcode, payload, this.#isServer));
  }
}

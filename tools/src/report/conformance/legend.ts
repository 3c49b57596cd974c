import { html, type Markup } from '../markup.ts';

/** What the verdicts and the signs of the page mean. */
export function legend(): Markup {
  return html`<details class="legend"><summary>Legend</summary>
<dl>
<dt class="OK">OK</dt><dd>The agent does what the standard requires and recommends.</dd>
<dt class="NON-STRICT">NON-STRICT</dt><dd>The agent deviates from a recommendation (SHOULD), or in a harmless way. It still conforms.</dd>
<dt class="INFORMATIONAL">INFORMATIONAL</dt><dd>The standard does not specify the behavior. The report only describes it.</dd>
<dt class="UNIMPLEMENTED">UNIMPLEMENTED</dt><dd>The agent does not support an optional feature that the case requires, such as compression.</dd>
<dt class="FAILED">FAILED</dt><dd>The agent violates a requirement of the standard (MUST), or does not answer.</dd>
<dt>closing</dt><dd>A separate verdict is about how the agent closed the connection. The table shows the worse verdict.</dd>
<dt>→ ←</dt><dd>→ is from the tester to the agent, and ← from the agent to the tester. Times are measured from the start of the case.</dd>
<dt>FIN, RSV1, masked</dt><dd>Bits in the header of a frame: the last frame of a message, a reserved bit (in the first frame of a compressed message), a masked payload.</dd>
<dt>"text", 48656c</dt><dd>Text payloads are in quotation marks, and other payloads in hexadecimal. … marks omitted bytes: the log contains up to 4,096 bytes of each payload if the case failed, and 64 bytes otherwise.</dd>
<dt>\\u202e, \\x07</dt><dd>Characters that control a terminal or the direction of text are escaped.</dd>
<dt>Compression</dt><dd>The size of compressed messages, as a percentage of their original size.</dd>
<dt>judged by Autobahn</dt><dd>The verdicts are from a report of the Autobahn suite, whose cases in groups 1 to 13 have the same numbers. A few cases of pushwire are stricter, or send more data.</dd>
</dl></details>`;
}

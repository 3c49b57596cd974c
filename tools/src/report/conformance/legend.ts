import { html, type Markup } from '../markup.ts';

/** What the verdicts and the signs of the page mean. */
export function legend(): Markup {
  return html`<details class="legend"><summary>Legend</summary>
<dl>
<dt class="OK">OK</dt><dd>The agent does what the standard demands and recommends.</dd>
<dt class="NON-STRICT">NON-STRICT</dt><dd>It deviates from a recommendation (SHOULD), or without harm. It still conforms.</dd>
<dt class="INFORMATIONAL">INFORMATIONAL</dt><dd>The standard leaves the behavior open. The report shows it, and does not judge it.</dd>
<dt class="UNIMPLEMENTED">UNIMPLEMENTED</dt><dd>The agent does not have an optional feature that the case needs, such as compression.</dd>
<dt class="FAILED">FAILED</dt><dd>It breaks a rule of the standard (MUST), or does not answer.</dd>
<dt>closing</dt><dd>How the agent closed the connection has a verdict of its own. The table shows the worse of the two.</dd>
<dt>→ ←</dt><dd>→ is from the tester to the agent, ← from the agent to the tester. Times count from the beginning of the case.</dd>
<dt>FIN, RSV1, masked</dt><dd>Bits in the header of a frame: the last frame of a message, a reserved bit (in the first frame of a compressed message), a masked payload.</dd>
<dt>"text", 48656c</dt><dd>A payload that is text is in quotation marks. Any other is in hexadecimal. … marks what the log does not have: of a case that failed it has up to 4,096 bytes of each payload, of others 64 bytes.</dd>
<dt>\\u202e, \\x07</dt><dd>Characters that control a terminal or the direction of text are escaped.</dd>
<dt>Compression</dt><dd>The size of compressed messages in per cent of their original size.</dd>
<dt>judged by Autobahn</dt><dd>The verdicts are from a report of the Autobahn suite. Its cases of groups 1 to 13 have the same numbers; a few of ours are stricter or send more.</dd>
</dl></details>`;
}

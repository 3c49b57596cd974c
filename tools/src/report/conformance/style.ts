/** The style of the page, in a light and a dark color scheme. Wide tables scroll within their frame. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ok: #1a7f37; --not: #8a5d00; --info: #57606a; --failed: #cf222e;
  --line: color-mix(in srgb, CanvasText 16%, Canvas); --faint: color-mix(in srgb, CanvasText 5%, Canvas);
  font: 15px/1.45 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --not: #d29922; --info: #8b949e; --failed: #ff7b72; } }
body { margin: 1.25rem clamp(.75rem, 2vw, 2rem); }
h1 { font-size: 1.4rem; margin: 0; }
.written { color: var(--info); margin: .2rem 0 1rem; }
.frame { overflow: auto; border: 1px solid var(--line); border-radius: 6px; }
#cases { max-height: 92vh; max-height: 92dvh; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; vertical-align: top; border-bottom: 1px solid var(--line); unicode-bidi: isolate; }
tbody:last-child tr:last-child > * { border-bottom: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
small { color: var(--info); font-weight: normal; }
.suite { border: 1px solid; border-radius: 3px; padding: 0 .3em; white-space: nowrap; }
.OK { color: var(--ok); } .NON-STRICT { color: var(--not); } .INFORMATIONAL, .UNIMPLEMENTED { color: var(--info); } .FAILED { color: var(--failed); }

.overview th { white-space: nowrap; }
.overview thead th { font-size: .85em; background: var(--faint); vertical-align: bottom; }
.overview thead th:nth-last-child(-n+3) { white-space: normal; min-width: 5.5rem; }
.overview th:first-child { position: sticky; left: 0; background: Canvas; }
.overview thead th:first-child { background: var(--faint); }
.overview tbody th { white-space: normal; overflow-wrap: break-word; min-width: 7.5rem; max-width: 16rem; }
.overview tbody small { display: block; width: fit-content; }
.overview td { white-space: nowrap; }

.legend { margin: .8rem 0; }
.legend summary { cursor: pointer; }
.legend dl, .facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: .5rem 0; }
.legend dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }

.filters { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: baseline; margin: .8rem 0; }
select, input { font: inherit; }
#count { color: var(--info); }

.matrix { border-collapse: separate; border-spacing: 0; }
.matrix thead th { position: sticky; top: 0; background: var(--faint); z-index: 2; overflow-wrap: break-word; min-width: 7.5rem; max-width: 12rem; vertical-align: bottom; }
.matrix thead th:nth-child(2) { min-width: 13rem; max-width: none; }
.matrix thead th .suite { display: block; width: fit-content; }
.matrix thead th:first-child, .case td:first-child { position: sticky; left: 0; min-width: 0; background: Canvas; }
.matrix thead th:first-child { white-space: nowrap; overflow-wrap: normal; z-index: 3; background: var(--faint); }
.case td:first-child { font-variant-numeric: tabular-nums; white-space: nowrap; }
.case td:nth-child(2) { min-width: 13rem; width: 60%; }
.group th { background: var(--faint); padding-top: .5rem; }
.group span { position: sticky; left: .6rem; }
.why { margin: .2rem 0 0; font-size: .9em; overflow-wrap: anywhere; color: var(--failed); }
.case button { border: 0; cursor: pointer; font: 600 .85em system-ui, sans-serif; padding: .15rem .35rem; margin: 0 -.35rem; border-radius: 4px; background: color-mix(in srgb, currentColor 10%, transparent); }
.case button:hover { text-decoration: underline; }
.case button:focus-visible { outline: 2px solid; outline-offset: 1px; }

dialog { box-sizing: border-box; width: min(70rem, 96vw); max-width: none; max-height: 94vh; max-height: 94dvh; padding: 0 1.2rem 1.2rem; border: 1px solid var(--info); border-radius: 8px; overflow: auto; }
dialog::backdrop { background: rgb(0 0 0 / .45); }
dialog header { position: sticky; top: 0; z-index: 1; display: flex; gap: 1rem; justify-content: space-between; align-items: start; background: Canvas; padding: .8rem 0 .4rem; }
dialog nav { display: flex; gap: .3rem; }
dialog nav button { font-size: 1.2rem; line-height: 1; width: 2.2rem; height: 2.2rem; cursor: pointer; }
h2 { font-size: 1.1rem; margin: .3rem 0 0; overflow-wrap: anywhere; }
h3 { font-size: .95rem; margin: 1.1rem 0 .3rem; }
#case p, #case ol { margin: .3rem 0; overflow-wrap: anywhere; }
.verdicts { display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
.name { color: var(--info); overflow-wrap: anywhere; }
.result { border-left: 3px solid; padding-left: .7rem; }
blockquote { margin: .3rem 0; padding-left: .7rem; border-left: 3px solid var(--line); }
figure { margin: .4rem 0; }
figcaption { font-size: .85em; color: var(--info); }
pre { margin: .1rem 0; padding: .5rem .7rem; background: var(--faint); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85em; }
.log { font-size: .85em; }
.log td { white-space: nowrap; }
.log th { background: var(--faint); }
.log .text { font-family: ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; min-width: 16rem; width: 100%; }
/* A long payload scrolls, so that the next frame is in sight. */
.log .text div { max-height: 14rem; overflow: auto; }
.log .agent { background: var(--faint); }
.more { list-style: none; }
.expectation::first-letter { text-transform: uppercase; }
@media (max-width: 40rem) {
  th, td { padding: .3rem .4rem; }
  .matrix thead th:nth-child(2), .case td:nth-child(2) { min-width: 11rem; }
  .matrix thead th:not(:first-child) { overflow-wrap: anywhere; }
  .overview tbody th { max-width: 9rem; overflow-wrap: anywhere; min-width: 6rem; }
  dialog { width: 100vw; max-height: 100vh; max-height: 100dvh; height: 100dvh; margin: 0; border: 0; border-radius: 0; padding: 0 .8rem 1rem; }
  .log thead { display: none; }
  .log tr { display: flex; flex-wrap: wrap; gap: 0 .8rem; padding: .3rem .5rem; border-bottom: 1px solid var(--line); }
  .log td { border: 0; padding: 0; }
  .log .text { flex-basis: 100%; min-width: 0; }
  .legend dl, .facts { grid-template-columns: 1fr; gap: 0; }
  .legend dd, .facts dd { margin-bottom: .4rem; }
  .facts dt { color: var(--info); font-size: .85em; }
}
`;

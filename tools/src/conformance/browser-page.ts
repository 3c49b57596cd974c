/** The page of a case server. It tests the WebSocket and the EventSource of the browser that opens it. */
export const BROWSER_PAGE: string = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conformance of this browser</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 44rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
p { display: grid; grid-template-columns: 9rem 1fr 6rem; gap: 1rem; align-items: center; }
progress { width: 100%; }
output { font-variant-numeric: tabular-nums; text-align: right; }
li { overflow-wrap: anywhere; }
</style>
<h1>Conformance of <span id="agent"></span></h1>
<p><label for="sockets">WebSocket</label><progress id="sockets"></progress><output for="sockets"></output></p>
<p><label for="streams">EventSource</label><progress id="streams"></progress><output for="streams"></output></p>
<div id="summary" role="status">Running the cases …</div>
<ul id="failures"></ul>
<script>
const agent = (navigator.userAgent.match(/(?:Firefox|Edg|OPR|Chrome|Version)[/][\\d.]+/g) ?? ['browser']).at(-1);
document.getElementById('agent').textContent = agent;
const name = encodeURIComponent(agent);
const address = location.origin.replace('http', 'ws');

/** Runs the cases from 1 to count, this many at the same time. */
async function runAll(id, count, concurrency, run) {
  const bar = document.getElementById(id);
  const output = bar.nextElementSibling;
  bar.max = Math.max(count, 1);
  let next = 1, done = 0;
  const show = () => { bar.value = done; output.value = done + ' of ' + count; };
  show();
  await Promise.all(Array.from({ length: concurrency }, async () => {
    while (next <= count) { await run(next++); done++; show(); }
  }));
  if (count === 0) bar.value = 1;
}

/** Returns the last message on this path. */
function request(path) {
  return new Promise((resolve) => {
    const socket = new WebSocket(address + path);
    let message;
    socket.onmessage = ({ data }) => { message = data; };
    socket.onclose = () => resolve(message);
  });
}

function runSocket(number) {
  return new Promise((resolve) => {
    const socket = new WebSocket(address + '/runCase?case=' + number + '&agent=' + name);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => socket.send(data);
    socket.onclose = resolve;
  });
}

/** One line for each case that has not passed. */
const failures = [];
async function runStream(test) {
  const query = '?case=' + test.number + '&agent=' + name;
  const events = await new Promise((resolve) => {
    const source = new EventSource('/runEventStream' + query);
    const dispatched = [];
    const record = ({ type, data, lastEventId, origin }) => {
      dispatched.push({ type, data, lastEventId, origin, readyState: source.readyState, time: performance.now() });
      if (type === test.closeOn) {
        source.close();
        setTimeout(() => resolve(dispatched), 200);
      } else if (source.readyState === EventSource.CLOSED) resolve(dispatched);
    };
    for (const type of ['open', 'message', 'error', ...test.types]) source.addEventListener(type, record);
  });
  const report = await fetch('/reportEventStream' + query, { method: 'POST', body: JSON.stringify(events) });
  const { behavior, text } = await report.json();
  if (behavior !== 'OK') failures.push(test.id + ' ' + test.title + ': ' + behavior + '. ' + text);
}

async function main() {
  const [sockets, streams] = [Number(await request('/getCaseCount')), await (await fetch('/eventStreamCases?agent=' + name)).json()];
  // A browser opens at most six HTTP connections to a server, and needs some of them for the reports.
  await runAll('streams', streams.length, 3, (number) => runStream(streams[number - 1]));
  await runAll('sockets', sockets, 6, async (number) => {
    await runSocket(number);
    const status = JSON.parse(await request('/getCaseStatus?case=' + number + '&agent=' + name));
    const verdicts = [status.behavior, status.behaviorClose];
    if (verdicts.every((verdict) => verdict === 'OK' || verdict === 'INFORMATIONAL')) return;
    const { id, description } = JSON.parse(await request('/getCaseInfo?case=' + number));
    failures.push(id + ' ' + description + ': ' + verdicts.join(', closing ') + '. ' + status.text);
  });
  await fetch('/updateReports?agent=' + name);
  document.getElementById('summary').innerHTML = failures.length === 0
    ? 'All cases passed. <a href="/report">Show the report</a>'
    : failures.length + (failures.length === 1 ? ' case' : ' cases') + ' did not pass. <a href="/report">Show the report</a>';
  for (const line of failures) {
    const item = document.createElement('li');
    item.textContent = line;
    document.getElementById('failures').append(item);
  }
  document.body.dataset.done = 'true';
}
main();
</script>
</html>
`;

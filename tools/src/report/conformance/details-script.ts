/** Shows the details of a case in the dialog. All text is set as text, never as markup. */
export const DETAILS_SCRIPT = `
const dialog = document.querySelector('dialog');
const content = document.getElementById('case');
/** The button of the case that the dialog shows. */
let current;

function element(name, className, ...children) {
  const created = document.createElement(name);
  created.className = className;
  created.append(...children);
  return created;
}

function section(title, ...children) {
  return children.length === 0 ? [] : [element('h3', '', title), ...children];
}

function facts(pairs) {
  if (pairs.length === 0) return [];
  return [element('dl', 'facts', ...pairs.flatMap(([name, value]) => [element('dt', '', name), element('dd', '', value)]))];
}

function list(items) {
  return items.length < 2 ? items.map((item) => element('p', '', item)) : [element('ol', '', ...items.map((item) => element('li', item.startsWith('…') ? 'more' : '', item)))];
}

/** What one side has sent, for example an HTTP request. */
function message({ time, who, text }) {
  return element('figure', who, element('figcaption', '', arrow(who) + ' ' + (who === 'tester' ? 'Tester' : 'Agent') + (time && ', ' + time)), element('pre', '', text));
}

function arrow(who) {
  return who === 'tester' ? '→' : '←';
}

function log(entries) {
  if (entries.length === 0) return [];
  const hasFrames = entries.some(({ kind }) => kind !== undefined);
  const rows = entries.map(({ time, who, kind, flags, length, text }) => {
    const cells = kind === undefined
      ? [Object.assign(element('td', 'text', element('div', '', text)), { colSpan: hasFrames ? 4 : 1 })]
      : [element('td', '', kind), element('td', '', flags), element('td', 'number', length), element('td', 'text', element('div', '', text))];
    return element('tr', who, element('td', 'number', time), element('td', '', arrow(who) + ' ' + who), ...cells);
  });
  const heads = ['Time', 'From', ...(hasFrames ? ['Frame', 'Header', 'Payload'] : []), 'Content'].map((name) => element('th', '', name));
  const table = element('table', 'log', element('thead', '', element('tr', '', ...heads)), element('tbody', '', ...rows));
  return [element('div', 'frame', table)];
}

function show(button) {
  current = button;
  const { agent, id } = button.dataset;
  const details = report[agent][id];
  const { behavior, behaviorClose } = details;
  const badges = element('p', 'verdicts', element('b', behavior, behavior), ...(behaviorClose === '' ? [] : [element('span', '', 'closing ', element('b', behaviorClose, behaviorClose))]), element('span', 'name', agent));
  document.getElementById('case-title').textContent = id + ' ' + details.title;
  content.replaceChildren(
    badges,
    ...(details.text === '' ? [] : [element('p', 'result ' + button.className, details.text)]),
    ...section('What the tester does', ...list(details.steps)),
    ...section('Expected', ...(details.expectation === '' ? [] : [element('p', 'expectation', details.expectation)])),
    ...section('The standard', ...(details.sentence === '' && details.section === '' ? [] : [element('blockquote', '', details.sentence || details.section)])),
    ...section('Opening handshake', ...details.handshake.map(message)),
    ...section('On the wire', ...log(details.log)),
    ...section('How it ended', ...facts(details.closing)),
    ...section('Frames', ...facts(details.traffic)),
    ...section('Run', ...facts(details.facts)),
  );
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  document.getElementById('previous').disabled = neighbor(-1) === undefined;
  document.getElementById('next').disabled = neighbor(1) === undefined;
}

/** The button of the same agent in the next or previous row that is shown. */
function neighbor(step) {
  const buttons = [...document.querySelectorAll('.case:not([hidden]) button')].filter(({ dataset }) => dataset.agent === current.dataset.agent);
  return buttons[buttons.indexOf(current) + step];
}

document.getElementById('close').onclick = () => dialog.close();
document.getElementById('previous').onclick = () => show(neighbor(-1));
document.getElementById('next').onclick = () => show(neighbor(1));
dialog.onclose = () => current.focus();
dialog.addEventListener('keydown', ({ key, target }) => {
  if (target.closest('.frame') !== null) return;
  const button = key === 'ArrowLeft' ? neighbor(-1) : key === 'ArrowRight' ? neighbor(1) : undefined;
  if (button !== undefined) show(button);
});
document.querySelector('.matrix').addEventListener('click', ({ target }) => {
  if (target.dataset.id !== undefined) show(target);
});
`;

import { connectEventSource, connectWebSocket } from './clients.js';

const SHOWN = 12;

/** Shows a client in a section, and returns the functions that it calls. */
function view(id) {
  const section = document.querySelector(`#${id}`);
  section.append(document.querySelector('#client').content.cloneNode(true));
  const part = (name) => section.querySelector(`.${name}`);
  const count = (name) => {
    part(name).textContent = String(Number(part(name).textContent) + 1);
  };
  return {
    state(state) {
      section.dataset.state = state;
      part('state').textContent = state;
      if (state === 'open') count('connections');
    },
    event({ id: eventId, event, data }) {
      count(event === 'reset' ? 'resets' : 'events');
      const line = document.createElement('li');
      line.dataset.id = eventId;
      line.className = event === 'reset' ? 'reset' : 'text' in data ? 'note' : 'time';
      line.textContent = describe(event, data);
      part('log').prepend(line);
      while (part('log').children.length > SHOWN) part('log').lastChild.remove();
      // For tests and other scripts of the page.
      section.dispatchEvent(new CustomEvent('hub-event', { detail: { id: eventId, event, data } }));
    },
  };
}

function describe(event, data) {
  if (event === 'reset') return 'reset: events since the last one are gone';
  return 'text' in data ? data.text : `process ${data.process}, number ${data.number}`;
}

connectEventSource('events', view('event-stream'));
const webSocket = connectWebSocket('socket', view('web-socket'));

document.querySelector('#publish').addEventListener('submit', (submit) => {
  submit.preventDefault();
  const note = document.querySelector('#note');
  // A note that cannot be sent stays in its field.
  if (webSocket.send(note.value)) note.value = '';
});

import { RoomConnection } from './connection.js';

const find = (selector) => document.querySelector(selector);
const STATES = { connecting: 'connecting', open: 'connected', waiting: 'not connected' };
/** Milliseconds for which "… is writing" is shown. */
const TYPING = 3000;

/** The connection of the room that is shown. */
let connection = null;
let ownName = '';
/** The messages that are shown, by their keys. */
const shown = new Map();
const writers = new Map();

function show(part) {
  find('#entry').hidden = part !== 'entry';
  find('#chat').hidden = part !== 'chat';
}

/** Adds a message, or returns the one that is there already. */
function item(key, name, text) {
  const known = shown.get(key);
  if (known !== undefined) return known;
  const list = find('#messages');
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  list.append(find('#message').content.cloneNode(true));
  const added = list.lastElementChild;
  // Text, never HTML: others have written it.
  added.querySelector('.name').textContent = name;
  added.querySelector('.text').textContent = text;
  added.classList.toggle('own', name === ownName);
  shown.set(key, added);
  if (isAtEnd || name === ownName) list.scrollTop = list.scrollHeight;
  return added;
}

function note(key, state, text) {
  const message = shown.get(key);
  if (message === undefined) return;
  message.dataset.state = state;
  message.querySelector('.note').textContent = text;
}

const timeOf = (time) => new Date(time).toLocaleTimeString([], { timeStyle: 'short' });

function showWriters() {
  const names = [...writers.keys()];
  const verb = names.length === 1 ? 'is' : 'are';
  find('#typing').textContent = names.length === 0 ? '' : `${names.join(', ')} ${verb} writing`;
}

function stopWriting(name) {
  clearTimeout(writers.get(name));
  writers.delete(name);
  showWriters();
}

const view = {
  state(state, reason) {
    if (state === 'refused') {
      find('#refusal').textContent = reason;
      find('#refusal').hidden = false;
      return show('entry');
    }
    find('#state').textContent = STATES[state];
    find('#state').dataset.state = state;
  },
  message({ key, name, text, time }) {
    item(key, name, text);
    note(key, 'sent', timeOf(time));
    stopWriting(name);
  },
  settled(key, reason) {
    if (reason === undefined) note(key, 'sent', timeOf(Date.now()));
    else note(key, 'refused', `not sent: ${reason}`);
  },
  members(names) {
    find('#members').textContent = `${names.length} here: ${names.join(', ')}`;
  },
  typing(name) {
    clearTimeout(writers.get(name));
    writers.set(name, setTimeout(stopWriting, TYPING, name));
    showWriters();
  },
  reset() {
    find('#messages').append(
      Object.assign(document.createElement('li'), { className: 'gap', textContent: 'Some messages are gone' }),
    );
  },
};

function enter(name, room) {
  ownName = name;
  sessionStorage.setItem('entry', JSON.stringify({ name, room }));
  shown.clear();
  find('#messages').replaceChildren();
  find('#members').textContent = '';
  find('#refusal').hidden = true;
  find('#title').textContent = room;
  document.title = `${room} · Chat`;
  show('chat');
  find('#text').focus();
  connection = new RoomConnection(name, room, view);
}

find('#entry').addEventListener('submit', (submit) => {
  submit.preventDefault();
  enter(find('#name').value.trim(), find('#room').value.trim());
});

find('#leave').addEventListener('click', () => {
  connection.close();
  sessionStorage.removeItem('entry');
  show('entry');
  find('#room').select();
});

find('#form').addEventListener('submit', (submit) => {
  submit.preventDefault();
  const text = find('#text').value.trim();
  if (text === '') return;
  const key = connection.say(text);
  item(key, ownName, text);
  note(key, 'waiting', 'sending');
  find('#text').value = '';
});

/** The time at which this page last announced that its user is typing. */
let typedAt = 0;
find('#text').addEventListener('input', () => {
  if (Date.now() - typedAt < TYPING / 2) return;
  typedAt = Date.now();
  connection.typing();
});

const last = JSON.parse(sessionStorage.getItem('entry'));
if (last !== null) enter(last.name, last.room);

import { renderMarkdown } from './markdown.js';

const find = (selector) => document.querySelector(selector);
const [state, empty, list, form, prompt, send, stop] = [
  '#state',
  '#empty',
  '#messages',
  '#form',
  '#prompt',
  '#send',
  '#stop',
].map(find);

/** The conversation of this tab: the messages, and the address of the answer that is being written. It survives a reload. */
const conversation = JSON.parse(sessionStorage.getItem('conversation')) ?? { messages: [], answer: null };
const save = () => sessionStorage.setItem('conversation', JSON.stringify(conversation));

/** The answer that is being read. */
let source = null;

let isLeft = false;
addEventListener('beforeunload', () => {
  isLeft = true;
});

const STATES = {
  ready: 'ready',
  connecting: 'connecting',
  streaming: 'writing',
  interrupted: 'connection lost, trying again',
};

function show(name) {
  state.dataset.state = name;
  state.textContent = STATES[name];
  const isBusy = name !== 'ready';
  send.hidden = isBusy;
  stop.hidden = !isBusy;
  list.ariaBusy = String(isBusy);
}

/** Adds a message to the page, and returns a function that replaces its text. */
function addMessage({ role, content }) {
  empty.hidden = true;
  list.append(find('#message').content.cloneNode(true));
  const item = list.lastElementChild;
  item.className = role;
  item.ariaLabel = role === 'user' ? 'You' : 'Model';
  const write = (text, note = '') => {
    const isAtEnd = document.documentElement.scrollHeight - scrollY - innerHeight < 80;
    const part = item.querySelector('.text');
    // What a person writes is text. What a model writes is Markdown, and never HTML.
    if (role === 'user') part.textContent = text;
    else part.replaceChildren(renderMarkdown(text));
    item.querySelector('.note').textContent = note;
    item.querySelector('.note').hidden = note === '';
    if (isAtEnd) scrollTo(0, document.documentElement.scrollHeight);
  };
  write(content);
  scrollTo(0, document.documentElement.scrollHeight);
  return write;
}

/** Reads an answer from its beginning. If the connection is lost, EventSource continues after the last token. */
function read(address) {
  let text = '';
  let shown = false;
  const write = addMessage({ role: 'assistant', content: '' });
  show('connecting');
  source = new EventSource(address);
  const end = (note) => {
    source.close();
    source = null;
    write(text, note);
    if (text !== '') conversation.messages.push({ role: 'assistant', content: text });
    conversation.answer = null;
    save();
    show('ready');
    prompt.focus();
  };
  source.onopen = () => show('streaming');
  source.onerror = () => {
    // A page that is being left closes its connections. It continues after a reload.
    if (isLeft) return;
    // CLOSED: the server has refused. Otherwise, the browser tries again.
    if (source.readyState === EventSource.CLOSED) end('The rest of the answer is lost.');
    else show('interrupted');
  };
  source.addEventListener('token', ({ data }) => {
    text += data;
    // Many tokens may arrive between two frames.
    if (shown) return;
    shown = true;
    requestAnimationFrame(() => {
      shown = false;
      if (source !== null) write(text);
    });
  });
  source.addEventListener('done', () => end(''));
  source.addEventListener('stopped', () => end('Stopped.'));
  source.addEventListener('failed', ({ data }) => end(`Failed: ${data}.`));
  // The server no longer has the tokens after the last one, for example because it was restarted.
  source.addEventListener('reset', () => end('The rest of the answer is lost.'));
}

async function ask(content) {
  const message = { role: 'user', content };
  show('connecting');
  try {
    const messages = [...conversation.messages, message];
    const response = await fetch('messages', { method: 'POST', body: JSON.stringify({ messages }) });
    if (!response.ok)
      throw new Error((await response.text()) || `The server has answered with status ${response.status}`);
    addMessage(message);
    conversation.messages = messages;
    conversation.answer = response.headers.get('Location');
    save();
    prompt.value = '';
    read(conversation.answer);
  } catch (error) {
    // The message stays in its field.
    show('ready');
    state.textContent = `not sent: ${error.message}`;
    state.dataset.state = 'interrupted';
  }
}

form.addEventListener('submit', (submit) => {
  submit.preventDefault();
  if (stop.hidden && prompt.value.trim() !== '') ask(prompt.value.trim());
});

prompt.addEventListener('keydown', (key) => {
  if (key.key !== 'Enter' || key.shiftKey || key.isComposing) return;
  key.preventDefault();
  form.requestSubmit();
});

stop.addEventListener('click', () => {
  if (conversation.answer !== null) fetch(conversation.answer, { method: 'DELETE' }).catch(() => {});
});

find('#new').addEventListener('click', () => {
  if (conversation.answer !== null) fetch(conversation.answer, { method: 'DELETE' }).catch(() => {});
  source?.close();
  sessionStorage.removeItem('conversation');
  location.reload();
});

for (const message of conversation.messages) addMessage(message);
if (conversation.answer !== null) read(conversation.answer);
else show('ready');

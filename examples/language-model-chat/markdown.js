/**
 * Shows the Markdown that models write most: paragraphs, lists, headings, blocks of code, `code`, **bold** and *emphasis*. All else
 * stays text. It only makes elements and text, so that nothing in the text can become an element or a script.
 */
export function renderMarkdown(text) {
  const fragment = document.createDocumentFragment();
  // The last block of code has no end while it is being written.
  for (const [index, block] of text.split(/^```.*\n?/m).entries()) {
    if (index % 2 === 1) fragment.append(element('pre', element('code', block.replace(/\n$/, ''))));
    else
      for (const paragraph of block.split(/\n{2,}/)) if (paragraph.trim() !== '') fragment.append(...blocks(paragraph));
  }
  return fragment;
}

const ITEM = /^\s*(?:[-*]|(\d+)\.)\s+/;
const HEADING = /^#{1,6} +/;

/** The blocks of lines without an empty line between them. */
function blocks(paragraph) {
  const result = [];
  for (const line of paragraph.split('\n').filter((text) => text.trim() !== '')) {
    const item = ITEM.exec(line);
    const last = result.at(-1);
    if (HEADING.test(line)) {
      result.push(element('h3', ...inline(line.replace(HEADING, ''))));
    } else if (item !== null) {
      const name = item[1] === undefined ? 'UL' : 'OL';
      const list = last?.nodeName === name ? last : element(name);
      if (list !== last) result.push(list);
      list.append(element('li', ...inline(line.slice(item[0].length))));
    } else if (last?.nodeName === 'P') {
      last.append('\n', ...inline(line));
    } else {
      result.push(element('p', ...inline(line)));
    }
  }
  return result;
}

const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\*([^*\s][^*\n]*)\*/g;

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const { 0: whole, 1: code, 2: strong, 3: emphasis, index } of text.matchAll(INLINE)) {
    nodes.push(text.slice(end, index));
    end = index + whole.length;
    nodes.push(
      code !== undefined ? element('code', code) : element(strong !== undefined ? 'strong' : 'em', strong ?? emphasis),
    );
  }
  return [...nodes, text.slice(end)];
}

function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

// Elements without HTML strings: what a client wrote is always text.

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);

const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

// Phrases of the user's language, set once by `render`.
let WORDS = {};
const t = (key, values = {}) => (WORDS[key] || key).replace(/\{(\w+)\}/g, (_, name) => values[name]);

// Redraws `host` and gives the focus back to the control that had it.
function redraw(host, ...children) {
  const held = host.contains(document.activeElement) ? document.activeElement : null;
  const key = held && held.dataset.key;
  const caret = held && held.tagName === "INPUT" && held.type === "text" ? [held.value, held.selectionStart] : null;
  host.replaceChildren(...children.flat(2).filter(Boolean));
  const again = key && host.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (caret && again.value === caret[0]) again.setSelectionRange(caret[1], caret[1]);
}

// The question or control under the hand stays where it is on the page, whatever `draw` changes above it.
function still(draw) {
  const hand = () => document.activeElement.closest(".ak-question") || document.activeElement.closest(".ak [data-key]");
  const [held, before] = [hand()?.dataset.key, hand()?.getBoundingClientRect().top];
  draw();
  const now = hand();
  if (!now || now.dataset.key !== held) return;
  let pane = now.parentElement;
  while (pane && !(pane.scrollHeight > pane.clientHeight && /auto|scroll/.test(getComputedStyle(pane).overflowY))) pane = pane.parentElement;
  (pane || document.scrollingElement).scrollBy({ top: now.getBoundingClientRect().top - before, behavior: "instant" });
}

// A part that is drawn anew from its document with every change.
const plain = (tag, props, words) => (act) => {
  const host = h(tag, props());
  return { el: host, update: (doc) => redraw(host, words(doc, act)) };
};

// Runs of text, some of them in a pattern's colour.
const runs = (parts) => parts.map((part) => (part.pattern ? h("span", { class: `ak-c-${part.pattern}` }, part.text) : part.text));

// The line to the kernel: one edit under way, the newest of each control waiting, and a heartbeat.

const BEAT = 4000;
const PATIENCE = 12000;

// The key under which the kernel sends the document of an edit before it is made; see `Likely.key`.
function foreseen(name, args) {
  if (name === "assume_part") return JSON.stringify([name, { name: args.name, part: args.part, text: args.text }]);
  if (name !== "answer" || args.guess || args.note || args.private_note) return "";
  return JSON.stringify(["answer", { criterion: args.criterion, value: args.value }]);
}

class Link {
  constructor(model, onLost, onIdle, onAhead) {
    this.model = model;
    this.ahead = new Map();
    this.onAhead = onAhead;
    this.onLost = onLost;
    this.onIdle = onIdle;
    this.waiting = new Map();
    this.underWay = null;
    this.sent = 0;
    this.heard = performance.now();
    this.lost = false;
    model.on("msg:custom", (message) => this.hear(message));
    this.timer = setInterval(() => this.beat(), BEAT);
  }

  // `control` names what was touched: a newer edit of the same control replaces one that still waits.
  edit(control, name, args) {
    this.waiting.delete(control);
    this.waiting.set(control, { name, args });
    this.onIdle(false);
    const known = this.ahead.get(foreseen(name, args));
    this.foreseeing = known && known.basis === this.basis;
    if (this.foreseeing) this.onAhead(known.view);
    this.next();
  }

  next() {
    if (this.underWay !== null || !this.waiting.size) return;
    const [control, edit] = this.waiting.entries().next().value;
    this.waiting.delete(control);
    this.control = control;
    this.underWay = ++this.sent;
    this.asked = performance.now();
    this.model.send({ edit: this.underWay, ...edit });
  }

  // Documents of another state are worth nothing; those for other positions of one control stay good.
  standing(basis) {
    if (basis === this.basis) return;
    this.basis = basis;
    for (const [key, known] of this.ahead) if (known.basis !== basis) this.ahead.delete(key);
  }

  hear(message) {
    this.heard = performance.now();
    if (message.ahead) this.ahead.set(message.ahead, message);
    if (this.lost) this.onLost((this.lost = false));
    if (message.done === this.underWay) {
      this.underWay = null;
      this.next();
      if (this.idle) this.onIdle(true);
    }
  }

  beat() {
    if (document.hidden) {
      this.heard = performance.now();
      return;
    }
    const silent = performance.now() - this.heard;
    if (silent > PATIENCE && !this.lost) this.onLost((this.lost = true));
    try {
      this.model.send({ beat: true });
    } catch {
      if (!this.lost) this.onLost((this.lost = true)); // the connection itself is gone
    }
  }

  // Whether a document just in is older than what is already shown.
  get behind() {
    return this.foreseeing && this.waiting.size > 0;
  }

  // Whether the kernel has still to answer for `control`: until then what the user sees there is newer.
  pending(control) {
    return this.waiting.has(control) || (this.underWay !== null && this.control === control);
  }

  get idle() {
    return this.underWay === null && !this.waiting.size;
  }

  close() {
    clearInterval(this.timer);
  }
}

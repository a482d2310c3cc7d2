// The line to the kernel: one edit under way, the newest of each control waiting, and a heartbeat.

const BEAT = 4000;
const PATIENCE = 12000;

class Link {
  constructor(model, onLost, onIdle) {
    this.model = model;
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
    this.next();
  }

  next() {
    if (this.underWay !== null || !this.waiting.size) return;
    const [control, edit] = this.waiting.entries().next().value;
    this.waiting.delete(control);
    this.underWay = ++this.sent;
    this.asked = performance.now();
    this.model.send({ edit: this.underWay, ...edit });
  }

  hear(message) {
    this.heard = performance.now();
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
    this.model.send({ beat: true });
    const silent = performance.now() - this.heard;
    if (silent > PATIENCE && !this.lost) this.onLost((this.lost = true));
  }

  get idle() {
    return this.underWay === null && !this.waiting.size;
  }

  close() {
    clearInterval(this.timer);
  }
}

// The line to the kernel: one edit under way, the newest of each control waiting, and a heartbeat that tells what is shown.

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
    model.widget_manager.kernel?.statusChanged?.connect((_, status) => /restarting|dead|terminating/.test(status) && this.lose()); // sooner than by silence
    this.timer = setInterval(() => this.beat(), BEAT);
  }

  // `control` names what was touched: a newer edit of the same control replaces one that still waits.
  edit(control, name, args) {
    this.waiting.delete(control);
    this.waiting.set(control, { name, args });
    this.onIdle();
    this.next();
  }

  next() {
    if (this.underWay !== null || !this.waiting.size) return;
    const [control, edit] = this.waiting.entries().next().value;
    this.waiting.delete(control);
    this.control = control;
    this.underWay = ++this.sent;
    this.send({ edit: this.underWay, ...edit });
  }

  hear(message) {
    this.heard = performance.now();
    if (this.lost) this.onLost((this.lost = false));
    if (message.done !== this.underWay) return;
    this.underWay = null;
    this.next();
    if (this.idle) this.onIdle();
  }

  beat() {
    if (document.hidden) return (this.heard = performance.now());
    if (performance.now() - this.heard > PATIENCE) this.lose();
    this.send({ beat: this.model.get("view").revision });
  }

  send = (message) => { try { this.model.send(message); } catch { this.lose(); } }; // the connection itself may be gone

  lose = () => this.lost || this.onLost((this.lost = true));

  // Whether the kernel has still to answer for `control`: until then what the user sees there is newer.
  pending = (control) => this.waiting.has(control) || (this.underWay !== null && this.control === control);

  get idle() {
    return this.underWay === null && !this.waiting.size;
  }

  close = () => clearInterval(this.timer);
}

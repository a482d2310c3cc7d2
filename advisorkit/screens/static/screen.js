// One document for all parts: it comes in, every part on the page follows it in one turn, edits go out.

const KINDS = {
  bar: barPart, question: questionPart, answers: answersPart, questions: questionsPart, advice: advicePart, verdict: verdictPart, chart: chartPart, assumptions: assumptionsPart,
  blocks: blocksPart, results: resultsPart, formats: formatsPart, files: filesPart, led: ledPart,
};

class Session {
  constructor(model) {
    WORDS = model.get("words");
    this.model = model;
    this.mounted = new Set();
    this.told = {};
    this.pause = null;
    this.link = new Link(model, () => this.show(), () => this.idled());
    this.act = (control, name, args) => this.link.edit(control, name, args);
    this.act.pending = (control) => this.link.pending(control);
    this.watcher = new ResizeObserver(() => this.sized());
    const outside = (event) => event.target === document.body && this.framed && this.keys(event);
    document.addEventListener("keydown", outside);
    model.on("msg:custom", (message, buffers) => message.file && receive(message, buffers));
    model.on("change:view", () => this.show());
    this.left = document.body.dataset.voila && performance.getEntriesByType("navigation")[0].type === "reload" && sessionStorage[location.pathname]; // where this page stood
    const unwatch = theme(() => this.hello());
    this.close = () => [this.watcher.disconnect(), this.link.close(), document.removeEventListener("keydown", outside), unwatch()];
    this.hello();
  }

  hello() {
    this.act("hello", "hello", { widths: this.told, theme: document.body.dataset.akTheme, section: this.left });
    delete this.left;
  }

  get parts() {
    return this.model.get("view").parts || {};
  }

  mount(kind, name, host) {
    const part = Object.assign(KINDS[kind](this.act, name.slice(kind.length + 1), this.model), { kind, name, host });
    host.append(part.el);
    this.listen(host);
    tips(host);
    this.mounted.add(part);
    this.refresh(part);
    this.watcher.observe(host);
    return () => {
      this.mounted.delete(part);
      this.watcher.unobserve(host);
      host.replaceChildren();
    };
  }

  // What is typed here is neither Lab's nor the page's.
  listen(host) {
    if (host.dataset.listened) return;
    host.dataset.listened = "yes";
    host.tabIndex = -1;
    host.addEventListener("keydown", (event) => this.keys(event));
  }

  show() {
    still(() => this.mounted.forEach((part) => this.refresh(part)));
    if (this.framed && this.parts.bar) sessionStorage[location.pathname] = this.parts.bar.section;
    this.stand();
    this.announce();
  }

  refresh(part) {
    const shown = this.parts[part.name];
    part.host.dataset.revision = part.el.dataset.revision = this.model.get("view").revision;
    if (shown === undefined) return;
    const now = part.kind === "bar" ? [shown, this.link.lost] : shown;
    if (same(now, part.now)) return;
    part.now = now;
    part.update(shown, this.link.lost);
  }

  idled() {
    if (this.link.idle) for (const part of this.mounted) if (part.settle && this.parts[part.name]) part.settle(this.parts[part.name]);
    this.stand();
  }

  get framed() {
    return [...this.mounted].some((part) => part.kind === "bar" && part.host.closest(".ak-screen"));
  }

  // What holds for the whole screen that the parts stand in.
  stand() {
    const bar = [...this.mounted].find((part) => part.kind === "bar");
    const frame = bar && bar.host.closest(".ak-screen");
    if (!frame || !this.parts.bar) return;
    this.listen(frame);
    const there = new Set([...this.mounted].filter((part) => part.host.isConnected).map((part) => part.name));
    const sized = (name) => !name.startsWith("chart ") || name in this.told;
    const settled = this.link.idle && !this.pause && Object.keys(this.parts).every((name) => there.has(name) && sized(name));
    Object.assign(frame.dataset, { revision: this.model.get("view").revision, idle: settled ? "yes" : "no", lost: this.link.lost ? "yes" : "no" });
    const { presenting, section } = this.parts.bar;
    if (this.page && this.page !== `${section} ${presenting}`) frame.scrollIntoView({ behavior: "instant" });
    this.page = `${section} ${presenting}`;
    frame.classList.toggle("ak-presenting", presenting);
    document.body.classList.toggle("ak-presenting-page", presenting);
    frame.style.setProperty("--ak-top", `${bar.host.offsetHeight}px`);
    frame.querySelector(".ak-main")?.setAttribute("role", "main");
  }

  // Charts are laid out for the width at hand, the least where one stands twice: now, and when it settles after a change.
  sized() {
    const wide = [...this.mounted].filter((part) => part.kind === "chart" && part.host.clientWidth).map((part) => [part.name, Math.round(part.host.clientWidth)]);
    const now = Object.fromEntries(wide.sort((a, b) => b[1] - a[1]));
    clearTimeout(this.pause);
    this.pause = null;
    if (!same(now, this.told)) this.pause = setTimeout(() => ((this.pause = null), (this.told = now), this.hello()), wide.some(([name]) => !(name in this.told)) ? 0 : 150);
    this.stand();
  }

  announce() {
    clearTimeout(this.speaking);
    const bar = [...this.mounted].find((part) => part.kind === "bar");
    if (bar && this.parts.bar) this.speaking = setTimeout(() => ((this.spoken = Date.now()), bar.say(this.parts.bar.spoken)), Math.max(0, 1000 - (Date.now() - (this.spoken || 0))));
  }

  keys(event) {
    const command = event.ctrlKey || event.metaKey;
    const question = [...this.mounted].find((part) => part.key && (part.host.contains(event.target) || event.target.contains(part.host)));
    const typing = event.target.matches && event.target.matches("input:not([type=checkbox], [type=range]), textarea");
    if (command && event.key.toLowerCase() === "z") this.act(event.shiftKey ? "redo" : "undo", event.shiftKey ? "redo" : "undo", {});
    else if (typing || !question || !question.key(event)) {
      if (!command && !event.altKey && event.key !== "Escape" && !(event.key === "Enter" && event.shiftKey)) event.stopPropagation(); // a letter would cut or add a cell, an arrow leave this one
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

// Lab says which theme it shows; elsewhere the system does.
function theme(changed) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const pick = () => {
    const lab = document.body.dataset.jpThemeLight;
    const before = document.body.dataset.akTheme;
    document.body.dataset.akTheme = (lab && !document.body.dataset.voila ? lab === "false" : dark.matches) ? "dark" : "light";
    if (before && before !== document.body.dataset.akTheme) changed();
  };
  pick();
  const watcher = new MutationObserver(pick);
  watcher.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  dark.addEventListener("change", pick);
  return () => [watcher.disconnect(), dark.removeEventListener("change", pick)];
}

function initialize({ model }) {
  const all = (globalThis.advisorkit ??= {});
  const session = new Session(model);
  (all[model.get("key")] ??= Promise.withResolvers()).resolve(session);
  return () => session.close();
}

export default { initialize };

// One screen: a view document comes in, cards and charts follow it together, edits go out.

function blocks(section, presenting, act, charts, plotly) {
  const chart = (name) => charts.get(name) || charts.set(name, new ChartView(name, act, plotly)).get(name);
  const parts = [];
  const part = (made) => (parts.push(made), made.el);
  const columns = {
    assessment: () => [
      h("div", { class: "ak-left" }, (parts.question = questionPart(act), part(parts.question)), part(answersPart(act))),
      h("div", { class: "ak-right-side" },
        h("div", { class: "ak-split ak-split-a" }, part(advicePart()), h("div", { class: "ak-shares" }, chart("shares").el, part(verdictPart()))),
        h("div", { class: "ak-split ak-split-b" }, chart("map").el, chart("waterfall").el),
        h("div", { class: "ak-split ak-split-c" }, chart("flips").el, chart("path").el),
        h("div", { class: "ak-split ak-split-d" }, chart("ranges").el, part(scenariosPart(act)))),
    ],
    costs: () => [
      h("div", { class: "ak-left" }, part(assumptionsPart(act)), part(billPart())),
      h("div", { class: "ak-right-side" }, part(advicePart()),
        h("div", { class: "ak-split ak-split-e" }, chart("ranges").el, h("div", null, chart("cheapest").el, part(notesPart()))),
        h("div", { class: "ak-split ak-split-f" }, chart("curves").el, chart("tornado").el)),
    ],
  };
  const halves = (left, right) => [h("div", { class: "ak-half" }, left), h("div", { class: "ak-half" }, right)];
  if (presenting) {
    columns.assessment = () => halves([part(advicePart()), chart("shares").el, part(verdictPart()), (parts.question = questionPart(act), part(parts.question))], chart("map").el);
    columns.costs = () => halves([part(advicePart()), chart("cheapest").el, part(notesPart())], chart("ranges").el);
  }
  const side = (name) => !presenting && h("div", { class: "ak-left" }, part(sidePart(name, act)));
  columns.pilot = () => [side("pilot"), h("div", { class: "ak-right-side" }, part(advicePart()), part(figuresPart()), part(gridsPart(act)))];
  columns.deliver = () => [side("deliver"), h("div", { class: "ak-right-side" }, part(advicePart()), part(deliverPart(act)))];
  columns.portfolio = () => [part(advicePart()), part(figuresPart()), part(gridsPart(act, true)), h("div", { class: "ak-split ak-split-d" }, chart("workflows").el, part(gridsPart(act, false)))];
  return { el: h("main", { class: `ak-main ak-${section}` }, columns[section]()), parts };
}

function render({ model, el }) {
  WORDS = model.get("words");
  const charts = new Map();
  const live = h("p", { class: "ak-hidden", "aria-live": "polite" });
  const notice = h("div", { class: "ak-notices" });
  const root = h("div", { class: "ak", tabindex: -1, "data-lm-suppress-shortcuts": "true" });
  const link = new Link(model, (lost) => show(model.get("view"), lost), (idle) => idled(idle), (view) => show(view));
  const act = (control, name, args) => link.edit(control, name, args);
  act.pending = (control) => link.pending(control);
  const bar = barPart(act);
  let body = null;
  let shown = {};

  function idled(idle) {
    root.dataset.idle = idle ? "yes" : "no";
    if (idle && body) body.parts.forEach((part) => part.settle && part.settle(model.get("view")));
  }

  function notices(view, lost) {
    const lines = view.notices.map((one) => h("div", { class: `ak-notice ak-${one.kind}`, role: "alert" }, one.words, ...one.actions.map(([label, name]) => h("button", { class: "ak-quiet", "data-key": `notice-${name}`, onclick: () => act(name, name, {}) }, label))));
    if (lost) lines.unshift(h("div", { class: "ak-notice ak-lost", role: "alert" }, `${t("not_connected")} ${view.bar.saved_words}`, h("button", { class: "ak-quiet", onclick: () => location.reload() }, t("connect"))));
    notice.replaceChildren(...lines);
  }

  function refresh(part, view) {
    const now = part.of(view);
    if (same(now, part.shown)) return;
    part.shown = now;
    part.update(view);
  }

  function show(view, lost = link.lost) {
    if (!view || !view.bar) return;
    if (!body || shown.section !== view.section || shown.presenting !== view.bar.presenting) {
      charts.clear();
      body = blocks(view.section, view.bar.presenting, act, charts, () => plotlyOnce(model));
      root.replaceChildren(notice, bar.el, body.el, live);
      tips(root);
    }
    shown = { section: view.section, presenting: view.bar.presenting };
    link.standing(view.basis);
    root.classList.toggle("ak-presenting", view.bar.presenting);
    document.body.classList.toggle("ak-presenting-page", view.bar.presenting);
    refresh(bar, view);
    body.parts.forEach((part) => refresh(part, view));
    for (const [name, chart] of charts) chart.update(view.charts[name] || null, view.revision, root.dataset.theme);
    notices(view, lost);
    announce(view);
    root.dataset.revision = view.revision;
    root.dataset.lost = lost ? "yes" : "no";
  }

  let spoken = 0;
  let speaking = null;
  function announce(view) {
    clearTimeout(speaking);
    speaking = setTimeout(() => ((spoken = Date.now()), (live.textContent = view.spoken)), Math.max(0, 1000 - (Date.now() - spoken)));
  }

  function keys(event) {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "z") {
      event.preventDefault();
      event.stopPropagation();
      act(event.shiftKey ? "redo" : "undo", event.shiftKey ? "redo" : "undo", {});
      return;
    }
    const typing = event.target.matches && event.target.matches("input[type=text], textarea");
    if (!typing && body.parts.question && body.parts.question.key(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  const outside = (event) => {
    if (event.target === document.body && root.isConnected) keys(event);
  };
  root.addEventListener("keydown", keys);
  document.addEventListener("keydown", outside);
  model.on("msg:custom", (message, buffers) => message.file && receive(message, buffers));
  model.on("change:view", () => link.behind || show(model.get("view")));
  el.append(root);
  theme(root, () => act("hello", "hello", { width: Math.round(root.clientWidth), theme: root.dataset.theme }));
  show(model.get("view"));
  const stopSizing = sizing(root, (width) => act("hello", "hello", { width, theme: root.dataset.theme }));
  return () => {
    stopSizing();
    link.close();
    document.removeEventListener("keydown", outside);
  };
}

// Charts are laid out for the width at hand: now, and when it settles after a change.
function sizing(root, tell) {
  let told = 0;
  let pause = null;
  const watcher = new ResizeObserver(() => {
    clearTimeout(pause);
    const width = Math.round(root.clientWidth);
    if (!width || width === told) return;
    pause = setTimeout(() => tell((told = width)), told ? 150 : 0);
  });
  watcher.observe(root);
  return () => watcher.disconnect();
}

// Lab says which theme it shows; elsewhere the system does.
function theme(root, changed) {
  const pick = () => {
    const lab = document.body.dataset.jpThemeLight;
    const dark = lab && !document.body.dataset.voila ? lab === "false" : matchMedia("(prefers-color-scheme: dark)").matches;
    const before = root.dataset.theme;
    root.dataset.theme = dark ? "dark" : "light";
    if (before && before !== root.dataset.theme) changed();
    document.body.dataset.akTheme = root.dataset.theme;
  };
  pick();
  new MutationObserver(pick).observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", pick);
}

export default { render };

// The bar on top: client, workflow, sections, scenario, undo and redo, saved, present.

function choice(label, key, value, options, onchange) {
  const list = options.map(([id, name]) => h("option", { value: id, selected: id === value }, name));
  return h("span", { class: "ak-choice" }, h("select", { "aria-label": label, "data-key": key, onchange: (e) => onchange(e.target.value) }, list));
}

// What is tried against what was kept, with Keep and Drop in reach.
const resultStrip = (tried, act, ...more) => h("section", { class: "ak-tried", "aria-label": tried.title },
  h("div", { class: "ak-spring" }, h("strong", null, tried.title), h("p", { class: "ak-text2" }, tried.what)),
  tried.figures.map(([name, before, after]) => h("p", null, h("span", { class: "ak-text2" }, name), h("br"), h("span", { class: "ak-text2" }, `${before} → `), h("strong", null, after))),
  h("button", { class: "ak-present", "data-key": "keep", "aria-pressed": "true", onclick: () => act("keep", "keep", {}) }, tried.keep), ...more,
  h("button", { class: "ak-present", "data-key": "drop", onclick: () => act("drop", "drop", {}) }, t("drop")));

function barPart(act) {
  const host = h("header", { class: "ak-bar" });
  const notice = h("div", { class: "ak-notices" });
  const strip = h("div");
  const live = h("p", { class: "ak-hidden", "aria-live": "polite" });
  const button = (sign, text, key, enabled, hint, run) =>
    h("button", { class: "ak-quiet", "data-key": key, disabled: !enabled, "aria-label": text, "aria-keyshortcuts": hint, title: `${text}: ${hint}`, onclick: run }, sign, h("span", { class: "ak-word" }, ` ${text}`));

  function scenario(bar) {
    const options = [["", t("base")], ...bar.scenarios.map((name) => [name, bar.presenting ? `${t("scenario")}: ${name}` : name])];
    if (bar.tried) options.find(([id]) => id === bar.scenario)[1] = bar.tried;
    if (!bar.presenting) options.push(["+", t("new_scenario")]);
    return choice(t("scenario"), "scenario", bar.scenario, options, (value) => (value === "+" ? askName(bar, "scenario") : act("scenario", "scenario", { name: value })));
  }

  function askName(bar, what) {
    const name = h("input", { type: "text", class: "ak-name", "aria-label": t(`new_${what}_name`), placeholder: t(`new_${what}_name`), "data-key": `new-${what}` });
    name.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" && name.value.trim()) act(what, what === "scenario" ? "new_scenario" : "add_workflow", { name: name.value.trim() });
      if (event.key === "Escape") host.replaceChildren(...contents(bar).filter(Boolean));
    });
    host.querySelector(`[data-key=${what}]`).parentNode.replaceWith(name);
    name.focus();
  }

  function sections(bar) {
    const links = bar.sections.map(([id, name]) => h("button", { class: "ak-tab", "data-key": `tab-${id}`, "aria-current": id === bar.section ? "page" : null, onclick: () => act("section", "section", { name: id }) }, name));
    return h("nav", { class: "ak-tabs", "aria-label": t("workbook") }, links);
  }

  function contents(bar) {
    const all = [...bar.workflows, ...(bar.presenting ? [] : [["+", t("add_workflow")]])];
    const workflows = choice(t("workflow"), "workflow", bar.workflow, all, (id) => (id === "+" ? askName(bar, "workflow") : act("workflow", "workflow", { id })));
    const present = bar.sections.length > 0 && h("button", { class: "ak-present", "data-key": "present", onclick: () => act("present", "present", { on: !bar.presenting }) }, t(bar.presenting ? "leave" : "present"));
    return [
      h("strong", { class: "ak-client", title: bar.client }, bar.client), bar.sample && h("span", { class: "ak-sample" }, t("sample")), workflows,
      bar.presenting ? h("span", { class: "ak-spring" }) : sections(bar), scenario(bar),
      !bar.presenting && button("↶", t("undo"), "undo", bar.undo, "Control+Z", () => act("undo", "undo", {})),
      !bar.presenting && button("↷", t("redo"), "redo", bar.redo, "Control+Shift+Z", () => act("redo", "redo", {})),
      h("span", { class: "ak-saved ak-text2", role: "status" }, bar.saved), present,
    ];
  }

  function notices(bar, lost) {
    const lines = bar.notices.map((one) => h("div", { class: `ak-notice ak-${one.kind}`, role: "alert" }, one.words, ...one.actions.map(([label, name]) => h("button", { class: "ak-quiet", "data-key": `notice-${name}`, onclick: () => act(name, name, {}) }, label))));
    if (lost) lines.unshift(h("div", { class: "ak-notice ak-lost", role: "alert" }, `${t("not_connected")} ${bar.saved_words}`, h("button", { class: "ak-quiet", onclick: () => location.reload() }, t("connect"))));
    notice.replaceChildren(...lines);
  }

  return { el: h("div", null, notice, host, strip, live), say: (words) => (live.textContent = words), update: (bar, lost) => (redraw(host, contents(bar)), notices(bar, lost), redraw(strip, bar.trying && resultStrip(bar.trying, act, h("button", { class: "ak-present", "data-key": "keep-as", onclick: () => askName(bar, "scenario") }, t("keep_as"))))) };
}

// The assumption table: three numbers a row, unit, source, and a way back.

// A slider for the number under the user's hands.
function trial() {
  const range = h("input", { type: "range", class: "ak-range", "data-key": "try", min: 0, max: 0, step: 1, disabled: true, "aria-label": t("try") });
  const name = h("span", { class: "ak-try-name" }, t("try_hint"));
  const shown = h("output", { class: "ak-try-value" });
  let places = [];
  let move = () => {};
  range.addEventListener("input", () => {
    const value = places[Number(range.value)];
    shown.textContent = `${Number(value.toPrecision(6)).toLocaleString("en")} ${range.dataset.unit}`;
    move(value);
  });
  const take = (row, part, put) => {
    const here = row.numbers ? row.numbers[["low", "likely", "high"].indexOf(part)] : null;
    range.disabled = here === null || !row.step;
    if (range.disabled) return;
    places = Array.from({ length: 41 }, (_, n) => here + (n - 20) * row.step).filter((value) => row.floor === null || value >= row.floor);
    move = put;
    range.max = places.length - 1;
    range.value = places.indexOf(here);
    range.dataset.unit = row.unit;
    range.setAttribute("aria-label", `${t("try")}: ${row.label}, ${t(part)}`);
    name.textContent = `${t("try")}: ${row.label}, ${t(part).toLowerCase()}`;
    shown.textContent = `${Number(here.toPrecision(6)).toLocaleString("en")} ${row.unit}`;
  };
  return { el: h("div", { class: "ak-try" }, name, range, shown), take };
}

function assumptionsPart(act) {
  const host = h("section", { class: "ak-assumptions", "aria-label": t("assumptions") });
  const sub = h("p", { class: "ak-chart-sub" });
  const body = h("tbody");
  const head = h("tr", null, ["name", "low", "likely", "high", "unit", "source"].map((name, n) => h("th", { scope: "col", class: n > 0 && n < 4 ? "ak-right" : null }, t(name))));
  const foot = h("div", { class: "ak-table-foot" });
  const slider = trial();
  host.append(h("h2", { class: "ak-block-title" }, t("assumptions")), sub, slider.el, h("table", { class: "ak-table" }, h("thead", null, head), body), foot);
  const lines = new Map();
  const PARTS = ["low", "likely", "high"];

  function send(row, part, text) {
    if (text !== row[part]) act(`assume-${row.name}-${part}`, "assume_part", { name: row.name, part, text });
  }

  function cell(line, part) {
    const input = h("input", { type: "text", inputmode: "decimal", class: "ak-cell", "data-key": `cell-${line.row.name}-${part}` });
    input.addEventListener("change", () => send(line.row, part, input.value));
    input.addEventListener("focus", () => {
      slider.take(line.row, part, (value) => put(line, part, input, value));
    });
    input.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
      if (event.key === "Enter") send(line.row, part, input.value);
      if (event.key === "Escape") input.value = line.row[part];
      if (!step || !line.row.step) return;
      event.preventDefault();
      line.step(input, part, step);
    });
    return input;
  }

  // One step of a number, by arrow key or slider: shown at once, then sent.
  function put(line, part, input, value) {
    const text = String(Number(value.toPrecision(6)));
    line.row.numbers[PARTS.indexOf(part)] = Number(text);
    input.value = text;
    act(`assume-${line.row.name}-${part}`, "assume_part", { name: line.row.name, part, text });
  }

  function make(row) {
    const line = { row, cells: {} };
    line.step = (input, part, by) => {
      const value = line.row.numbers[PARTS.indexOf(part)] + by * line.row.step;
      if (line.row.floor !== null && value < line.row.floor) return;
      put(line, part, input, value);
      slider.take(line.row, part, (next) => put(line, part, input, next));
    };
    line.name = h("th", { scope: "row" });
    line.unit = h("td", { class: "ak-text3" });
    line.source = h("td", { class: "ak-source" });
    const cells = row.word
      ? h("td", { colspan: 3, class: "ak-right" }, (line.cells.word = choice(row.label, `cell-${row.name}`, row.word, row.choices, (id) => act(`assume-${row.name}`, "assume_part", { name: row.name, part: "word", text: id }))))
      : PARTS.map((part) => h("td", { class: "ak-right" }, (line.cells[part] = cell(line, part))));
    line.fault = h("p", { class: "ak-fault", role: "alert", id: `ak-fault-${row.name}` });
    line.tr = h("tr", { "data-name": row.name }, line.name, cells, line.unit, line.source);
    line.below = h("tr", { class: "ak-fault-row", hidden: true }, h("td", { colspan: 6 }, line.fault));
    return line;
  }

  function fill(line, row) {
    const newer = row.numbers && PARTS.some((part) => act.pending(`assume-${row.name}-${part}`));
    line.row = { ...row, numbers: newer ? line.row.numbers : row.numbers && [...row.numbers] };
    line.tr.classList.toggle("ak-changed", row.changed);
    line.name.replaceChildren(row.label, row.changed ? h("span", { class: "ak-hidden" }, `, ${t("changed")}`) : "");
    line.unit.textContent = row.unit;
    const reset = row.changed && h("button", { class: "ak-reset", "data-key": `reset-${row.name}`, "aria-label": `${t("reset")} ${row.label}`, title: t("reset"), onclick: () => act(`reset-${row.name}`, "reset", { name: row.name }) }, "↺");
    line.source.replaceChildren(...[row.stale ? "▲ " : "", h("span", { class: row.guess || row.stale ? "ak-amber" : null }, row.source), " ", reset].filter(Boolean));
    line.below.hidden = !row.fault;
    line.fault.textContent = row.fault || "";
    for (const part of PARTS) if (line.cells[part]) settle(line.cells[part], row, part);
  }

  // A field keeps what the user put there until the kernel has answered for it.
  function settle(input, row, part) {
    const bad = row.fault && row.bad === part;
    input.setAttribute("aria-label", `${row.label}, ${t(part)}, ${row.unit}`);
    input.classList.toggle("ak-likely", part === "likely");
    if (bad) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    if (bad) input.setAttribute("aria-describedby", `ak-fault-${row.name}`);
    if (act.pending(`assume-${row.name}-${part}`)) return;
    input.value = row[part];
  }

  function update(assumptions) {
    sub.replaceChildren(assumptions.rows.some((row) => row.changed) ? h("span", { class: "ak-changed-mark", "aria-hidden": "true" }) : "", assumptions.sub);
    const wanted = assumptions.rows.map((row) => row.name);
    if (!same(wanted, [...lines.keys()])) {
      lines.clear();
      assumptions.rows.forEach((row) => lines.set(row.name, make(row)));
      body.replaceChildren(...[...lines.values()].flatMap((line) => [line.tr, line.below]));
    }
    assumptions.rows.forEach((row) => fill(lines.get(row.name), row));
    foot.replaceChildren(...assumptions.warnings.map((words) => h("p", { class: "ak-amber" }, `▲ ${words}`)), ...(assumptions.what_if ? [whatIf(assumptions)] : []), more(assumptions));
  }

  const more = ({ every, count }) => h("p", null, h("button", { class: "ak-quiet ak-link", "data-key": "rows", onclick: () => act("rows", "rows", { every: !every }) }, every ? t("fewer_rows") : t("all_rows", { count })));
  const whatIf = (assumptions) =>
    h("p", { class: "ak-what-if" }, assumptions.what_if, " ", h("button", { class: "ak-present", "data-key": "keep", onclick: () => act("keep", "keep", {}) }, t("keep")), " ", h("button", { class: "ak-quiet", "data-key": "drop", onclick: () => act("drop", "drop", {}) }, t("drop")));

  const settled = (assumptions) => assumptions.rows.forEach((row) => lines.has(row.name) && fill(lines.get(row.name), row));

  return { el: host, update, settle: settled };
}

// The assumption table: three numbers a row, unit, source, and a way back.

// A slider for the number under the user's hands: a likely value between its ends, others around where they stand.
function trial() {
  const range = h("input", { type: "range", class: "ak-range", "data-key": "try", min: 0, max: 0, step: 1, list: "ak-kept", disabled: true, "aria-label": t("try") });
  const tick = h("option");
  const name = h("span", { class: "ak-try-name" });
  const shown = h("output", { class: "ak-try-value" });
  let places = [];
  let move = () => {};
  const say = (value) => (shown.textContent = `${Number(value.toPrecision(6)).toLocaleString(t("language"))} ${range.dataset.unit}`);
  range.addEventListener("input", () => move((say(places[Number(range.value)]), places[Number(range.value)])));
  const take = (row, part, put) => {
    const here = row.numbers ? row.numbers[["low", "likely", "high"].indexOf(part)] : null;
    range.disabled = here === null || !row.step;
    if (range.disabled) return;
    const [low, , high] = row.numbers;
    const within = part === "likely" && low < here && here < high;
    const [down, up] = within ? [Math.floor((here - low) / row.step), Math.floor((high - here) / row.step)] : [20, 20];
    places = Array.from({ length: down + up + 1 }, (_, n) => here + (n - down) * row.step).filter((value) => row.floor === null || value >= row.floor);
    move = put;
    range.dataset.unit = row.unit;
    range.max = places.length - 1;
    range.value = places.indexOf(here);
    tick.value = row.kept === null ? -1 : places.findIndex((value) => value >= row.kept);
    range.setAttribute("aria-label", `${t("try")}: ${row.label}, ${t(part)}`);
    name.textContent = row.was || `${t("try")}: ${row.label}, ${t(part).toLowerCase()}`;
    say(here);
  };
  return { el: h("div", { class: "ak-try" }, name, range, shown, h("datalist", { id: "ak-kept" }, tick)), take, range };
}

function assumptionsPart(act) {
  const host = h("section", { class: "ak-assumptions", "aria-label": t("assumptions") });
  const title = h("h2", { class: "ak-block-title" });
  const sub = h("p", { class: "ak-chart-sub" });
  const find = h("input", { type: "text", class: "ak-name", "data-key": "find-assumption", "aria-label": t("find_assumption"), placeholder: t("find_assumption"), oninput: () => act("list", "list", { sought: find.value }) });
  find.addEventListener("keydown", (event) => event.stopPropagation());
  const tabs = h("div", { class: "ak-lists" });
  const body = h("tbody");
  const head = h("tr", null, ["name", "low", "likely_head", "high", "unit", "source", "moves"].map((name, n) => h("th", { scope: "col", class: n > 0 && n < 4 ? "ak-right" : n === 6 ? "ak-moves" : null }, t(name))));
  const table = h("table", { class: "ak-table" }, h("thead", null, head), body);
  const foot = h("div", { class: "ak-table-foot" });
  const slider = trial();
  const under = h("tr", { class: "ak-try-row" }, h("td", { colspan: 7 }, slider.el));
  let held = null;
  const strip = h("div");
  // Tab leads from a number to its slider, and from there to what keeps it.
  const onward = (event, to) => event.key === "Tab" && !event.shiftKey && to && !to.disabled && (event.preventDefault(), to.focus());
  slider.range.addEventListener("keydown", (event) => onward(event, (host.closest(".ak-screen:has(.ak-bar)") || host).querySelector("[data-key=keep]")));
  host.append(strip, h("div", { class: "ak-table-head" }, title, find, tabs), sub, table, foot);
  const lines = new Map();
  const PARTS = ["low", "likely", "high"];

  function send(row, part, text) {
    if (text !== row[part]) act(`assume-${row.name}-${part}`, "assume_part", { name: row.name, part, text });
  }

  function cell(line, part) {
    const input = h("input", { type: "text", inputmode: "decimal", class: "ak-cell", "data-key": `cell-${line.row.name}-${part}` });
    input.addEventListener("change", () => send(line.row, part, input.value));
    input.addEventListener("focus", () => {
      held = [line, part, (value) => put(line, part, input, value)];
      slider.take(line.row, ...held.slice(1));
      still(() => line.tr.after(under));
    });
    input.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
      if (event.key === "Enter") send(line.row, part, input.value);
      if (event.key === "Escape") input.value = line.row[part];
      onward(event, slider.range);
      if (!step || !line.row.step) return;
      event.preventDefault();
      line.step(input, part, step);
    });
    return input;
  }

  // One step of a number, by arrow key or slider: shown at once, then sent.
  function put(line, part, input, value) {
    const text = (line.row.numbers[PARTS.indexOf(part)] = Number(value.toPrecision(6))).toLocaleString(t("language"), { useGrouping: false, maximumFractionDigits: 20 });
    input.value = text;
    act(`assume-${line.row.name}-${part}`, "assume_part", { name: line.row.name, part, text });
  }

  function make(row) {
    const line = { row, cells: {} };
    line.step = (input, part, by) => {
      const value = line.row.numbers[PARTS.indexOf(part)] + by * line.row.step;
      if (line.row.floor !== null && value < line.row.floor) return;
      put(line, part, input, value);
      slider.take(line.row, ...held.slice(1));
    };
    line.name = h("th", { scope: "row" });
    line.unit = h("td", { class: "ak-text3" });
    line.source = h("td", { class: "ak-source" });
    const cells = row.word
      ? h("td", { colspan: 3, class: "ak-right" }, (line.cells.word = choice(row.label, `cell-${row.name}`, row.word, row.choices, (id) => act(`assume-${row.name}`, "assume_part", { name: row.name, part: "word", text: id }))))
      : PARTS.map((part) => h("td", { class: "ak-right" }, (line.cells[part] = cell(line, part))));
    line.fault = h("p", { class: "ak-fault", role: "alert", id: `ak-fault-${row.name}` });
    line.moves = h("td", { class: "ak-moves" });
    line.tr = h("tr", { "data-name": row.name }, line.name, cells, line.unit, line.source, line.moves);
    line.over = h("tr", { class: "ak-over", hidden: !row.over }, h("th", { colspan: 7, scope: "colgroup" }, row.over || ""));
    line.below = h("tr", { class: "ak-fault-row", hidden: true }, h("td", { colspan: 7 }, line.fault));
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
    line.moves.replaceChildren(...(row.moves ? [row.moves[0], " ", h("span", { class: "ak-swing", style: `width: ${(row.moves[1] * 22).toFixed(1)}px` })] : []));
    if (held && held[0] === line && !newer) slider.take(line.row, ...held.slice(1));
    line.below.hidden = !row.fault;
    line.fault.textContent = row.fault || "";
    for (const part of PARTS) if (line.cells[part]) settle(line.cells[part], row, part);
  }

  // A field keeps what the user put there until the kernel has answered for it.
  function settle(input, row, part) {
    const bad = Boolean(row.fault) && row.bad === part;
    Object.assign(input, { ariaLabel: `${row.label}, ${t(part)}, ${row.unit}`, ariaInvalid: String(bad) });
    input.classList.toggle("ak-likely", part === "likely");
    if (bad) input.setAttribute("aria-describedby", `ak-fault-${row.name}`);
    if (act.pending(`assume-${row.name}-${part}`)) return;
    input.value = bad ? row.typed : row[part];
    input.classList.toggle("ak-long", input.value.length > 8);
  }

  const choose = (id, key, ...words) => h("button", { class: key, "data-key": `list-${id}`, "aria-pressed": id === host.dataset.which ? "true" : "false", onclick: () => act("list", "list", { which: id }) }, ...words);

  function update(assumptions) {
    host.dataset.which = assumptions.which;
    strip.replaceChildren(...(assumptions.tried ? [resultStrip(assumptions.tried, act)] : []));
    title.textContent = assumptions.title;
    sub.textContent = assumptions.sub;
    find.hidden = !assumptions.lists.length;
    if (document.activeElement !== find) find.value = assumptions.sought;
    redraw(tabs, assumptions.lists.map(([id, words]) => choose(id, "ak-present", words)));
    table.classList.toggle("ak-plain", !assumptions.moves);
    const wanted = assumptions.rows.map((row) => row.name + row.over);
    if (!same(wanted, [...lines.values()].map((line) => line.key))) {
      lines.clear();
      assumptions.rows.forEach((row) => lines.set(row.name, Object.assign(make(row), { key: row.name + row.over })));
      body.replaceChildren(...[...lines.values()].flatMap((line) => [line.over, line.tr, line.below]));
    }
    assumptions.rows.forEach((row) => fill(lines.get(row.name), row));
    redraw(foot, assumptions.warnings.map((words) => h("p", { class: "ak-amber" }, `▲ ${words}`)), assumptions.topics.length > 0 && [h("h3", { class: "ak-chart-title" }, t("by_group")), h("div", { class: "ak-topics" }, assumptions.topics.map(([id, words, count]) => choose(id, "ak-answer", h("span", null, `▸ ${words}`), h("span", { class: "ak-text2" }, String(count)))))]);
  }

  return { el: host, update, settle: ({ rows }) => rows.forEach((row) => lines.has(row.name) && fill(lines.get(row.name), row)) };
}

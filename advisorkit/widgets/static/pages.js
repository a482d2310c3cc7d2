// The later workbooks: tables with a lead, a form beside them.

function gridOf(table, act) {
  const right = (n) => (table.words.includes(n) ? null : "ak-right");
  const cell = (content) => {
    if (typeof content === "string") return content;
    const look = content.pattern ? `ak-c-${content.pattern}` : null;
    if (!content.edit) return h("strong", { class: look }, content.text);
    return h("button", { class: "ak-link", "data-key": `${content.edit}-${Object.values(content.args).join("-")}`, onclick: () => act(content.edit, content.edit, content.args) }, content.text);
  };
  const line = (row) => h("tr", null, row.map((one, n) => h(n ? "td" : "th", { scope: n ? null : "row", class: right(n) }, cell(one))));
  return h("section", { class: "ak-grid", "aria-label": table.title },
    h("h3", { class: "ak-chart-title" }, table.title), table.sub && h("p", { class: "ak-chart-sub" }, table.sub),
    h("table", { class: "ak-table" }, h("thead", null, h("tr", null, table.head.map((name, n) => h("th", { scope: "col", class: right(n) }, name)))), h("tbody", null, table.rows.map(line))));
}

const gridsPart = (act) => {
  const host = h("div", { class: "ak-grids" });
  return { el: host, update: ({ page }) => redraw(host, page.tables.map((table) => gridOf(table, act)), page.warnings.map((words) => h("p", { class: "ak-amber" }, `▲ ${words}`))), of: (view) => view.page };
};
const pilotPart = gridsPart;
const portfolioPart = gridsPart;

const field = (label, control) => h("label", { class: "ak-field" }, h("span", null, label), control);

function sidePart(name, act) {
  const host = h("section", { class: "ak-side" });
  const forms = { pilot: pilotForm, portfolio: () => [], deliver: deliverForm };
  return { el: host, update: (view) => redraw(host, forms[name](view.page, act)), of: (view) => [view.page, view.bar.presenting] };
}

function pilotForm(page, act) {
  const facts = h("dl", { class: "ak-facts" }, page.facts.map(([label, value]) => [h("dt", null, label), h("dd", null, value)]));
  if (!page.files.length) return [facts];
  const file = h("select", { "data-key": "results" }, page.files.map((name) => h("option", { value: name }, name)));
  const mark = h("input", { type: "text", inputmode: "decimal", class: "ak-amount", "data-key": "pass-mark", value: page.mark });
  const read = h("button", { class: "ak-present", "data-key": "read-results", onclick: () => act("pilot", "pilot", { file: file.value, mark: mark.value }) }, t("read_results"));
  return [facts, h("form", { class: "ak-form", onsubmit: (e) => e.preventDefault() }, field(t("choose_results"), file), field(t("pass_mark"), mark), page.fault && h("p", { class: "ak-fault", role: "alert" }, page.fault), read)];
}

const chosen = { formats: null, brand: "" };

function deliverForm(page, act) {
  chosen.formats = chosen.formats || new Set(page.formats.filter(([, , built]) => built).map(([id]) => id));
  const box = ([id, name, built]) => {
    const input = h("input", { type: "checkbox", "data-key": `format-${id}`, disabled: !built, onchange: (e) => chosen.formats[e.target.checked ? "add" : "delete"](id) });
    input.checked = built && chosen.formats.has(id);
    return h("label", { class: built ? "ak-check" : "ak-check ak-text3" }, input, built ? name : `${name}: ${page.not_built}`);
  };
  const brand = h("select", { "data-key": "brand", onchange: (e) => (chosen.brand = e.target.value) }, page.brands.map(([id, name]) => h("option", { value: id, selected: id === chosen.brand }, name)));
  const make = h("button", { class: "ak-present", "data-key": "make", disabled: Boolean(page.busy), onclick: () => act("make", "make", { formats: [...chosen.formats], brand: chosen.brand }) }, t("make"));
  const bar = page.busy && field(t("making", { done: page.busy[0], of: page.busy[1] }), h("progress", { max: page.busy[1], value: page.busy[0] }));
  return [h("fieldset", { class: "ak-form" }, h("legend", null, t("formats")), page.formats.map(box)), field(t("brand"), brand), make, bar, page.fault && h("p", { class: "ak-fault", role: "alert" }, page.fault)];
}

function deliverPart(act) {
  const host = h("section", { class: "ak-grid", "aria-label": t("files") });
  const open = (path, status) => status !== "failed" && h("button", { class: "ak-link", "data-key": `fetch-${path}`, "aria-label": `${t("open_file")} ${path}`, onclick: () => act("fetch", "fetch", { path }) }, t("open_file"));
  const line = ([format, path, size, status, error]) => h("tr", null, h("th", { scope: "row" }, path || format), h("td", { class: "ak-right" }, size), h("td", null, error || status), h("td", null, open(path, status)));
  const list = ({ page }) => page.made.length ? [h("h3", { class: "ak-chart-title" }, t("files")), h("p", { class: "ak-chart-sub" }, page.folder), h("table", { class: "ak-table" }, h("tbody", null, page.made.map(line)))] : [];
  return { el: host, update: (view) => redraw(host, list(view)), of: (view) => view.page };
}

// A file that was made opens beside the workbook when a browser can show it, and is saved otherwise.
function receive(message, buffers) {
  const shown = message.file.endsWith(".html") ? "text/html" : message.file.endsWith(".pdf") ? "application/pdf" : "";
  const address = URL.createObjectURL(new Blob([buffers[0]], { type: shown || "application/octet-stream" }));
  const link = h("a", { href: address, ...(shown ? { target: "_blank", rel: "noopener" } : { download: message.file }) });
  link.click();
}

function scenariosPart(act) {
  const host = h("div", { class: "ak-scenarios" });
  return { el: host, update: ({ scenarios }) => redraw(host, scenarios ? gridOf(scenarios, act) : null), of: (view) => view.scenarios };
}

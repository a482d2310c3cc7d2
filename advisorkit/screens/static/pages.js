// Blocks of a report as the kernel wrote them, and the forms of the later workbooks.

// Markup of the kernel's as elements: it is parsed apart, where no script runs, and what a client wrote is text in it.
const parsed = (markup) => [...new DOMParser().parseFromString(markup, "text/html").body.childNodes].map((node) => document.importNode(node, true));

function blockOf({ html, wide, links }, act) {
  const host = h("section", { class: `ak-block${wide ? " ak-wide" : ""}` }, parsed(html));
  for (const [row, column, edit, args] of links) {
    const cell = host.querySelector("tbody").rows[row].cells[column];
    cell.replaceChildren(h("button", { class: "ak-link", "data-key": `${edit}-${Object.values(args).join("-")}`, onclick: () => act(edit, edit, args) }, cell.textContent));
  }
  return host;
}

const blocksPart = plain("div", () => ({ class: "ak-blocks" }), ({ blocks, warnings, busy }, act) => {
  const working = ([done, of]) => h("dl", { class: "figures" }, h("div", null, h("dt", null, h("progress", { max: of, value: done, "aria-label": t("working") })), h("dd", null, t("working"))));
  return [busy ? working(busy) : blocks.map((block) => blockOf(block, act)), warnings.map((words) => h("p", { class: "ak-amber ak-wide" }, `▲ ${words}`))];
});

const field = (label, control) => h("label", { class: "ak-field" }, h("span", null, label), control);

// The one raised surface of a later workbook: what to act on.
const card = (label, form) => plain("section", () => ({ class: `ak-card ak-card-${label}`, "aria-label": t(label) }), form);
const resultsPart = card("pilot_form", pilotForm);
const formatsPart = card("deliver_form", deliverForm);

// A file of the user's own goes along as text, again with every choice that it turns out to need.
function pilotForm(page, act) {
  const own = (act.own ??= h("input", { type: "file", "data-key": "own-results", "aria-label": t("own_results"), accept: ".csv,.xlsx,.ods,.xls,.json,.jsonl,.yaml,.eval" })); // the same while the page is open, as a file that was chosen goes with it
  const make = (template) => h("button", { class: "ak-present", "data-key": `make-${template}`, onclick: () => act("make", "make", { formats: ["html"], template }) }, t(template));
  const file = page.files.length > 0 && h("select", { "data-key": "results", onchange: () => ((pilotForm.file = file.value), (own.value = "")) }, page.files.map((name) => h("option", { value: name, selected: name === pilotForm.file }, name)));
  const mark = h("input", { type: "text", inputmode: "decimal", "data-key": "pass-mark", value: page.mark, "aria-invalid": page.fault && !/^[\d.,\s]+%?$/.test(page.mark) ? "true" : null, "aria-describedby": page.fault ? "ak-fault-pilot" : null });
  const asks = page.asks.map(([option, label, choices]) => [option, label, choices.length ? h("select", { "data-key": `ask-${option}` }, choices.map(([value, words]) => h("option", { value }, words ? `${value} (${words})` : value))) : h("input", { type: "text", "data-key": `ask-${option}` })]);
  const read = async () => {
    const settled = Object.fromEntries(asks.map(([option, , control]) => [option, control.value]));
    const mine = own.files[0];
    if (!mine && !file) return own.click();
    const content = mine && btoa(Array.from(new Uint8Array(await mine.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(""));
    return act("pilot", "pilot", { file: mine ? mine.name : file.value, ...(mine ? { content } : {}), value: mark.value, ...settled });
  };
  const press = (edit, words) => h("button", { class: "ak-present", "data-key": edit, onclick: () => act(edit, edit, {}) }, t(words));
  const holds = {
    plan: field(t("pass_mark"), mark), sheet: !page.next && press("sheet", "sheet"),
    results: h("form", { class: "ak-form", onsubmit: (event) => event.preventDefault() }, page.read && h("div", { class: "ak-lists" }, press("use_results", "use_results"), press("discard_results", "discard")), field(t("own_results"), own), file && field(t("choose_results"), file),
      h("button", { class: "ak-link", "data-key": "look-again", onclick: () => act("section", "section", { name: "pilot" }) }, t("look_again")),
      page.fault && h("p", { class: "ak-fault", role: "alert", id: "ak-fault-pilot" }, page.fault), asks.map(([, label, control]) => field(label, control)), h("button", { class: "ak-present", "data-key": "read-results", onclick: read }, t("read_results"))),
    decision: h("div", { class: "ak-lists" }, page.next && press("sheet", "sheet"), make("pilot_charter"), page.made && make("pilot_review")),
  };
  const step = ([name, sign, title, state, words]) => h("li", { "data-sign": sign, "aria-current": sign === "●" ? "step" : null }, h("p", { class: "ak-question-head" }, h("strong", null, title), h("span", null, state)), words && h("p", { class: "ak-help" }, words), holds[name]);
  return [h("div", { class: "ak-question-head" }, h("h2", { class: "ak-block-title" }, page.title), h("span", null, page.sub)), h("ol", { class: "ak-steps" }, page.steps.map(step))];
}

// Client, workflows and what is told about them; every field is an edit of its own.
const ledPart = card("led", ({ client, workflow, workflows, title, here, faults }, act) => {
  const told = ([name, label, value, edit]) => [field(label, h("input", { type: name === "as_of" ? "date" : "text", "data-key": `told-${name}`, value, "aria-invalid": faults[name] ? "true" : null, onchange: (e) => act(`told-${name}`, edit, { name, value: e.target.value }) })), faults[name] && h("p", { class: "ak-fault", role: "alert" }, faults[name])];
  const button = (edit, id, name, words, off) => h("button", { class: "ak-quiet", "data-key": `${edit}-${id}`, disabled: off, "aria-label": `${t(words)}: ${name}`, onclick: () => act(edit, edit, { id }) }, t(words));
  let held = "";
  const moved = (id) => ({ draggable: "true", ondragstart: () => (held = id), ondragover: (e) => held && e.preventDefault(), ondrop: () => act("move_workflow", "move_workflow", { id: held, at: id }) });
  const turn = (id, name) => h("button", { class: "ak-link", "data-key": `turn-${id}`, onclick: () => act("workflow", "workflow", { id, section: "portfolio" }) }, name);
  const row = ([id, name], n) => h("li", { "aria-current": id === here ? "true" : null, ...moved(id) }, turn(id, name),
    h("span", null, button("move_workflow", id, name, "move_up", n === 0), button("copy_workflow", id, name, "copy"), button("delete_workflow", id, name, "delete", workflows.length < 2)));
  return [h("div", null, h("h2", { class: "ak-block-title" }, t("led")), client.map(told), workflows.length > 1 && h("p", { class: "ak-help" }, t("order")), h("ul", { class: "ak-led" }, workflows.map(row))), h("div", null, h("h2", { class: "ak-block-title" }, title), workflow.map(told))];
});

const chosen = { formats: null, brand: "", template: "client_report" };

function deliverForm(page, act) {
  chosen.formats = chosen.formats || new Set(page.formats.filter(([, , why]) => !why).map(([id]) => id));
  const box = ([id, name, why]) => {
    const input = h("input", { type: "checkbox", "data-key": `format-${id}`, disabled: Boolean(why), onchange: (e) => chosen.formats[e.target.checked ? "add" : "delete"](id) });
    input.checked = !why && chosen.formats.has(id);
    return h("label", { class: why ? "ak-check ak-text3" : "ak-check" }, input, why ? `${name}: ${why}` : name);
  };
  const brand = h("select", { "data-key": "brand", onchange: (e) => (chosen.brand = e.target.value) }, page.brands.map(([id, name]) => h("option", { value: id, selected: id === chosen.brand }, name)));
  const wanted = h("select", { "data-key": "document", onchange: (e) => (chosen.template = e.target.value) }, page.documents.map(([id, name, why]) => h("option", { value: id, selected: id === chosen.template, disabled: Boolean(why) }, why ? `${name}: ${why}` : name)));
  const make = h("button", { class: "ak-present", "data-key": "make", disabled: Boolean(page.busy), onclick: () => act("make", "make", { formats: [...chosen.formats], brand: chosen.brand, template: chosen.template }) }, t("make"));
  const bar = page.busy && field(t("making", { done: page.busy[0], of: page.busy[1] }), h("progress", { max: page.busy[1], value: page.busy[0] }));
  return [field(t("document"), wanted), h("fieldset", { class: "ak-form" }, h("legend", { class: "ak-block-title" }, t("formats")), page.formats.map(box)), field(t("brand"), brand), page.no_brand && h("p", { class: "ak-help" }, page.no_brand), make, bar, page.fault && h("p", { class: "ak-fault", role: "alert" }, page.fault)];
}

const filesPart = plain("div", () => ({ class: "ak-blocks" }), (page, act) => {
  const open = (path, status) => status !== "failed" && h("button", { class: "ak-link", "data-key": `fetch-${path}`, "aria-label": `${t("open_file")} ${path}`, onclick: () => act("fetch", "fetch", { path }) }, t("open_file"));
  const line = ([format, path, size, status, error]) => h("tr", null, h("th", { scope: "row" }, path || format), h("td", { class: "ak-right" }, size), h("td", { class: error ? "ak-fault" : null }, error || status), h("td", null, open(path, status)));
  const head = h("tr", null, h("th", { scope: "col" }, t("file")), h("th", { scope: "col", class: "ak-right" }, t("size")), h("th", { scope: "col" }, t("state")), h("th", { scope: "col" }, h("span", { class: "ak-hidden" }, t("open_file"))));
  return [h("section", { class: "ak-block ak-wide", "aria-label": t("files") }, h("h3", { class: "ak-chart-title" }, t("files")), h("p", { class: "ak-chart-sub" }, page.folder),
    page.made.length ? h("table", { class: "ak-table" }, h("thead", null, head), h("tbody", null, page.made.map(line))) : h("p", { class: "ak-empty" }, t("no_files")))];
});

// A file that was made opens beside the workbook when a browser can show it, and is saved otherwise.
function receive(message, buffers) {
  const shown = message.file.endsWith(".html") ? "text/html" : message.file.endsWith(".pdf") ? "application/pdf" : "";
  const address = URL.createObjectURL(new Blob([buffers[0]], { type: shown || "application/octet-stream" }));
  const link = h("a", { href: address, ...(shown ? { target: "_blank", rel: "noopener" } : { download: message.file }) });
  link.click();
}

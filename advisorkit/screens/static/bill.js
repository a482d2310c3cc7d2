// The bill at likely values as a table, and what the cost charts leave unsaid.

function billPart() {
  const host = h("section", { class: "ak-bill", "aria-label": t("bill") });
  const table = ({ bill }) => {
    const head = h("tr", null, bill.head.map((name, n) => h("th", { scope: "col", class: n ? "ak-right" : null }, name || h("span", { class: "ak-hidden" }, t("pattern")))));
    const line = (row) => h("tr", null, h("th", { scope: "row", class: `ak-c-${row.pattern}` }, h("strong", null, row.name)), row.cells.map((cell, n) => h("td", { class: "ak-right" }, n === row.cells.length - 1 ? h("strong", null, cell) : cell)));
    return [h("h3", { class: "ak-chart-title" }, bill.title), h("p", { class: "ak-chart-sub" }, bill.sub), h("table", { class: "ak-table" }, h("thead", null, head), h("tbody", null, bill.rows.map(line)))];
  };
  return { el: host, update: (view) => host.replaceChildren(...table(view)), of: (view) => view.bill };
}

function notesPart() {
  const host = h("div", { class: "ak-notes" });
  return { el: host, update: ({ notes }) => host.replaceChildren(...notes.map((parts) => h("p", null, runs(parts)))), of: (view) => view.notes };
}

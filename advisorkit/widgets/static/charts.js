// A chart: title, subtitle, drawing, and its numbers as a table one key away.

function tableOf(chart) {
  const head = h("tr", null, chart.head.map((name) => h("th", { scope: "col" }, name)));
  const rows = chart.rows.map(([name, ...cells]) => h("tr", null, h("th", { scope: "row" }, name), cells.map((cell) => h("td", null, cell))));
  return h("table", { class: "ak-data" }, h("caption", null, chart.title), h("thead", null, head), h("tbody", null, rows));
}

class ChartView {
  constructor(name) {
    this.name = name;
    this.title = h("h3", { class: "ak-chart-title" });
    this.subtitle = h("p", { class: "ak-chart-sub" });
    this.picture = h("div", { class: "ak-picture", role: "img", tabindex: 0, "data-key": `chart-${name}`, onkeydown: (event) => this.key(event) });
    this.table = h("div", { class: "ak-chart-table", hidden: true });
    this.el = h("figure", { class: `ak-chart ak-chart-${name}`, "data-chart": name }, this.title, this.subtitle, this.picture, this.table);
  }

  update(chart, revision) {
    this.el.dataset.revision = revision;
    if (same(chart, this.chart)) return;
    this.chart = chart;
    this.el.hidden = !chart;
    if (!chart) return;
    this.title.textContent = chart.title;
    this.subtitle.textContent = chart.subtitle;
    this.subtitle.hidden = !chart.subtitle;
    this.picture.setAttribute("aria-label", `${chart.alt} ${t("table_key")}`);
    this.picture.style.maxWidth = `${chart.scene.width * 1.25}px`;
    this.picture.replaceChildren(drawScene(chart.scene));
    if (!this.table.hidden) this.table.replaceChildren(tableOf(chart));
  }

  key(event) {
    if (event.key.toLowerCase() !== "t" || event.ctrlKey || event.metaKey) return;
    event.stopPropagation();
    this.table.hidden = !this.table.hidden;
    this.table.replaceChildren(...(this.table.hidden ? [] : [tableOf(this.chart)]));
  }
}

// One tooltip for the whole screen, fed by the marks' own words.
function tips(root) {
  const tip = h("div", { class: "ak-tip", "aria-hidden": "true" });
  root.append(tip);
  root.addEventListener("pointermove", (event) => {
    const words = event.target.closest && event.target.closest("[data-tip]");
    tip.textContent = words ? words.dataset.tip : "";
    if (words) tip.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 14}px)`;
  });
}

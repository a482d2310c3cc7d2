// A chart: title, subtitle, drawing, and its numbers as a table one key away.

function tableOf(chart) {
  const head = h("tr", null, chart.head.map((name) => h("th", { scope: "col" }, name)));
  const rows = chart.rows.map(([name, ...cells]) => h("tr", null, h("th", { scope: "row" }, name), cells.map((cell) => h("td", null, cell))));
  return h("table", { class: "ak-data" }, h("caption", null, chart.title), h("thead", null, head), h("tbody", null, rows));
}

// The two squares of a key in words stand in the colours that they explain.
const keyed = (words) => words.split(/(■)/).map((part, n) => (part === "■" ? h("span", { class: n < 2 ? "ak-for" : "ak-against", "aria-hidden": "true" }, part) : part));

// An SVG of the kernel's as an element; it is parsed as XML, where no script runs, and what a client wrote is text in it.
function drawing(svg) {
  const drawn = document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
  Object.entries({ width: "100%", preserveAspectRatio: "xMinYMin", "aria-hidden": "true", focusable: "false" }).forEach(([name, value]) => drawn.setAttribute(name, value));
  return drawn;
}

class ChartView {
  constructor(name, act, plotly) {
    this.name = name;
    this.plotly = plotly;
    this.explore = h("button", { class: "ak-quiet ak-explore", "data-key": `explore-${name}`, "aria-pressed": "false", onclick: () => act(`explore-${name}`, "explore", { chart: name, on: !this.chart.plotly }) }, t("explore"));
    this.title = h("h3", { class: "ak-chart-title" });
    this.subtitle = h("p", { class: "ak-chart-sub" });
    this.picture = h("div", { class: "ak-picture", role: "img", tabindex: 0, "data-key": `chart-${name}`, onkeydown: (event) => this.key(event) });
    this.table = h("div", { class: "ak-chart-table", hidden: true });
    this.el = h("figure", { class: `ak-chart ak-chart-${name}`, "data-chart": name }, this.explore, this.title, this.subtitle, this.picture, this.table);
  }

  update(chart) {
    this.chart = chart;
    this.el.hidden = !chart;
    if (!chart) return;
    this.title.textContent = chart.title;
    this.subtitle.replaceChildren(...keyed(chart.subtitle));
    this.subtitle.hidden = !chart.subtitle;
    this.picture.setAttribute("aria-label", `${chart.alt} ${t("table_key")}`);
    this.picture.style.setProperty("--ak-wide", `${chart.width}px`);
    this.explore.setAttribute("aria-pressed", chart.plotly ? "true" : "false");
    this.explore.textContent = t(chart.plotly ? "close" : "explore");
    this.draw(chart);
    if (!this.table.hidden) this.table.replaceChildren(tableOf(chart));
  }

  // The kernel's drawing is shown at once; an explored chart is then handed to plotly, which follows every edit.
  draw(chart) {
    if (!chart.plotly && this.plot) window.Plotly.purge(this.plot);
    if (!chart.plotly) this.plot = null;
    if (!this.plot) this.picture.replaceChildren(drawing(chart.svg));
    if (!chart.plotly) return;
    this.plotly().then((Plotly) => {
      if (this.chart !== chart) return;
      if (!this.plot) this.picture.replaceChildren((this.plot = h("div", { class: "ak-plot" })));
      const { data, layout } = structuredClone(chart.plotly);
      return Plotly.react(this.plot, data, layout, { displayModeBar: false, scrollZoom: true, responsive: false });
    });
  }

  key(event) {
    if (event.key.toLowerCase() !== "t" || event.ctrlKey || event.metaKey) return;
    event.stopPropagation();
    this.table.hidden = !this.table.hidden;
    this.table.replaceChildren(...(this.table.hidden ? [] : [tableOf(this.chart)]));
  }
}

function chartPart(act, name, model) {
  const chart = new ChartView(name, act, () => plotlyOnce(model));
  return { el: chart.el, update: (drawn) => chart.update(drawn) };
}

// One tooltip for the whole page, fed by the marks' own words.
function tips(host) {
  const tip = document.querySelector("body > .ak-tip") || h("div", { class: "ak-tip", "aria-hidden": "true" });
  document.body.append(tip);
  host.addEventListener("pointermove", (event) => {
    const words = event.target.closest && event.target.closest("[data-tip]");
    tip.textContent = words ? words.dataset.tip : "";
    if (words) tip.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 14}px)`;
  });
}

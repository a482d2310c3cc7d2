// A scene (panels of marks in data units, laid out in the kernel) as SVG.

const MARKS = {
  circle: (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  square: (r) => `M${-r * 0.9} ${-r * 0.9}h${r * 1.8}v${r * 1.8}h${-r * 1.8}z`,
  triangle: (r) => `M0 ${-r}L${r} ${r * 0.8}H${-r}z`,
  diamond: (r) => `M0 ${-r * 1.15}L${r * 1.15} 0L0 ${r * 1.15}L${-r * 1.15} 0z`,
};
MARKS.ring = MARKS.circle;

const tone = (token) => (token.startsWith("#") ? token : `var(--ak-${token.replace("_", "-")})`);
const px = (value) => Math.round(value * 100) / 100;

function scales(panel) {
  const kx = panel.width / (panel.x[1] - panel.x[0]);
  const ky = panel.height / (panel.y[1] - panel.y[0]);
  return {
    x: (value) => px(panel.left + (value - panel.x[0]) * kx),
    y: (value) => px(panel.top + panel.height - (value - panel.y[0]) * ky),
  };
}

const outline = (points, at) => points.map(([x, y], i) => `${i ? "L" : "M"}${at.x(x)} ${at.y(y)}`).join("");

const DRAW = {
  Strip(mark, at) {
    const [a, b] = [at.x(mark.x0), at.x(mark.x1)];
    const look = mark.dashed
      ? { fill: "none", stroke: tone(mark.fill), "stroke-dasharray": "3 2" }
      : { fill: tone(mark.fill), "fill-opacity": mark.opacity };
    return s("rect", { x: Math.min(a, b), y: px(at.y(mark.y) - mark.thick / 2), width: px(Math.abs(b - a)), height: mark.thick, "data-tip": mark.tip || null, ...look });
  },
  Stroke: (mark, at) =>
    s("path", { d: outline(mark.points, at), fill: "none", stroke: tone(mark.stroke), "stroke-width": mark.width, "stroke-dasharray": mark.dash || null, "data-tip": mark.tip || null }),
  Area: (mark, at, hatch) =>
    s("path", { d: `${outline(mark.points, at)}z`, fill: mark.hatched ? `url(#${hatch})` : tone(mark.fill), "fill-opacity": mark.opacity, stroke: mark.edge ? tone(mark.edge) : null, "stroke-dasharray": mark.edge ? "4 3" : null }),
  Dot(mark, at) {
    const open = mark.mark === "ring";
    return s("path", { d: (MARKS[mark.mark] || MARKS.circle)(mark.size / 2), transform: `translate(${at.x(mark.x)} ${at.y(mark.y)})`, fill: open ? "var(--ak-page)" : tone(mark.fill), stroke: open ? tone(mark.fill) : mark.edge ? tone(mark.edge) : null, "stroke-width": 2, "data-tip": mark.tip || null });
  },
  Dots: (mark, at) =>
    s("path", { d: mark.points.map(([x, y]) => `M${at.x(x)} ${at.y(y)}h0`).join(""), stroke: tone(mark.fill), "stroke-width": mark.size, "stroke-linecap": "round", opacity: mark.opacity }),
  Label(mark, at) {
    const [x, y] = [px(at.x(mark.x) + mark.dx), px(at.y(mark.y) + mark.dy)];
    return s("text", { x, y, dy: "0.36em", fill: tone(mark.fill), "font-size": mark.size, "font-weight": mark.bold ? 700 : null, "font-style": mark.italic ? "italic" : null, "text-anchor": mark.anchor, class: mark.halo ? "ak-halo" : null, transform: mark.turned ? `rotate(-90 ${x} ${y})` : null }, mark.text);
  },
};

let hatches = 0;

function hatching(id) {
  const line = s("line", { x1: 0, y1: 0, x2: 0, y2: 6, stroke: "var(--ak-control)", "stroke-opacity": 0.45, "stroke-width": 1 });
  return s("defs", null, s("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, line));
}

function drawScene(scene) {
  const hatch = `ak-hatch-${++hatches}`;
  const marks = scene.panels.flatMap((panel) => {
    const at = scales(panel);
    return panel.marks.map((mark) => DRAW[mark.is](mark, at, hatch));
  });
  return s("svg", { viewBox: `0 0 ${scene.width} ${scene.height}`, width: "100%", "aria-hidden": "true", focusable: "false" }, hatching(hatch), marks);
}

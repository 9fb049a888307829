// How a model is drawn: the same hue, marker and dash wherever it stands, and in the charts beside this page.

const shapes = {
  square: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
  triangle: [[0, -1.2], [1.1, 0.8], [-1.1, 0.8]],
  nabla: [[0, 1.2], [1.1, -0.8], [-1.1, -0.8]],
  diamond: [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
  hexagon: [[1.1, 0], [0.55, 0.95], [-0.55, 0.95], [-1.1, 0], [-0.55, -0.95], [0.55, -0.95]],
  cross: [[-1.1, -0.6], [-0.6, -1.1], [0, -0.5], [0.6, -1.1], [1.1, -0.6], [0.5, 0],
    [1.1, 0.6], [0.6, 1.1], [0, 0.5], [-0.6, 1.1], [-1.1, 0.6], [-0.5, 0]],
};
const dashes = { solid: null, dashed: "6 3", dotted: "1.5 2.5", mixed: "8 2.5 1.5 2.5" };

const lookOf = (model) => models.get(model)?.look ?? { hue: null, shape: "circle", fill: "hollow", dash: "dotted" };
const hueOf = (model) => {
  const { hue } = lookOf(model);
  return hue === null ? "var(--text)" : `var(--hue-${hue})`;
};
const dashOf = (model) => dashes[lookOf(model).dash];

const outline = (shape, radius) =>
  shape in shapes
    ? `M${shapes[shape].map(([x, y]) => `${(x * radius).toFixed(2)},${(y * radius).toFixed(2)}`).join("L")}Z`
    : `M${-radius},0a${radius},${radius} 0 1,0 ${2 * radius},0a${radius},${radius} 0 1,0 ${-2 * radius},0Z`;

// The marker, around the origin.
const marker = (model, radius = 4.5) => {
  const { shape, fill: inside } = lookOf(model);
  const hue = hueOf(model);
  const hollow = inside === "hollow" || inside === "dotted";
  const dot = inside === "dotted" ? hue : inside === "holed" ? "var(--paper)" : null;
  return s("g", { class: "marker" },
    s("path", { d: outline(shape, radius), fill: hollow ? "var(--paper)" : hue, stroke: hue, "stroke-width": 1.5, "stroke-linejoin": "round" }),
    dot ? s("circle", { r: radius * 0.36, fill: dot }) : null);
};

// The marker on a piece of its line, for legends and text.
const mark = (model, width = 26) =>
  s("svg", { class: "mark", width, height: 14, viewBox: `${-width / 2} -7 ${width} 14`, "aria-hidden": "true" },
    s("line", { x1: -width / 2, x2: width / 2, stroke: hueOf(model), "stroke-width": 1.75, "stroke-dasharray": dashOf(model) }),
    marker(model));

// Its name with its marker, and in which spirit it is written where that is not the usual one.
const named = (model) => {
  const label = models.get(model)?.label;
  const tag = ["floor", "historical", "pitfall"].includes(label) ? h("span", { class: "tag" }, label) : null;
  return h("span", { class: "model" }, mark(model), h("span", { class: "name" }, model), tag);
};

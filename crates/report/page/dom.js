// Elements: everything that comes from data becomes a text node or an attribute, never HTML.

const $ = (id) => document.getElementById(id);

const create = (space) => (tag, attributes = {}, ...children) => {
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
};

const h = create("http://www.w3.org/1999/xhtml");
const s = create("http://www.w3.org/2000/svg");

// Puts children into a place; whoever had the focus in it has it again, found by its data-key.
const fill = (place, ...children) => {
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  place.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  if (focused === undefined) return;
  const again = [...place.querySelectorAll("[data-key]")].find((element) => element.dataset.key === focused);
  if (again) again.focus({ preventScroll: true });
};

// A button out of several, of which one is on.
const choice = (name, options, chosen, pick) =>
  h("div", { class: "choice", role: "group", "aria-label": name },
    options.map(([value, words]) =>
      h("button", {
        type: "button", "data-key": `${name}:${value}`, "aria-pressed": String(value === chosen),
        onclick: () => pick(value),
      }, words)));

// One stop for the Tab key among many elements; arrow keys move inside. `rows` is a list of lists of elements.
const rove = (root, rows, name) => {
  const all = rows.flat();
  if (all.length === 0) return;
  const kept = all.find((element) => element.dataset.key === rove.at[name]) || all[0];
  for (const element of all) element.setAttribute("tabindex", element === kept ? "0" : "-1");
  const go = (element) => {
    for (const other of all) if (other.getAttribute("tabindex") === "0") other.setAttribute("tabindex", "-1");
    element.setAttribute("tabindex", "0");
    rove.at[name] = element.dataset.key;
  };
  root.onfocusin = (event) => { if (all.includes(event.target)) go(event.target); };
  root.onkeydown = (event) => {
    const row = rows.findIndex((elements) => elements.includes(event.target));
    if (row < 0) return;
    const column = rows[row].indexOf(event.target);
    const sideways = (to) => rows[row][Math.max(0, Math.min(rows[row].length - 1, to))];
    const upright = (step) => {
      for (let to = row + step; to >= 0 && to < rows.length; to += step) {
        if (rows[to].length > 0) return rows[to][Math.min(column, rows[to].length - 1)];
      }
      return undefined;
    };
    const to = {
      ArrowLeft: () => sideways(column - 1), ArrowRight: () => sideways(column + 1),
      ArrowUp: () => upright(-1), ArrowDown: () => upright(1),
      Home: () => sideways(0), End: () => sideways(Infinity),
    }[event.key];
    if (to) {
      event.preventDefault();
      const element = to();
      if (element) element.focus();
    } else if ((event.key === "Enter" || event.key === " ") && event.target.tagName !== "BUTTON") {
      // What is no button by itself acts as one.
      event.preventDefault();
      event.target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    }
  };
};
rove.at = {};

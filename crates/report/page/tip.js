// The tip: what is under the pointer or has the focus, in words, beside it.

const tip = {
  near: null,
  show(near, ...children) {
    fill($("tip"), children);
    $("tip").hidden = false;
    tip.near = near;
    tip.place();
  },
  place() {
    const [place, near] = [$("tip"), tip.near];
    const box = near.getBoundingClientRect ? near.getBoundingClientRect() : near;
    const { width, height } = place.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(room - width - 8, box.left + box.width / 2 - width / 2));
    const above = box.top - height - 10;
    place.style.left = `${left}px`;
    place.style.top = `${above > 4 ? above : box.bottom + 10}px`;
  },
  hide() {
    tip.near = null;
    $("tip").hidden = true;
  },
};

const figureTip = (it) => [
  h("p", { class: "tip-title" }, mark(it.model), " ", it.model),
  h("p", { class: "tip-figure" }, it.text),
  h("p", {}, metrics.get(it.metric)?.title ?? it.metric, it.workload ? ` · ${it.workload.id}` : ""),
  h("p", {}, `${many(it.rounds, "round")}${it.leftOut > 0 ? `, ${it.leftOut} left out` : ""}`,
    it.value !== null && it.low !== null ? ` · ${it.study.level} % interval` : ""),
  it.reason ? h("p", {}, it.reason) : null,
  h("p", { class: "tip-hint" }, "Click or Enter copies a citation."),
];

// Shows what `words` gives as long as the pointer is over the element or the focus on it.
const tipped = (element, words) => {
  const on = () => tip.show(element, words());
  element.addEventListener("pointerenter", on);
  element.addEventListener("focus", on);
  element.addEventListener("pointerleave", tip.hide);
  element.addEventListener("blur", tip.hide);
  return element;
};

document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hide(); });
// What has the focus keeps its tip: moving the focus may scroll.
document.addEventListener("scroll", () => {
  if (tip.near && tip.near === document.activeElement) tip.place();
  else tip.hide();
}, { passive: true, capture: true });

// The page as a whole: drawn anew from the view whenever that changes.

const drawHead = () => {
  const { machine } = here;
  fill($("lede"), "Fetching N slow URLs, at most C at once: what each concurrency model takes, and what it costs. ",
    machine ? h("span", { class: "muted" }, `${machine.words}${machine.placed ? ` · ${machine.placed}` : ""}${machine.date ? ` · ${machine.date}` : ""}`) : null);
};

const drawFoot = () => {
  const { study } = here;
  fill($("foot"),
    traces.thinned.map((note) => h("p", {}, note)),
    h("p", {}, `${data.title}. Made by inflight report from the records below; nothing on this page was typed by hand, and it loads nothing from anywhere.`),
    h("ul", {}, data.studies.map((it) => h("li", {}, it === study ? h("b", {}, it.name) : it.name, `: ${it.path}${it.date ? `, ${it.date}` : ""}`))),
    h("details", {}, h("summary", {}, "Licences of what is in this page"),
      data.licences.map((it) => [h("p", {}, `${it.name} ${it.version}`), h("pre", {}, it.text)])));
};

const drawings = {
  head: drawHead, pick: drawPick, answer: drawAnswer, models: drawModels, chart: drawChart, table: drawTable, carry: drawCarry,
  timeline: drawTimeline, latency: drawLatency, foot: drawFoot,
};

// Everything, or the one part that a change concerns.
const render = (part) => {
  tip.hide();
  for (const [name, draw] of Object.entries(drawings)) if (part === undefined || part === name) draw();
};

const themes = ["auto", "light", "dark"];

const setTheme = (theme) => {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  fill($("theme"), `Theme: ${theme}`);
  try {
    localStorage.setItem("inflight-theme", theme);
  } catch {
    // A page from disk may have no storage: the theme then holds until it is closed.
  }
};

const keptTheme = () => {
  try {
    const kept = localStorage.getItem("inflight-theme");
    return themes.includes(kept) ? kept : "auto";
  } catch {
    return "auto";
  }
};

const start = () => {
  let theme = keptTheme();
  setTheme(theme);
  $("theme").addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    setTheme(theme);
  });
  $("skip").addEventListener("click", (event) => {
    event.preventDefault();
    $("answer").focus();
    $("answer").scrollIntoView();
  });
  $("pick").addEventListener("submit", (event) => event.preventDefault());
  const restore = () => {
    readHash();
    settle();
    moved(unknown.length > 0 ? `${unknown.join(" ")} Shown is what is there.` : "");
    writeHash();
    render();
  };
  addEventListener("hashchange", () => { if (location.hash !== written) restore(); });
  let width = document.documentElement.clientWidth;
  addEventListener("resize", () => {
    if (document.documentElement.clientWidth === width) return;
    width = document.documentElement.clientWidth;
    for (const name of ["chart", "timeline", "latency"]) render(name);
  });
  restore();
};

start();

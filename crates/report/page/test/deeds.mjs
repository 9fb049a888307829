// What a reader does: hide, toggle, sort, copy, scrub, link; with the mouse and with the keyboard alone.
import { check, clipboard, copiedText, same, view } from "./browser.mjs";
import { text } from "./format.mjs";

const count = (page, selector) => page.locator(selector).count();
const models = (page) => page.$$eval("#models input", (all) => all.map((it) => it.dataset.key.replace("show:", "")));

export const hiding = async (page, place) => {
  await view(page, place);
  const all = await models(page);
  const gone = all[0];
  const places = ["#chart .series", "#table tbody tr", "#latency .series", "#timeline .batch-row"];
  const here = async () => Promise.all(places.map((it) => page.$$eval(`${it}[data-model]`, (found) => found.map((one) => one.dataset.model))));
  const before = await here();
  check("hiding: the model is in the picture, the table and the latencies", before.slice(0, 3).every((names) => names.includes(gone)), before);
  await page.locator(`#models label:has([data-key="show:${gone}"])`).click();
  const after = await here();
  check("hiding: the model is nowhere", after.every((names) => !names.includes(gone)), after);
  same("hiding: the others are still there", after.slice(0, 3), before.slice(0, 3).map((names) => names.filter((name) => name !== gone)));
  await page.getByRole("button", { name: "None", exact: true }).click();
  same("hiding: none is left", (await here()).map((names) => names.length), [0, 0, 0, 0]);
  check("hiding: the page says so", (await page.textContent("#chart")).includes("No model is shown"));
  await page.getByRole("button", { name: "All", exact: true }).click();
  same("hiding: all are back", (await here()).slice(0, 3), before.slice(0, 3));
};

export const scales = async (page, place) => {
  for (const [axis, group] of [["y", "Scale of values"], ["x", "Horizontal scale"]]) {
    await view(page, place);
    const ticks = () => page.$eval(`#chart .axis.${axis}`, (it) => [it.dataset.scale, [...it.querySelectorAll("text:not(.title)")].map((tick) => Number(tick.getAttribute(it.classList.contains("y") ? "y" : "x")).toFixed(1))]);
    const button = (name) => page.getByRole("group", { name: group }).getByRole("button", { name, exact: true });
    await button("linear").click();
    const linear = await ticks();
    await button("log").click();
    const log = await ticks();
    same(`scales ${axis}: what the axis says of itself`, [linear[0], log[0]], ["linear", "log"]);
    check(`scales ${axis}: ticks stand elsewhere`, JSON.stringify(linear[1]) !== JSON.stringify(log[1]), linear);
    check(`scales ${axis}: in the address`, (await page.evaluate(() => location.hash)).includes(`${axis}=log`));
    same(`scales ${axis}: the button is pressed`, await button("log").getAttribute("aria-pressed"), "true");
  }
};

export const sorting = async (page, place, workload) => {
  await view(page, place);
  const metric = "cpu_per_request";
  const order = () => page.$$eval("#table tbody tr", (rows) => rows.map((row) => row.dataset.model));
  const value = (name) => workload.models.find((it) => it.model === name).figures.find((it) => it.metric === metric).estimate;
  const header = page.locator(`#table [data-key="sort:${metric}"]`);
  const owed = workload.models.map((it) => it.model).filter((name) => value(name) !== null).sort((a, b) => value(a) - value(b));
  await header.click();
  same("sorting: up", (await order()).filter((name) => owed.includes(name)), owed);
  same("sorting: aria-sort", await header.locator("xpath=..").getAttribute("aria-sort"), "ascending");
  await page.keyboard.press("Enter");
  same("sorting: down, by keyboard", (await order()).filter((name) => owed.includes(name)), [...owed].reverse());
  same("sorting: aria-sort of down", await header.locator("xpath=..").getAttribute("aria-sort"), "descending");
  same("sorting: the focus stays", await page.evaluate(() => document.activeElement.dataset.key), `sort:${metric}`);
};

export const copying = async (page, place, summary, workload, cite) => {
  await view(page, place);
  const figure = workload.models[0].figures.find((it) => it.metric === "cpu_per_request");
  const software = summary.machines[0].software;
  const whole = (words, it) => [it.id, software.commit, "records.jsonl", `${it.rounds} round`, ...text(it).replace(/[()]/g, "|").split("|").map((part) => part.trim()).filter(Boolean)].every((part) => words.includes(part));
  await page.locator(`#table [data-figure="${figure.id}"]`).click();
  await page.locator("#toast.on").waitFor();
  const copied = await clipboard(page);
  check("copying: the sentence has value, interval, rounds, commit, id and path", whole(copied, figure), copied);
  check("copying: it is confirmed", (await page.textContent("#toast")).includes(copied));
  await view(page, { ...place, axis: "models" });
  const point = page.locator("#chart .point").first();
  const id = await point.getAttribute("data-figure");
  await page.evaluate(() => navigator.clipboard.writeText(""));
  await point.click({ force: true });
  const pointed = await copiedText(page);
  check("copying: a point of the picture", pointed.includes(`Figure ${id},`), pointed);
  await view(page, { ...place, columns: "all" });
  const cells = page.locator("#table tbody .fig");
  check("copying: there are figures to cite", (await cells.count()) > 0);
  for (let at = 0; at < (await cells.count()); at += 17) await citesLike(page, cells.nth(at), cite);
  await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new Error("refused")); });
  await page.locator(`#table [data-figure="${figure.id}"]`).click();
  await page.locator("#copy[open]").waitFor();
  const selected = await page.$eval("#copy-text", (it) => it.value.slice(it.selectionStart, it.selectionEnd));
  same("copying: where the clipboard is refused, the text is selected", selected, copied);
  await page.keyboard.press("Escape");
  same("copying: Escape closes it", await count(page, "#copy[open]"), 0);
  await page.reload();
};

// What a figure copies is what `inflight cite` prints for its id: the whole sentence, id and path of records included.
const citesLike = async (page, cell, cite) => {
  const name = await cell.getAttribute("data-figure");
  await page.evaluate(() => navigator.clipboard.writeText(""));
  await cell.click();
  same(`copying: ${name} is cited as inflight cite does`, await copiedText(page), cite(name));
};

/** A figure of every study. */
export const citing = async (page, summaries, keyOf, cite) => {
  for (const summary of summaries) {
    await view(page, { study: keyOf(summary), columns: "ratios" });
    await citesLike(page, page.locator("#table tbody .fig").first(), cite);
  }
};

export const scrubbing = async (page, place) => {
  await view(page, place);
  const counts = () => page.$$eval("#timeline .counts", (all) => all.map((it) => [it.dataset.model, ...["waiting", "flight", "done"].map((key) => Number(it.querySelector(`[data-count=${key}]`).textContent.replace(/\D/g, "")))]));
  const to = (t) => page.$eval("#moment", (it, value) => { it.value = value; it.dispatchEvent(new Event("input")); it.dispatchEvent(new Event("change")); }, t);
  // From the data as it is kept, not as the page reads it.
  const owed = (t) => page.evaluate((moment) => {
    const asked = new URLSearchParams(location.hash.slice(1));
    const study = JSON.parse(document.getElementById("data").textContent).studies.findIndex((it) => it.key === asked.get("study"));
    const all = JSON.parse(document.getElementById("traces").textContent).studies[study].timelines.filter((it) => it.workload === asked.get("workload"));
    const drawn = [...document.querySelectorAll("#timeline .counts")].map((it) => all.find((one) => one.model === it.dataset.model));
    const end = Math.max(...drawn.map((it) => it.makespan));
    return drawn.filter((it) => it.every === 1).map((it) => {
      const ns = (moment / 1000) * end;
      let [sent, now, done] = [0, 0, 0];
      it.start.forEach((step, at) => {
        now += step * 1e3;
        if (now <= ns) sent += 1;
        if (now + it.took[at] * 1e3 <= ns) done += 1;
      });
      return [it.model, it.requests - sent, sent - done, done];
    });
  }, t);
  const seen = [];
  for (const t of [0, 100, 350, 500, 720, 1000]) {
    await to(t);
    seen.push(await counts());
    const here = seen.at(-1);
    const wanted = await owed(t);
    same(`scrubbing: counts at ${t}`, here.filter(([model]) => wanted.some(([name]) => name === model)), wanted);
  }
  check("scrubbing: the counts change", new Set(seen.map((it) => JSON.stringify(it))).size > 2, seen);
  check("scrubbing: at the end all is done", seen.at(-1).every(([, waiting, flight]) => waiting === 0 && flight === 0), seen.at(-1));
  await page.locator("#moment").focus();
  await page.keyboard.press("ArrowLeft");
  same("scrubbing: by keyboard", await page.inputValue("#moment"), "999");
  await to(0);
  await page.locator("#play").click();
  await page.waitForTimeout(400);
  check("scrubbing: play moves", Number(await page.inputValue("#moment")) > 0);
  await page.locator("#play").click();
  const still = await page.inputValue("#moment");
  await page.waitForTimeout(150);
  same("scrubbing: pause stops", await page.inputValue("#moment"), still);
};

export const linking = async (page, url, place) => {
  await view(page, { ...place, metric: "cpu_per_request", y: "log", columns: "all", sort: "threads", down: "1", from: "send", t: "400" });
  const [, second] = await models(page);
  await page.locator(`#models label:has([data-key="show:${second}"])`).click();
  const hash = await page.evaluate(() => location.hash);
  const words = () => page.evaluate(() => document.getElementById("main").innerText);
  const before = await words();
  await page.goto("about:blank");
  await page.goto(url + hash);
  same("linking: the same address is the same view", await words(), before);
  same("linking: the hidden model stays hidden", await page.locator(`[data-key="show:${second}"]`).isChecked(), false);
  await page.goto("about:blank");
  await page.goto(`${url}#study=none&workload=x&metric=y&hide=%25&t=z`);
  const said = await page.textContent("#moved");
  check("linking: what is not there is said", ["The study \"none\"", "The workload \"x\"", "The metric \"y\""].every((part) => said.includes(part)), said);
};

export const picking = async (page, summaries, keyOf) => {
  const spread = summaries.find((it) => new Set(it.machines[0]?.workloads.map((one) => one.workload.hosts ?? 1)).size > 1 && it.machines[0].workloads.some((one) => one.workload.lognormal));
  if (spread) {
    const workloads = spread.machines[0].workloads;
    const hosts = workloads.find((it) => (it.workload.hosts ?? 1) > 1);
    await view(page, { study: keyOf(spread), workload: hosts.id });
    const varying = await page.$$eval("#pick-d option", (all) => all.find((it) => it.textContent.includes("lognormal")).value);
    await page.selectOption("#pick-d", varying);
    const said = await page.textContent("#moved");
    check("picking: a combination that was not measured is said to be none", said.includes("was not measured in this study"), said);
    same("picking: the nearest is shown", await page.evaluate(() => new URLSearchParams(location.hash.slice(1)).get("workload")), workloads.find((it) => it.workload.lognormal).id);
  }
  for (const summary of summaries) {
    await page.selectOption("#pick-study", keyOf(summary));
    check(`picking: ${summary.study} shows its question`, (await page.textContent("#pick")).includes(summary.question));
    for (const key of ["n", "c", "d", "b", "k", "h", "s", "w"]) {
      const select = page.locator(`#pick-${key}`);
      if (await select.count() === 0) continue;
      for (const value of await select.locator("option").evaluateAll((all) => all.map((it) => it.value))) {
        await page.selectOption(`#pick-${key}`, value);
        same(`picking: ${summary.study} ${key} = ${value}`, await select.inputValue(), value);
      }
    }
  }
};

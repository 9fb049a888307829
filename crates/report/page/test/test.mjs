// Tests page.html in a real browser: node test.mjs PAGE SHOTS HOSTILE SUMMARY...
// PAGE is the page of the studies whose summary.json files follow; HOSTILE one of a study with unkind names. Screenshots
// land in SHOTS. INFLIGHT and RESULTS name the binary and the directory whose `inflight cite` citations have to equal,
// CHROMIUM another browser than Debian's.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { browse, check, counted, same, view } from "./browser.mjs";
import { citing, copying, hiding, linking, picking, scales, scrubbing, sorting } from "./deeds.mjs";
import { checkFigures } from "./figures.mjs";
import { keyboard } from "./keyboard.mjs";
import { names } from "./names.mjs";
import { checkPictures } from "./pictures.mjs";

const [file, shots, hostile, ...summaryFiles] = process.argv.slice(2);
const { INFLIGHT, RESULTS } = process.env;
if (summaryFiles.length === 0 || !INFLIGHT || !RESULTS) {
  console.error("usage: INFLIGHT=binary RESULTS=directory node test.mjs PAGE SHOTS HOSTILE SUMMARY...");
  process.exit(2);
}
const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(executable)) {
  console.error(`there is no ${executable}: apt-get install chromium, or say where it is in CHROMIUM`);
  process.exit(2);
}
mkdirSync(shots, { recursive: true });
const summaries = summaryFiles.map((path) => JSON.parse(readFileSync(path, "utf8")));
// Whole sentences have to be equal, so `inflight cite` runs where it prints the paths that the page has: above the directory
// called results, or above that of the studies.
const whole = realpathSync(RESULTS).split("/");
const from = whole.includes("results") ? whole.lastIndexOf("results") : whole.length - 1;
const asked = { cwd: whole.slice(0, from).join("/") || "/", encoding: "utf8" };
const cite = (id) => execFileSync(realpathSync(INFLIGHT), ["cite", id, "--results", whole.slice(from).join("/")], asked).trim();
const keyOf = (summary) => summary.study;
// Makespans by record, of a study whose records are not packed.
const makespanOf = (summary) => {
  const records = join(dirname(summaryFiles[summaries.indexOf(summary)]), "records.jsonl");
  if (!existsSync(records)) return new Map();
  const all = readFileSync(records, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  return new Map(all.map((it) => [it.record_id, it.makespan_ns]));
};

// The study with the most workloads along C, for what needs an axis; and one workload in it with all its figures.
const along = summaries.find((it) => it.study === "concurrency") ?? summaries[0];
const full = along.machines[0].workloads.filter((it) => it.models.every((model) => model.batches.times > 0));
// A large page has timelines of some workloads only.
const embedded = (id) => JSON.parse(new RegExp(`<script[^>]*id="${id}"[^>]*>(.*?)</script>`, "s").exec(readFileSync(file, "utf8"))[1]);
const study = embedded("data").studies.findIndex((it) => it.key === keyOf(along));
const timed = new Set(embedded("traces").studies[study].timelines.map((it) => it.workload));
const drawn = full.filter((it) => timed.has(it.id));
const workload = drawn[Math.floor(drawn.length / 2)] ?? along.machines[0].workloads.find((it) => timed.has(it.id));
const place = { study: keyOf(along), workload: workload.id };

const size = statSync(file).size;
check("the page is smaller than 3 MB", size < 3_000_000, size);

await browse(file, { executable }, async (page, url) => {
  await checkFigures(page, summaries, keyOf);
  await checkPictures(page, summaries, keyOf, makespanOf);
  await hiding(page, { ...place, axis: "models" });
  await scales(page, place);
  await sorting(page, place, workload);
  await scrubbing(page, place);
  await copying(page, place, along, workload, cite);
  await citing(page, summaries, keyOf, cite);
  await picking(page, summaries, keyOf);
  await keyboard(page, place);
  await linking(page, url, place);
});

const pictures = { quick: { study: "quick" }, along: place, linear: { ...place, y: "lin", x: "lin", metric: "cpu_per_request" }, half: { ...place, t: "450", columns: "all", from: "send" } };
for (const [scheme, width] of [["light", 1200], ["dark", 1200], ["light", 360], ["dark", 360]]) {
  await browse(file, { executable, colorScheme: scheme, viewport: { width, height: 800 } }, async (page) => {
    for (const [name, parts] of Object.entries(pictures)) {
      await view(page, parts);
      await page.screenshot({ path: join(shots, `${name}-${scheme}-${width}.png`), fullPage: true });
    }
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const first = await ground();
    check(`${scheme}: the ground is ${scheme}`, (Number(first.match(/\d+/)[0]) > 128) === (scheme === "light"), first);
    for (const other of [scheme, scheme === "light" ? "dark" : "light"]) {
      while (!(await page.textContent("#theme")).includes(other)) await page.locator("#theme").click();
      check(`${scheme}: the toggle gives ${other}`, ((await ground()) === first) === (other === scheme));
    }
    if (width > 400) return;
    for (const summary of summaries) {
      for (const it of summary.machines[0]?.workloads ?? []) {
        await view(page, { study: keyOf(summary), workload: it.id, columns: "all" });
        const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        check(`${summary.study}/${it.id}: no sideways scrolling at 360 px`, wide <= room, [wide, room]);
      }
    }
  });
}

await browse(file, { executable, reducedMotion: "reduce" }, async (page) => {
  await view(page, { ...place, t: "0" });
  await page.locator("#play").click();
  await page.waitForTimeout(650);
  same("less motion: play goes in steps", Number(await page.inputValue("#moment")) % 50, 0);
  same("less motion: nothing fades", await page.$eval("#toast", (it) => getComputedStyle(it).transitionDuration), "0s");
});

await browse(hostile, { executable }, async (page) => {
  const here = () => page.$$eval("#table tbody tr", (rows) => rows.map((row) => row.dataset.model).sort());
  const there = await here();
  same("unkind names: every one is the name of a model", names.filter((name) => !there.includes(name)), []);
  const shown = await page.$$eval("#table tbody .name", (all) => all.map((it) => it.textContent));
  same("unkind names: they are text", names.filter((name) => !shown.includes(name)), []);
  const cells = page.locator("#table .fig");
  for (let at = 0; at < Math.min(4, await cells.count()); at += 1) await cells.nth(at).click();
  await page.locator("#models label").first().click();
  await page.locator("#chart .point").first().click({ force: true });
  same("unkind names: no element of theirs", await page.evaluate(() => document.querySelectorAll("img, iframe, b b, i").length), 0);
  same("unkind names: nothing of theirs runs", await page.evaluate(() => window.broken ?? null), null);
  await page.reload();
  same("unkind names: a hidden one stays hidden", await page.locator("#models input").first().isChecked(), false);
  await page.screenshot({ path: join(shots, "unkind-names.png"), fullPage: true });
});

console.log(`page test: ${counted.passed} checks passed, ${counted.failed} failed`);
process.exit(counted.failed > 0 || counted.passed === 0 ? 1 : 0);

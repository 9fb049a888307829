// The keyboard alone: everything is reached by Tab, in the order in which it stands, and does what it should.
import { check, copiedText, same, view } from "./browser.mjs";

const active = (page) => page.evaluate(() => {
  const it = document.activeElement;
  const box = it.getBoundingClientRect();
  const clear = (colour) => colour === "none" || colour === "transparent" || /, 0\)$|\/ 0\)$/.test(colour);
  // A ring is an outline that can be seen; around a point the halo is it.
  const ringed = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 && !clear(style.outlineColor);
  };
  const halo = it.querySelector(".halo");
  const ring = halo ? !clear(getComputedStyle(halo).stroke) && parseFloat(getComputedStyle(halo).strokeWidth) > 0 : ringed(it) || (it.closest(".chip") !== null && ringed(it.closest(".chip")));
  return { key: it.dataset.key ?? it.id ?? "", tag: it.tagName.toLowerCase(), top: box.top + scrollY, ring };
});

export const keyboard = async (page, place) => {
  await view(page, place);
  // Tab goes on from the last click, wherever that was: a new page has none.
  await page.reload();
  const seen = [];
  for (let at = 0; at < 200; at += 1) {
    await page.keyboard.press("Tab");
    const now = await active(page);
    if (now.tag === "body" || (seen.length > 3 && now.key === seen[0].key)) break;
    seen.push(now);
  }
  const keys = seen.map((it) => it.key);
  same("keyboard: the first stop skips to the answer", keys[0], "skip");
  const owed = ["theme", "pick-study", "pick-metric", "show-all", "show-none", "Draw:", "Scale of values:", "show:", "point:", "Columns:", "sort:", "cell:", "table-notes", "batch:", "play", "moment", "Latency counts from:", "latency:"];
  for (const part of owed) check(`keyboard: ${part} is reached`, keys.some((key) => key.startsWith(part)), keys);
  check("keyboard: one stop for all points, one for all figures", ["point:", "latency:", "cell:"].every((part) => keys.filter((key) => key.startsWith(part)).length === 1), keys);
  check("keyboard: the focus is always seen", seen.every((it) => it.ring), seen.filter((it) => !it.ring));
  const sections = ["pick-study", "show-all", "sort:model", "play", "latency:"].map((part) => seen.find((it) => it.key.startsWith(part))?.top ?? -1);
  check("keyboard: the order is that of the page", sections.every((top, at) => at === 0 || top > sections[at - 1]), sections);

  const focus = (key) => page.locator(`[data-key="${key}"]`).focus();
  await page.locator("#skip").focus();
  await page.keyboard.press("Enter");
  same("keyboard: skipping puts the focus on the answer", (await active(page)).key, "answer");
  await page.locator("#pick-metric").focus();
  await page.keyboard.press("ArrowDown");
  check("keyboard: a select changes the metric", (await page.evaluate(() => location.hash)).includes("metric="));
  const chip = keys.find((key) => key.startsWith("show:"));
  await focus(chip);
  await page.keyboard.press("Space");
  same("keyboard: Space hides a model", await page.locator(`[data-key="${chip}"]`).isChecked(), false);
  same("keyboard: and the focus stays", (await active(page)).key, chip);
  await page.keyboard.press("Space");
  const scale = () => page.$eval("#chart .axis[data-scale]", (it) => it.closest("svg").querySelector(".axis.y, .axis.x").dataset.scale);
  for (const name of ["log", "linear"]) {
    await page.getByRole("group", { name: "Scale of values" }).getByRole("button", { name, exact: true }).focus();
    await page.keyboard.press("Enter");
    same(`keyboard: Enter makes the scale ${name}`, await scale(), name);
  }

  for (const [root, name] of [["#chart", "point"], ["#latency", "point"], ["#table", "fig"]]) {
    const now = async () => (await active(page)).key;
    const press = async (key) => { await page.keyboard.press(key); return now(); };
    await page.locator(`${root} .${name}[tabindex="0"]`).first().focus();
    await press("End");
    const from = await press("Home");
    for (const [there, back] of [["ArrowDown", "ArrowUp"], ["ArrowRight", "ArrowLeft"]]) {
      const other = await press(there);
      check(`keyboard: ${there} moves in ${root}`, other !== from, from);
      same(`keyboard: ${back} moves back in ${root}`, await press(back), from);
    }
    check(`keyboard: ${root} says what has the focus`, await page.locator("#tip").isVisible());
    await page.keyboard.press("Escape");
    same(`keyboard: Escape hides the tip of ${root}`, await page.locator("#tip").isVisible(), false);
    await page.evaluate(() => navigator.clipboard.writeText(""));
    await page.keyboard.press("Enter");
    check(`keyboard: Enter copies in ${root}`, (await copiedText(page)).includes("records.jsonl"));
  }
};

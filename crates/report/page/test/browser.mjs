// A browser for tests: a new profile, no network, everything that the page says or asks for written down.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

export const counted = { passed: 0, failed: 0 };

/** One check: counted, and said where it fails. */
export const check = (name, fine, seen) => {
  counted[fine ? "passed" : "failed"] += 1;
  if (!fine && counted.failed <= 40) console.error(`FAILED ${name}${seen === undefined ? "" : `: ${JSON.stringify(seen).slice(0, 600)}`}`);
};

export const same = (name, seen, owed) => check(name, JSON.stringify(seen) === JSON.stringify(owed), { seen, owed });

/** Runs `use` with an open page, then checks that it has been quiet. */
export const browse = async (file, options, use) => {
  const profile = mkdtempSync(join(tmpdir(), "inflight-page-"));
  const { executable, hash = "", ...context } = options;
  const opened = await chromium.launchPersistentContext(profile, {
    executablePath: executable, args: flags, viewport: { width: 1200, height: 900 }, ...context,
  });
  await opened.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = opened.pages()[0] ?? (await opened.newPage());
  page.setDefaultTimeout(60_000);
  const [asked, said] = [[], []];
  const url = pathToFileURL(file).href;
  await opened.route("**/*", (route) => {
    const request = route.request().url();
    asked.push(request);
    return request.split("#")[0] === url ? route.continue() : route.abort();
  });
  page.on("console", (message) => { if (["error", "warning", "assert"].includes(message.type())) said.push(message.text()); });
  page.on("pageerror", (error) => said.push(error.stack ?? String(error)));
  page.on("dialog", (dialog) => { said.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  try {
    await page.goto(url + hash);
    same(`${file}: errors at the start`, said, []);
    if (said.length === 0) await use(page, url);
    const foreign = asked.filter((request) => request.split("#")[0] !== url && !request.startsWith("data:"));
    same(`${file}: requests that leave the page`, foreign, []);
    same(`${file}: errors and warnings`, said, []);
  } catch (error) {
    check(`${file}: ${error.stack ?? error}`, false);
  } finally {
    await opened.close();
    rmSync(profile, { recursive: true, force: true });
  }
};

/** What the clipboard holds. */
export const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());

/** What the page copies onto the clipboard, which was emptied before: it comes some time after the click. */
export const copiedText = async (page) => {
  for (let tries = 0; tries < 400; tries += 1) {
    const copied = await clipboard(page);
    if (copied !== "") return copied;
    await page.waitForTimeout(25);
  }
  return "";
};

/** Goes to another view of the page that is open, by its address. */
export const view = async (page, parts) => {
  const hash = `#${new URLSearchParams(parts)}`;
  await page.evaluate((to) => new Promise((done) => {
    if (location.hash === to) return done();
    const late = setTimeout(done, 5000);
    addEventListener("hashchange", () => setTimeout(() => { clearTimeout(late); done(); }), { once: true });
    location.hash = to;
  }), hash);
};

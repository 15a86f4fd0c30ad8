// Looks at an HTML report in the system's Chromium.
//   node eng/tools/page.mjs time PAGE                     milliseconds until it is loaded, and until it is drawn; five runs
//   node eng/tools/page.mjs shot PAGE PICTURE [SELECTOR] [light|dark] [SCRIPT]
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";
import { chromium } from "playwright-core";

const [what, page, picture, selector = "body", colorScheme = "light", script] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const address = pathToFileURL(resolve(page)).href;
const open = async () => {
  const tab = await (await browser.newContext({ colorScheme, viewport: { width: 1280, height: 800 } })).newPage();
  await tab.goto(address);
  return tab;
};

if (what === "time") {
  for (let run = 0; run < 5; run += 1) {
    const tab = await open();
    const times = await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done({ loaded: performance.timing.loadEventEnd - performance.timing.navigationStart, drawn: performance.now() })))));
    console.log(`loaded ${times.loaded.toFixed(0)} ms, drawn ${times.drawn.toFixed(0)} ms`);
    await tab.context().close();
  }
} else {
  const tab = await open();
  if (script) await tab.evaluate(script);
  // Pictures of data addresses are decoded after they are inserted.
  await tab.evaluate(() => Promise.all([...document.images].map((image) => image.decode().catch(() => {}))));
  if (selector === "window") await tab.screenshot({ path: picture });
  else await tab.locator(selector).first().screenshot({ path: picture });
}

await browser.close();

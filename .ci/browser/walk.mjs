// walk.mjs PROGRAM FOLDER: starts the site, clicks through it in headless Chromium, compares what the
// pages say, and writes a screenshot of each to the folder. Speaks the DevTools protocol over a pipe, so
// it needs nothing but Node.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const [program, folder] = process.argv.slice(2);

const site = spawn(program, { env: { ...process.env, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] });
const profile = mkdtempSync(join(tmpdir(), "walk-"));
// Whatever it opens is on this machine, so it may do without its sandbox, which root cannot have.
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
  "--disable-background-networking", "--window-size=800,1100", `--user-data-dir=${profile}`];
const chromium = spawn("chromium", flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });

// Commands go out on the one pipe, answers and events come in on the other, each ended by a zero byte.
const [, , , out, incoming] = chromium.stdio;
const answers = new Map();
let rest = "", last = 0, loads = 0;
incoming.on("data", (data) => {
  const messages = (rest + data).split("\0");
  rest = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (message.method === "Page.loadEventFired") loads += 1;
    answers.get(message.id)?.(message);
    answers.delete(message.id);
  }
});
function send(method, params = {}, sessionId = undefined) {
  const id = ++last;
  out.write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  return new Promise((resolve, reject) => answers.set(id, ({ result, error }) =>
    error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result)));
}

let shots = 0;
async function walk(url) {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const tab = (method, params) => send(method, params, sessionId);
  await tab("Page.enable");
  const run = async (expression) => (await tab("Runtime.evaluate", { expression, returnByValue: true })).result.value;
  const loaded = async (act) => {
    const before = loads;
    await act();
    while (loads === before) await sleep(20);
  };
  const open = (path) => loaded(() => tab("Page.navigate", { url: url + path }));
  const click = (text) => loaded(async () => {
    const found = await run(`{ const all = [...document.querySelectorAll("a, button")];
      const one = all.find((element) => element.textContent === ${JSON.stringify(text)});
      one?.click(); one !== undefined }`);
    if (!found) throw new Error(`there is nothing to click that says "${text}"`);
  });
  const see = async (...texts) => {
    const page = await run(`document.body.innerText`);
    for (const text of texts) if (!page.includes(text)) throw new Error(`no "${text}" in:\n${page}`);
    const { data } = await tab("Page.captureScreenshot");
    const name = texts[0].toLowerCase().replaceAll(/[^a-z]+/g, "-");
    writeFileSync(join(folder, `${++shots}-${name}.png`), data, "base64");
    console.log(`saw: ${texts.join(" / ")}`);
  };

  await open("/");
  await see("Sign in");
  await click("Sign in");
  await see("Verify your e-mail address", "st-ev");
  await click("Verify my e-mail address");
  await click("go on");
  await see("Signed in", "ada@example.com", "Hello ada@example.com");
  // The token expires, and the next one is signed with a new key.
  await click("Rotate the key now");
  await see("Signed in");
  await sleep(21_000);
  await click("Reload");
  await see("Signed in", "ada@example.com");
  await click("Add a second access token cookie");
  await see("Something is wrong with your session", "more than one");
  await click("Remove it");
  await see("Signed in");
  // An outage harms nobody until there is a key that is not known.
  await click("Stop the core");
  await see("Signed in");
  await click("Rotate the key now");
  await sleep(21_000);
  await open("/account");
  await see("Not available right now");
  await click("Start the core");
  await see("Not available right now");
  const [, seconds] = (await run("document.body.innerText")).match(/in (\d+) s/);
  await sleep(seconds * 1000);
  await click("Try again");
  await see("Signed in");
  await click("Sign out");
  await see("Sign in");
}

try {
  const lines = createInterface(site.stdout);
  const [url] = await new Promise((resolve, reject) => {
    lines.once("line", (line) => resolve(line.match(/http:\/\/[^/]+/)));
    site.once("exit", () => reject(new Error("the site has ended")));
  });
  chromium.once("exit", () => { console.error("Chromium has ended"); process.exit(1); });
  await walk(url);
  console.log(`${shots} pages as they should be`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  chromium.removeAllListeners("exit");
  chromium.kill();
  site.removeAllListeners("exit");
  site.kill();
  await sleep(500);
  rmSync(profile, { recursive: true, force: true });
}
process.exit();

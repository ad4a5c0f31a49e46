// Tests the help page in a real browser: searching for a method, trying it, and using only the keyboard.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const [programs, tools, pictures, chromium] = ["PROGRAMS", "TOOLS", "PICTURES", "CHROMIUM"].map((name) => process.env[name]);
const require = createRequire(`${tools}/package.json`);
const { chromium: driver } = require("playwright-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

const services = {};
let browser;

before(async () => {
  await mkdir(pictures, { recursive: true });
  for (const name of ["geoip", "store", "user"]) services[name] = await start(name);
  const offline = ["--host-resolver-rules=MAP help.test 127.0.0.1", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  browser = await driver.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu", ...offline] });
});

after(async () => {
  await browser?.close();
  for (const { process } of Object.values(services)) process.kill();
});

async function start(name) {
  const process = spawn(`${programs}/${name}`, ["--bind", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await once(createInterface(process.stdout), "line");
  return { process, origin: new URL(line.split(" listens on ")[1]).origin };
}

/** Opens a page, and fails on any error in the console and on any request to another origin. */
async function visit(name, options, visitor, address = `${services[name].origin}/_internal/help`) {
  const origin = address.slice(0, address.indexOf("/", "https://".length));
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  // The browser logs an error for each response with an error status, which the tests cause on purpose.
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:")) complaints.push(request.url());
  });
  await page.goto(address);
  await visitor(page, origin, context);
  assert.deepEqual(complaints, []);
  await context.close();
}

async function sent(form, button = "Send") {
  const before = await form.locator(".answer").innerHTML();
  await form.getByRole("button", { name: button }).click();
  await form.page().waitForFunction(([it, text]) => it.innerHTML !== text, [await form.locator(".answer").elementHandle(), before]);
  return form.locator(".answer");
}

test("a search leaves what it finds", () => visit("user", {}, async (page) => {
  assert.equal(await page.locator(".method:visible").count(), 5);
  await page.getByLabel("Search").fill("delete");
  assert.equal(await page.locator(".method:visible").count(), 1);
  assert.equal(await page.getByRole("status").filter({ hasText: "found" }).textContent(), "1 found");
  await page.getByLabel("Search").fill("");
  assert.equal(await page.locator(".method:visible").count(), 5);
}));

test("a method is tried: 200, then 304, and 400 for what breaks a rule", () => visit("geoip", {}, async (page) => {
  const form = page.locator("form.try").first();
  await form.getByLabel("ip *").fill("130.59.31.80");
  const answer = await sent(form);
  assert.match(await answer.textContent(), /200 OK in \d+ ms/);
  assert.match(await answer.locator("pre").textContent(), /"country_code": "CH"/);
  assert.match(await answer.locator("table").textContent(), /cache-control/);
  await sent(form, "Ask again, if it has changed");
  assert.match(await answer.textContent(), /304/);
  await form.getByLabel("ip *").fill("nowhere");
  await sent(form);
  assert.match(await answer.textContent(), /400 Bad Request/);
  assert.match(await answer.locator("pre").textContent(), /"name": "ip"/);
}));

test("a representation and further header fields are asked for", () => visit("geoip", {}, async (page) => {
  const form = page.locator("form.try").first();
  await form.getByLabel("ip *").fill("130.59.31.80");
  await form.getByLabel("Representation").selectOption(".xml");
  const answer = await sent(form);
  assert.match(await answer.locator("pre").textContent(), /^<response>\n {2}<country_code>CH<\//);
  await form.getByLabel("Representation").selectOption("the default");
  await form.getByLabel("More header fields").fill("Accept: text/x-nothing");
  await sent(form);
  assert.match(await answer.textContent(), /406/);
}));

test("each representation is offered once", () => visit("geoip", {}, async (page) => {
  const offered = await page.locator("form.try").first().getByLabel("Representation").locator("option").allTextContents();
  assert.deepEqual(offered, ["the default", ".json", "Accept: application/json", ".xml", "Accept: text/xml", "Accept: application/xml"]);
}));

test("what is asked for again is what was asked for", () => visit("geoip", {}, async (page) => {
  const form = page.locator("form.try").first();
  const again = form.getByRole("button", { name: "Ask again, if it has changed" });
  await form.getByLabel("ip *").fill("130.59.31.80");
  await sent(form);
  assert.ok(await again.isEnabled());
  await form.getByLabel("ip *").fill("10.0.0.1");
  assert.ok(await again.isDisabled(), "the tag is that of another target");
  const answer = await sent(form);
  assert.match(await answer.textContent(), /404 Not Found/);
  assert.ok(await again.isDisabled(), "a failure has no tag");
}));

test("what a browser cannot ask for is told, and not asked for", () => visit("geoip", {}, async (page) => {
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const form = page.locator("form.try").first();
  await form.getByLabel("ip *").fill("..");
  const answer = await sent(form);
  assert.match(await answer.textContent(), /It cannot be asked: .* --path-as-is/);
  assert.deepEqual(asked, []);
}));

test("of a redirect is told what a browser tells", () => visit("geoip", {}, async (page) => {
  await page.route("**/1/*", (route) => route.fulfill({ status: 303, headers: { location: "/elsewhere" } }));
  const answer = await sent(page.locator("form.try").first());
  assert.match(await answer.textContent(), /A redirect in \d+ ms.*nor where it leads: curl does/);
}));

test("content is sent, and what is in the way of it is shown as text", () => visit("user", {}, async (page) => {
  const form = page.getByRole("form", { name: "Try POST /1/", exact: true });
  await form.getByLabel("email *").fill("<img src=x>@example.org");
  await form.getByLabel("password *").fill("a secret");
  const answer = await sent(form);
  assert.match(await answer.textContent(), /201 Created/);
  assert.equal(await page.locator("img").count(), 0);
}));

test("content as a whole is sent", () => visit("store", {}, async (page) => {
  const form = page.getByRole("form", { name: "Try POST /", exact: true });
  await form.getByLabel("Media type").selectOption("application/json");
  await form.getByLabel("Content", { exact: true }).fill('{"name": "value"}');
  const answer = await sent(form);
  assert.match(await answer.textContent(), /201 Created/);
}));

test("a keyboard is enough", () => visit("geoip", {}, async (page) => {
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.dataset.name || document.activeElement.id);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the resources");
  await page.keyboard.press("Enter");
  for (let steps = 0; (await focused()) !== "ip"; steps += 1) {
    assert.ok(steps < 40, "the field can be reached");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("130.59.31.80");
  await page.keyboard.press("Enter");
  await page.locator(".answer .status").first().waitFor();
  assert.equal(await page.locator(".answer .status").first().textContent(), "200 OK");
}));

test("what is to be copied is copied", () => visit("geoip", { permissions: ["clipboard-read", "clipboard-write"] }, async (page, origin) => {
  await page.getByRole("button", { name: "Copy" }).first().click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), new RegExp(`^curl '${origin}/1/`));
}));

test("nothing is to be copied where a browser lets nobody", () => visit("geoip", {}, async (page) => {
  assert.equal(await page.evaluate(() => navigator.clipboard), undefined);
  assert.equal(await page.getByRole("button", { name: "Copy" }).count(), 0);
}, `${services.geoip.origin.replace("127.0.0.1", "help.test")}/_internal/help`));

for (const name of ["geoip", "store", "user"]) {
  test(`the commands of ${name} run as they are`, () => visit(name, {}, async (page) => {
    for (const command of await page.locator("pre.curl code").allTextContents()) {
      const { stdout } = await promisify(execFile)("sh", ["-c", `${command} --silent --output /dev/null --write-out '%{http_code}'`]);
      assert.match(stdout, /^(2..|401|404|409)$/, command);
    }
  }));
}

test("a page of files has a search, and what is to be copied, and nothing to ask", async () => {
  const folder = await mkdtemp(join(tmpdir(), "help-"));
  await promisify(execFile)(`${programs}/user`, ["help-page", "--output", folder]);
  await visit("user", {}, async (page) => {
    await page.getByLabel("Search").fill("delete");
    assert.equal(await page.locator(".method:visible").count(), 1);
    assert.equal(await page.getByRole("button", { name: "Copy" }).count(), 1);
    assert.equal(await page.locator("form").count(), 0);
    assert.match(await page.locator(".method:visible pre.curl").textContent(), /^curl -X DELETE 'http:\/\/127/);
  }, `file://${folder}/index.html`);
  await rm(folder, { recursive: true });
});

test("it reads without a script", () => visit("geoip", { javaScriptEnabled: false }, async (page) => {
  assert.ok(await page.getByRole("heading", { name: "/1/{ip}", exact: false }).first().isVisible());
  assert.equal(await page.locator("form.try:visible").count(), 0);
  assert.equal(await page.getByLabel("Search").count() && await page.getByLabel("Search").isVisible(), false);
}));

for (const [look, options] of Object.entries({
  light: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "light" },
})) {
  for (const name of ["geoip", "store", "user"]) {
    test(`${name} in ${look} can be read by everybody`, () => visit(name, { ...options, bypassCSP: true }, async (page) => {
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing runs over the edge");
      if (name === "geoip") {
        const form = page.locator("form.try").first();
        await form.getByLabel("ip *").fill("130.59.31.80");
        await sent(form);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nor does an answer");
      }
      for (const summary of await page.locator("summary").all()) await summary.click();
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: `${pictures}/${name}-${look}.png`, fullPage: true });
    }));
  }
}

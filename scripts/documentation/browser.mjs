// Tests the pages of a service in a real browser. The help page: searching for a method, trying it, and using only the keyboard.
// The statistics: refreshing them.
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
  services.login = await start("examples/login");
  services.monitored = await start("examples/monitored");
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

/** Sends the request of a form, and returns the element with the response. */
async function send(form, button = "Send") {
  const response = form.locator(".response");
  const before = await response.innerHTML();
  await form.getByRole("button", { name: button, exact: true }).click();
  const isDone = ([it, text]) => it.innerHTML !== text && it.ariaBusy !== "true";
  await form.page().waitForFunction(isDone, [await response.elementHandle(), before]);
  return response;
}

test("search hides the methods that do not match", () => visit("user", {}, async (page) => {
  assert.equal(await page.locator(".method:visible").count(), 5);
  await page.getByLabel("Search").fill("delete");
  assert.equal(await page.locator(".method:visible").count(), 1);
  assert.equal(await page.getByRole("status").filter({ hasText: "found" }).textContent(), "1 found");
  await page.getByLabel("Search").fill("");
  assert.equal(await page.locator(".method:visible").count(), 5);
}));

test("a form sends requests: 200, then 304, and 400 for a broken rule", () => visit("geoip", {}, async (page) => {
  const form = page.locator("form.try").first();
  await form.getByLabel("ip *").fill("130.59.31.80");
  const response = await send(form);
  assert.match(await response.textContent(), /200 OK in \d+ ms/);
  assert.match(await response.locator("pre").textContent(), /"country_code": "CH"/);
  assert.match(await response.locator("table").textContent(), /cache-control/);
  await send(form, "Send again, if changed");
  assert.match(await response.textContent(), /304/);
  await form.getByLabel("ip *").fill("nowhere");
  await send(form);
  assert.match(await response.textContent(), /400 Bad Request/);
  assert.match(await response.locator("pre").textContent(), /"name": "ip"/);
}));

test("a representation and header fields can be chosen", () => visit("geoip", {}, async (page) => {
  const form = page.locator("form.try").first();
  await form.getByLabel("ip *").fill("130.59.31.80");
  await form.getByLabel("Representation").selectOption(".xml");
  const response = await send(form);
  assert.match(await response.locator("pre").textContent(), /^<response>\n {2}<country_code>CH<\//);
  await form.getByLabel("Representation").selectOption("Default");
  await form.getByLabel("More header fields").fill("Accept: text/x-nothing");
  await send(form);
  assert.match(await response.textContent(), /406/);
}));

test("the curl command follows the form", () => visit("store", {}, async (page, origin) => {
  const form = page.getByRole("form", { name: "Try POST /", exact: true });
  const command = page.locator(".method").filter({ has: form }).locator("pre.curl");
  await form.getByLabel("Body", { exact: true }).fill('{"it\'s": "x"}');
  await form.getByLabel("More header fields").fill("Authorization: Bearer secret");
  await form.getByLabel("Representation").selectOption("Accept: text/xml");
  const fields = "-H 'accept: text/xml' -H 'authorization: Bearer secret' -H 'content-type: application/json'";
  assert.equal(await command.textContent(), `curl -X POST ${fields} --data-binary '{"it'\\''s": "x"}' '${origin}/'`);
}));

test("a form has fields for the credentials of its method, which are sent and kept nowhere", () => visit("login", {}, async (page, origin) => {
  const form = page.getByRole("form", { name: "Try GET /who", exact: true });
  const commands = page.locator(".method").filter({ has: form }).locator("pre.curl:visible");
  assert.equal(await commands.count(), 4);
  const sent = [];
  page.on("request", (request) => sent.push(request.url()));
  const response = await send(form);
  assert.match(await response.textContent(), /^401 .*www-authenticateBearer.*Basic.*ApiKey.*ApiKey/s);
  const content = response.locator("pre");
  for (const [values, expected, command] of [
    [{ "User name": "adä", "Password": "it's: 1" }, '"login adä it\'s: 1"', "-u 'adä:it'\\''s: 1'"],
    [{ "Bearer token": "abc" }, '"token abc"', "-H 'authorization: Bearer abc'"],
    [{ "Bearer token": "", "User name": "", "Password": "", "X-Program": "key" }, '"program key"', "-H 'x-program: key'"],
    [{ "More header fields": "Authorization: Bearer def", "Bearer token": "abc", "X-Program": "" }, '"token def"', "-H 'authorization: Bearer def'"],
  ]) {
    for (const [label, value] of Object.entries(values)) await form.getByLabel(label, { exact: true }).fill(value);
    await send(form);
    assert.equal(await content.textContent(), expected);
    assert.deepEqual(await commands.allTextContents(), [`curl ${command} '${origin}/who'`]);
  }
  assert.deepEqual([...new Set(sent)], [`${origin}/who`]);
  assert.equal(page.url(), `${origin}/_internal/help`);
  assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length), 0);
  assert.equal(await page.getByRole("form", { name: "Try GET /open" }).getByLabel("Password").count(), 0);
}));

test("a form shows that it waits", () => visit("geoip", {}, async (page) => {
  let respond;
  await page.route("**/1/*", async (route) => {
    await new Promise((resolve) => { respond = resolve; });
    await route.fulfill({ status: 204 });
  });
  const form = page.locator("form.try").first();
  await form.getByLabel("ip *").fill("10.0.0.1");
  await form.getByRole("button", { name: "Send", exact: true }).click();
  assert.match(await form.locator(".response[aria-busy=true]").textContent(), /Waiting/);
  respond();
  await form.locator(".response:not([aria-busy])").waitFor();
}));

test("each representation is offered once", () => visit("geoip", {}, async (page) => {
  const offered = await page.locator("form.try").first().getByLabel("Representation").locator("option").allTextContents();
  assert.deepEqual(offered, ["Default", ".json", "Accept: application/json", ".xml", "Accept: text/xml", "Accept: application/xml"]);
}));

test("a request can be sent again only until the form changes", () => visit("geoip", {}, async (page) => {
  const form = page.locator("form.try").first();
  const again = form.getByRole("button", { name: "Send again, if changed" });
  await form.getByLabel("ip *").fill("130.59.31.80");
  await send(form);
  assert.ok(await again.isEnabled());
  await form.getByLabel("ip *").fill("10.0.0.1");
  assert.ok(await again.isDisabled(), "the tag belongs to another target");
  const response = await send(form);
  assert.match(await response.textContent(), /404 Not Found/);
  assert.ok(await again.isDisabled(), "a failure has no tag");
}));

test("a path that browsers change is reported and not requested", () => visit("geoip", {}, async (page) => {
  const requested = [];
  page.on("request", (request) => requested.push(request.url()));
  const form = page.locator("form.try").first();
  await form.getByLabel("ip *").fill("..");
  const response = await send(form);
  assert.match(await response.textContent(), /Request failed: .* curl/);
  assert.match(await page.locator("pre.curl").first().textContent(), /--path-as-is .*\/1\/\.\.'$/);
  assert.deepEqual(requested, []);
}));

test("a redirect is reported without its location", () => visit("geoip", {}, async (page) => {
  await page.route("**/1/*", (route) => route.fulfill({ status: 303, headers: { location: "/elsewhere" } }));
  const response = await send(page.locator("form.try").first());
  assert.match(await response.textContent(), /Redirect in \d+ ms.*Use curl/);
}));

test("parameters are sent as content, and markup in a response is shown as text", () => visit("user", {}, async (page) => {
  const form = page.getByRole("form", { name: "Try POST /1/", exact: true });
  await form.getByLabel("email *").fill("<img src=x>@example.org");
  await form.getByLabel("password *").fill("a secret");
  const response = await send(form);
  assert.match(await response.textContent(), /201 Created/);
  assert.equal(await page.locator("img").count(), 0);
}));

test("a whole body is sent", () => visit("store", {}, async (page) => {
  const form = page.getByRole("form", { name: "Try POST /", exact: true });
  await form.getByLabel("Media type").selectOption("application/json");
  await form.getByLabel("Body", { exact: true }).fill('{"name": "value"}');
  const response = await send(form);
  assert.match(await response.textContent(), /201 Created/);
}));

test("the page can be used with the keyboard alone", () => visit("geoip", {}, async (page) => {
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.dataset.name || document.activeElement.id);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the resources");
  await page.keyboard.press("Enter");
  for (let steps = 0; (await focused()) !== "ip"; steps += 1) {
    assert.ok(steps < 40, "the field cannot be reached");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("130.59.31.80");
  await page.keyboard.press("Enter");
  await page.locator(".response .status").first().waitFor();
  assert.equal(await page.locator(".response .status").first().textContent(), "200 OK");
}));

test("a curl command is copied", () => visit("geoip", { permissions: ["clipboard-read", "clipboard-write"] }, async (page, origin) => {
  await page.getByRole("button", { name: "Copy" }).first().click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), new RegExp(`^curl '${origin}/1/`));
}));

test("there is no copy button without a clipboard", () => visit("geoip", {}, async (page) => {
  assert.equal(await page.evaluate(() => navigator.clipboard), undefined);
  assert.equal(await page.getByRole("button", { name: "Copy" }).count(), 0);
}, `${services.geoip.origin.replace("127.0.0.1", "help.test")}/_internal/help`));

for (const name of ["geoip", "store", "user", "login"]) {
  test(`the curl commands of ${name} run unchanged`, () => visit(name, {}, async (page) => {
    for (const command of await page.locator("pre.curl code").allTextContents()) {
      const { stdout } = await promisify(execFile)("sh", ["-c", `${command} --silent --output /dev/null --write-out '%{http_code}'`]);
      assert.match(stdout, /^(2..|401|404|409)$/, command);
    }
  }));
}

test("the page as a file has a search and copy buttons, but no forms", async () => {
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

test("the page is readable without its script", () => visit("geoip", { javaScriptEnabled: false }, async (page) => {
  assert.ok(await page.getByRole("heading", { name: "/1/{ip}", exact: false }).first().isVisible());
  assert.equal(await page.locator("form.try:visible").count(), 0);
  assert.equal(await page.getByLabel("Search").count() && await page.getByLabel("Search").isVisible(), false);
}));

const looks = {
  light: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 375, height: 812 }, colorScheme: "light" },
};

for (const [look, options] of Object.entries(looks)) {
  for (const name of ["geoip", "store", "user", "login"]) {
    test(`${name} is accessible (${look})`, () => visit(name, { ...options, bypassCSP: true }, async (page) => {
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the window");
      if (name === "geoip") {
        const form = page.locator("form.try").first();
        await form.getByLabel("ip *").fill("130.59.31.80");
        await send(form);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the response is wider than the window");
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

const statistics = () => `${services.monitored.origin}/_internal/stats`;

/** Sends requests of all kinds to the service with statistics. */
async function load() {
  const { origin } = services.monitored;
  for (const [method, path] of [["GET", "/orders"], ["GET", "/orders/6"], ["GET", "/orders/1001"], ["GET", "/nothing"], ["PUT", "/orders/0"], ["PUT", "/orders/1"]]) {
    await (await fetch(origin + path, { method })).text();
  }
}

/** The number of requests in the row of a method. */
async function requests(page, method) {
  const header = page.getByRole("rowheader", { name: method, exact: true });
  const row = page.getByRole("row").filter({ has: header });
  return Number(await row.getByRole("cell").nth(5).textContent());
}

test("the statistics are refreshed in place, and can be paused", () => visit("monitored", {}, async (page, origin) => {
  await page.clock.install();
  await load();
  await page.goto(`${origin}/_internal/stats`);
  const before = await requests(page, "GET /orders");
  const link = page.getByRole("link", { name: "GET /orders", exact: true });
  await link.focus();
  await page.evaluate(() => { document.querySelector("table").isTheSame = true; });
  await load();
  await page.clock.runFor(5000);
  await page.waitForFunction(([row, number]) => row.cells[6].textContent === String(number), [await page.getByRole("row").filter({ has: link }).elementHandle(), before + 1]);
  assert.ok(await page.evaluate(() => document.querySelector("table").isTheSame), "the table is replaced");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "GET /orders");
  await page.getByRole("button", { name: "Pause" }).click();
  let asked = 0;
  page.on("request", () => { asked += 1; });
  await page.clock.runFor(60_000);
  assert.equal(asked, 0);
  const response = page.waitForResponse((it) => it.url().endsWith("/_internal/stats"));
  await page.getByRole("button", { name: "Resume" }).click();
  await response;
}, statistics()));

test("a column of the statistics is sorted by a click, without a script too, and stays so when they are refreshed", async () => {
  for (const javaScriptEnabled of [true, false]) {
    await visit("monitored", { javaScriptEnabled }, async (page) => {
      await load();
      if (javaScriptEnabled) await page.clock.install();
      await page.getByRole("link", { name: "Requests", exact: true }).click();
      await page.waitForURL("**/stats?sort=requests#methods");
      const column = page.getByRole("columnheader", { name: "Requests" });
      assert.equal(await column.getAttribute("aria-sort"), "descending");
      const numbers = async () => page.locator(".methods tbody tr td:nth-child(7)").allTextContents();
      const isSorted = (told) => told.map(Number).every((it, index, all) => index === 0 || all[index - 1] >= it);
      assert.ok(isSorted(await numbers()), await numbers());
      if (javaScriptEnabled) {
        const before = await numbers();
        for (let times = 0; times < 20; times += 1) await load();
        await page.clock.runFor(5000);
        await page.waitForFunction((first) => document.querySelector(".methods tbody td:nth-child(7)").textContent !== first, before[0]);
        assert.ok(isSorted(await numbers()), await numbers());
        assert.equal(await column.getAttribute("aria-sort"), "descending");
      }
      await column.getByRole("link").click();
      await page.waitForURL("**/stats#methods");
      assert.equal(await page.locator("[aria-sort]").count(), 0);
    }, statistics());
  }
});

test("the statistics say that they are not up to date if the service does not respond", () => visit("monitored", {}, async (page, origin) => {
  await page.clock.install();
  await page.goto(`${origin}/_internal/stats`);
  await page.route("**/stats", (route) => route.abort());
  await page.clock.runFor(5000);
  await page.getByRole("status").filter({ hasText: "Not up to date" }).waitFor();
  await page.unroute("**/stats");
  await page.clock.runFor(5000);
  await page.waitForFunction(() => document.getElementById("state").textContent === "");
}, statistics()));

test("the statistics are complete without their script", () => visit("monitored", { javaScriptEnabled: false }, async (page) => {
  await load();
  await page.reload();
  assert.ok(await requests(page, "GET /orders") > 0);
  assert.equal(await page.getByRole("button").count(), 0);
  assert.equal(await page.getByRole("img", { name: /^Requests per second over/ }).count(), 1);
  assert.match(await page.getByRole("region", { name: "Last problems" }).textContent(), /The method panicked/);
  assert.match(await page.getByRole("region", { name: "Metrics of the service" }).textContent(), /waiting_jobs Jobs that wait./);
  assert.match(await page.getByRole("region", { name: "Calls to other services" }).textContent(), /payments.*success: /);
}, statistics()));

for (const [look, options] of Object.entries(looks)) {
  test(`the statistics are accessible (${look})`, () => visit("monitored", { ...options, bypassCSP: true }, async (page) => {
    await load();
    await page.reload();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the window");
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
    await page.screenshot({ path: `${pictures}/statistics-${look}.png`, fullPage: true });
  }, `${statistics()}?sort=p99`));
}

// The script of the help page: search, copy, and forms that send requests if the page belongs to a running service.
// Responses are shown as text, never as markup.
"use strict";

// The root of the service, or undefined if the page is a file.
const root = document.documentElement.dataset.base;
const base = root && new URL(root, location.href).href.replace(/\/$/, "");

function element(name, attributes = {}, ...children) {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, value);
  created.append(...children);
  return created;
}

// Search: shows the methods whose text contains all the words.
const search = document.getElementById("search");
search.closest("div").hidden = false;
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const method of document.querySelectorAll(".method")) {
    const text = (method.closest(".resource").dataset.text + " " + method.dataset.text).toLowerCase();
    method.hidden = !words.every((word) => text.includes(word));
    found += method.hidden ? 0 : 1;
    document.querySelector(`nav a[href="#${CSS.escape(method.id)}"]`).parentElement.hidden = method.hidden;
  }
  for (const resource of document.querySelectorAll(".resource")) {
    resource.hidden = !resource.querySelector(".method:not([hidden])");
    document.querySelector(`nav a[href="#${CSS.escape(resource.id)}"]`).parentElement.hidden = resource.hidden;
  }
  document.getElementById("found").textContent = words.length ? `${found} found` : "";
});

// Copy: browsers provide the clipboard only over TLS and on localhost.
for (const button of navigator.clipboard ? document.querySelectorAll("button.copy") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    button.textContent = "Copied";
  });
}

// The chosen representation, as an option of the form.
function representation(form) {
  return form.elements.representation?.selectedOptions[0];
}

// The URL of the request, with the path variables and the query.
function target(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-in]")) {
    const name = field.dataset.name;
    if (field.dataset.in === "path") {
      const rest = path.includes(`{*${name}}`);
      const value = rest ? field.value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(field.value);
      if (field.value !== "") path = path.replace(rest ? `{*${name}}` : `{${name}}`, () => value);
    } else if (field.dataset.in === "query") {
      for (const value of values(field)) query.append(name, value);
    }
  }
  const text = query.toString();
  return base + path + (representation(form)?.dataset.extension ?? "") + (text ? `?${text}` : "");
}

// Whether a browser would request another path, even if the dots are encoded.
function hasDotSegments(target) {
  return target.split("?")[0].split("/").some((segment) => segment === "." || segment === "..");
}

function values(field) {
  if (field.value === "") return [];
  return "repeated" in field.dataset ? field.value.split("\n").filter(Boolean) : [field.value];
}

// What a user typed as credentials; null if the form has no such field, or it is empty.
function credential(form, kind) {
  return form.querySelector(`[data-credential="${kind}"]`)?.value || null;
}

// The user name and the password, as one text; null without a user name.
function login(form) {
  const user = credential(form, "user");
  return user && `${user}:${credential(form, "password") ?? ""}`;
}

// The field Authorization. A request has one, so a token comes before a login.
function authorization(form) {
  const token = credential(form, "token");
  if (token) return `Bearer ${token}`;
  const typed = login(form);
  return typed && `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(typed)))}`;
}

function fields(form) {
  const fields = new Headers();
  for (const field of form.querySelectorAll('[data-in="header"]')) {
    for (const value of values(field)) fields.append(field.dataset.name, value);
  }
  for (const line of form.elements.fields.value.split("\n").filter((line) => line.trim())) {
    const [name, ...value] = line.split(":");
    fields.append(name.trim(), value.join(":").trim());
  }
  const authorized = authorization(form);
  if (authorized && !fields.has("authorization")) fields.set("authorization", authorized);
  const accept = representation(form)?.dataset.accept;
  if (accept) fields.set("accept", accept);
  return fields;
}

function content(form, fields) {
  const whole = form.elements.content;
  if (whole) {
    if (whole.value === "") return undefined;
    if (form.elements.type.value && !fields.has("content-type")) fields.set("content-type", form.elements.type.value);
    return whole.value;
  }
  const members = [...form.querySelectorAll('[data-in="content"]')];
  if (members.length === 0) return undefined;
  if (members.some((member) => member.type === "file")) {
    const data = new FormData();
    for (const member of members) {
      if (member.type === "file") for (const file of member.files) data.append(member.dataset.name, file);
      else for (const value of values(member)) data.append(member.dataset.name, value);
    }
    return data;
  }
  const data = new URLSearchParams();
  for (const member of members) for (const value of values(member)) data.append(member.dataset.name, value);
  return data;
}

// The request of a form as a command for a shell.
function curl(form) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const headers = fields(form);
  const body = content(form, headers);
  const url = target(form);
  const words = ["curl"];
  if (form.dataset.method !== "GET") words.push("-X", form.dataset.method);
  if (hasDotSegments(url)) words.push("--path-as-is");
  const typed = credential(form, "token") ? null : login(form);
  if (typed && headers.get("authorization") === authorization(form)) {
    words.push("-u", quoted(typed));
    headers.delete("authorization");
  }
  for (const [name, value] of headers) words.push("-H", quoted(`${name}: ${value}`));
  const cookies = [...form.querySelectorAll('[data-in="cookie"]')]
    .flatMap((field) => values(field).map((value) => `${field.dataset.name}=${value}`));
  if (cookies.length > 0) words.push("-b", quoted(cookies.join("; ")));
  if (typeof body === "string") words.push("--data-binary", quoted(body));
  for (const [name, value] of typeof body === "object" ? body : []) {
    if (body instanceof URLSearchParams) words.push("--data-urlencode", quoted(`${encodeURIComponent(name)}=${value}`));
    else if (typeof value === "string") words.push("--form-string", quoted(`${name}=${value}`));
    else words.push("-F", quoted(`${name}=@${value.name || "FILE"}`));
  }
  return [...words, quoted(url)].join(" ");
}

function showCurl(form) {
  try {
    const [command, ...others] = form.closest(".method").querySelectorAll(".command");
    command.querySelector("code").textContent = curl(form);
    // The commands for other credentials do not have what was typed.
    for (const other of others) other.hidden = true;
  } catch {
    // A header field that is not complete yet.
  }
}

// The last request of each form, which the next one ends: a stream of events has no end of its own.
const requests = new WeakMap();

async function send(form, condition) {
  requests.get(form)?.abort();
  const request = new AbortController();
  requests.set(form, request);
  const output = form.querySelector(".response");
  const again = form.querySelector(".again");
  output.replaceChildren(element("p", { class: "status" }, "Waiting for the response…"));
  output.setAttribute("aria-busy", "true");
  output.hidden = false;
  try {
    const headers = fields(form);
    const body = content(form, headers);
    if (condition) headers.set("if-none-match", condition);
    const url = target(form);
    if (hasDotSegments(url)) {
      throw new Error("browsers resolve the path segments “.” and “..”. Use the curl command instead.");
    }
    const started = performance.now();
    const response = await fetch(url, {
      method: form.dataset.method,
      headers,
      body,
      cache: "no-store",
      // A browser would ask for a login itself after a 401 with the challenge Basic, and then send it with every request.
      credentials: form.querySelector('[data-credential="user"]') ? "omit" : "same-origin",
      redirect: "manual",
      signal: request.signal,
    });
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
      setEtag(again, null);
      await showEvents(output, response, request, performance.now() - started);
      return;
    }
    const received = await response.blob();
    const time = performance.now() - started;
    setEtag(again, response.headers.get("etag"));
    show(output, response, await shown(received), time);
  } catch (error) {
    if (request.signal.aborted) return;
    setEtag(again, null);
    output.replaceChildren(element("p", { class: "status" }, `Request failed: ${error.message}`));
  }
  output.removeAttribute("aria-busy");
}

// Shows events as they come, until they end or are stopped.
async function showEvents(output, response, request, time) {
  const events = element("code");
  const stop = element("button", { type: "button" }, "Stop");
  stop.addEventListener("click", () => request.abort());
  show(output, response, [element("p", {}, stop), element("pre", { tabindex: "0" }, events)], time);
  output.removeAttribute("aria-busy");
  try {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) events.append(part.value);
  } catch (error) {
    if (!request.signal.aborted) events.append(`The events ended early: ${error.message}`);
  }
  stop.remove();
}

// Sets the entity tag for "Send again", which only a method has whose responses have one. It is cleared when the form changes, since it belongs to the previous request.
function setEtag(again, etag) {
  if (!again) return;
  again.dataset.etag = etag ?? "";
  again.disabled = !etag;
}

// The content as an element: text in place, and everything else as a link to save it.
async function shown(received) {
  if (received.size === 0) return [];
  if (/^text\/|json|xml|javascript|urlencoded/.test(received.type)) {
    const text = formatted(await received.text(), received.type);
    return [element("pre", { tabindex: "0" }, element("code", {}, text))];
  }
  const link = { href: URL.createObjectURL(received), download: "content" };
  return [element("p", {}, element("a", link, `Save the content (${received.size} bytes)`))];
}

function show(output, response, content, time) {
  const isHidden = response.type === "opaqueredirect";
  const status = isHidden ? "Redirect" : `${response.status} ${response.statusText}`;
  const rows = [...response.headers].map(([name, value]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)));
  const parts = [element("p", {}, element("span", { class: "status" }, status), ` in ${Math.round(time)} ms`)];
  if (isHidden) parts.push(element("p", {}, "Browsers hide the status and the location of a redirect from scripts. Use curl to see them."));
  else parts.push(
    element("table", {}, element("caption", { class: "quiet" }, "Header fields"), element("tbody", {}, ...rows)),
  );
  for (const saved of output.querySelectorAll("a[download]")) URL.revokeObjectURL(saved.href);
  output.replaceChildren(...parts, ...content);
}

function formatted(text, type) {
  try {
    if (/json/.test(type)) return JSON.stringify(JSON.parse(text), null, 2);
    if (/xml/.test(type)) return indented(text);
  } catch {
    // Malformed content is shown unchanged.
  }
  return text;
}

function indented(xml) {
  let depth = 0;
  return xml.replace(/>\s*</g, ">\n<").split("\n").map((line) => {
    if (/^<\//.test(line)) depth = Math.max(0, depth - 1);
    const shown = "  ".repeat(depth) + line;
    if (/^<[^/!?][^>]*[^/]>$/.test(line) && !/<\//.test(line)) depth += 1;
    return shown;
  }).join("\n");
}

for (const form of document.querySelectorAll("form.try")) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, "");
  });
  const again = form.querySelector(".again");
  again?.addEventListener("click", () => send(form, again.dataset.etag));
  form.addEventListener("input", () => {
    setEtag(again, null);
    showCurl(form);
  });
}

for (const code of base ? document.querySelectorAll("pre.curl code") : []) {
  code.textContent = code.textContent.replace(code.dataset.origin, () => base.replaceAll("'", "'\\''"));
}

// The help page's script: search, copy, and, where there is a service, a form that asks it. What comes from the service is shown as
// text, never as markup.
"use strict";

// The root of the service; a page that is a file has none to ask.
const root = document.documentElement.dataset.base;
const base = root && new URL(root, location.href).href.replace(/\/$/, "");

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Search: a method is shown if all the words are in what is said of it.
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

// Copy: a browser has a clipboard only for pages that came over TLS, or from this machine.
for (const button of navigator.clipboard ? document.querySelectorAll("button.copy") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    button.textContent = "Copied";
  });
}

// The target: path variables in their places, the rest in the query.
function target(form, extension) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-in]")) {
    const name = field.dataset.name;
    if (field.dataset.in === "path") {
      const rest = path.includes(`{*${name}}`);
      const value = rest ? field.value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(field.value);
      path = path.replace(rest ? `{*${name}}` : `{${name}}`, () => value);
    } else if (field.dataset.in === "query") {
      for (const value of values(field)) query.append(name, value);
    }
  }
  // To a browser they are other targets, encoded or not.
  if (path.split("/").some((segment) => segment === "." || segment === "..")) {
    throw new Error("a browser takes a part of a path that is “.” or “..” for the way to another path. Try it with curl and --path-as-is.");
  }
  const text = query.toString();
  return base + path + extension + (text ? `?${text}` : "");
}

function values(field) {
  if (field.value === "") return [];
  return "repeated" in field.dataset ? field.value.split("\n").filter(Boolean) : [field.value];
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

async function ask(form, condition) {
  const chosen = form.elements.representation?.selectedOptions[0];
  const output = form.querySelector(".answer");
  const again = form.querySelector(".again");
  try {
    const headers = fields(form);
    const body = content(form, headers);
    if (chosen?.dataset.accept) headers.set("accept", chosen.dataset.accept);
    if (condition) headers.set("if-none-match", condition);
    const started = performance.now();
    const response = await fetch(target(form, chosen?.dataset.extension ?? ""), {
      method: form.dataset.method,
      headers,
      body,
      cache: "no-store",
      credentials: "same-origin",
      redirect: "manual",
    });
    const text = await response.text();
    const time = performance.now() - started;
    know(again, response.headers.get("etag"));
    show(output, response, text, time);
  } catch (error) {
    know(again, null);
    output.replaceChildren(element("p", { class: "status" }, `It cannot be asked: ${error.message}`));
  }
  output.hidden = false;
}

// The entity tag of what the form asks for: that of what it asked for before says nothing of it.
function know(again, etag) {
  again.dataset.etag = etag ?? "";
  again.disabled = !etag;
}

function show(output, response, text, time) {
  const isHidden = response.type === "opaqueredirect";
  const status = isHidden ? "A redirect" : `${response.status} ${response.statusText}`;
  const rows = [...response.headers].map(([name, value]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)));
  const parts = [element("p", {}, element("span", { class: "status" }, status), ` in ${Math.round(time)} ms`)];
  if (isHidden) parts.push(element("p", {}, "A browser tells no page which status a redirect has, nor where it leads: curl does."));
  else parts.push(
    element("table", {}, element("caption", { class: "quiet" }, "Header fields"), element("tbody", {}, ...rows)),
  );
  if (text) parts.push(element("pre", { tabindex: "0" }, element("code", {}, formatted(text, response.headers.get("content-type") ?? ""))));
  output.replaceChildren(...parts);
}

function formatted(text, type) {
  try {
    if (/json/.test(type)) return JSON.stringify(JSON.parse(text), null, 2);
    if (/xml/.test(type)) return indented(text);
  } catch {
    // As it is, then.
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
    ask(form, "");
  });
  const again = form.querySelector(".again");
  again.addEventListener("click", () => ask(form, again.dataset.etag));
  form.addEventListener("input", () => know(again, null));
}

for (const code of base ? document.querySelectorAll("pre.curl code") : []) {
  code.textContent = code.textContent.replace(code.dataset.origin, () => base.replaceAll("'", "'\\''"));
}

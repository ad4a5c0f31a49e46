// Refreshes the page. Only what has changed is replaced, so that nothing flickers, and the focus and the selection stay.
"use strict";

const INTERVAL = 5000;
const PARTS = ["summary", "content"];
const button = document.getElementById("pause");
const state = document.getElementById("state");
let timer;
let isPaused = false;

// Makes one element equal to another.
function update(element, target) {
  for (const { name } of [...element.attributes]) {
    if (!target.hasAttribute(name)) element.removeAttribute(name);
  }
  for (const { name, value } of target.attributes) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  const wanted = [...target.childNodes];
  while (element.childNodes.length > wanted.length) element.lastChild.remove();
  wanted.forEach((node, position) => {
    const old = element.childNodes[position];
    if (old === undefined) element.append(node);
    else if (old.nodeName !== node.nodeName) old.replaceWith(node);
    else if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== node.data) old.data = node.data;
    } else update(old, node);
  });
}

async function refresh() {
  clearTimeout(timer);
  if (isPaused || document.hidden) return;
  try {
    const options = { headers: { accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(2 * INTERVAL) };
    const response = await fetch(location.href, options);
    if (!response.ok) throw new Error(response.statusText);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (isPaused) return;
    for (const id of PARTS) update(document.getElementById(id), page.getElementById(id));
    if (state.textContent !== "") state.textContent = "";
  } catch {
    state.textContent = "Not up to date: the service does not respond.";
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, INTERVAL);
}

button.hidden = false;
button.addEventListener("click", () => {
  isPaused = !isPaused;
  button.textContent = isPaused ? "Resume" : "Pause";
  refresh();
});
document.addEventListener("visibilitychange", refresh);
timer = setTimeout(refresh, INTERVAL);

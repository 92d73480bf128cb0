// Follows a log: asks the page for what came behind its last line, as long as somebody looks
// at it. What is read is the same page as without a script.

const log = document.querySelector("section[data-follows]");
const lines = log.querySelector("#log-lines");
const box = lines.parentElement;
const pause = log.querySelector("#log-pause");
const state = log.querySelector("#log-state");

const second = 1000;
const slowest = 30 * second; // between two questions that fail
const patience = 30 * 60 * second; // without anybody who moves or types
const most = 1000; // lines that are kept on the page

let wait = second;
let paused = false;
let timer = 0;
let asking = null;
let seen = Date.now();

function says(text) {
  if (state.textContent !== text) state.textContent = text;
}

function stop(text) {
  clearTimeout(timer);
  asking?.abort();
  asking = null;
  says(text);
}

function soon() {
  clearTimeout(timer);
  if (!paused && !document.hidden) timer = setTimeout(ask, wait);
}

// Takes the lines of the page that was read, and keeps the end in sight if it was.
function take(page) {
  const came = page.querySelector("#log-lines");
  const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
  lines.append(...Array.from(came.children));
  lines.dataset.last = came.dataset.last;
  while (lines.children.length > most) lines.firstElementChild.remove();
  if (lines.children.length > 0) log.querySelector("#log-empty")?.remove();
  if (atEnd) box.scrollTop = box.scrollHeight;
}

// Puts what was counted in place, unless somebody is about to use or copy it.
function renew(page) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const marked = document.getSelection();
    const used = part.contains(document.activeElement) || (marked && !marked.isCollapsed && part.contains(marked.anchorNode));
    const now = page.getElementById(part.id);
    if (now && !used && now.innerHTML !== part.innerHTML) part.replaceChildren(...now.childNodes);
  }
}

async function ask() {
  if (Date.now() - seen > patience) {
    paused = true;
    pause.textContent = pause.dataset.textGoOn;
    stop(pause.dataset.textIdle);
    return;
  }
  const address = new URL(location.href);
  address.searchParams.delete("step");
  address.searchParams.set("after", lines.dataset.last);
  asking = new AbortController();
  try {
    const answer = await fetch(address, { signal: asking.signal, cache: "no-store" });
    if (answer.redirected) {
      paused = true;
      pause.hidden = true;
      stop(pause.dataset.textOut);
      return;
    }
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    take(page);
    renew(page);
    wait = second;
    says(pause.dataset.textLive);
  } catch (error) {
    if (error.name === "AbortError") return;
    wait = Math.min(wait * 2, slowest);
    says(pause.dataset.textFailed);
  }
  soon();
}

pause.addEventListener("click", () => {
  paused = !paused;
  pause.textContent = paused ? pause.dataset.textGoOn : pause.dataset.textPause;
  if (paused) {
    stop(pause.dataset.textPaused);
  } else {
    seen = Date.now();
    wait = second;
    ask();
  }
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    clearTimeout(timer);
    asking?.abort();
  } else if (!paused) {
    ask();
  }
});

for (const kind of ["pointermove", "keydown", "touchstart"]) {
  addEventListener(kind, () => { seen = Date.now(); }, { passive: true });
}

document.getElementById("read-anew")?.remove();
pause.hidden = false;
box.scrollTop = box.scrollHeight;
says(pause.dataset.textLive);
soon();

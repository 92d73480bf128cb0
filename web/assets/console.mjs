// What is easier with a script in the administration. Nothing needs it.

// Copies what stands beside the button, and says so.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const words = Array.from(button.childNodes);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.textDone;
    setTimeout(() => { button.replaceChildren(...words); }, 2000);
  });
}

// A choice above a list takes effect at once.
for (const select of document.querySelectorAll("form.search select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// What was sent is not sent twice because somebody pressed twice.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 10000); // a file came, or nothing at all
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// All lines of a list can be ticked at once.
for (const head of document.querySelectorAll("th.pick")) {
  const boxes = () => Array.from(head.closest("table").querySelectorAll("td.pick input"));
  if (boxes().length === 0) continue;
  const all = document.createElement("input");
  all.type = "checkbox";
  all.setAttribute("aria-label", "Select all on this page");
  all.addEventListener("change", () => boxes().forEach((box) => { box.checked = all.checked; }));
  head.closest("table").addEventListener("change", () => {
    const ticked = boxes().filter((box) => box.checked).length;
    all.checked = ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
  });
  head.replaceChildren(all);
}

// Moments are told in UTC; pointing at one tells what the clock said here.
for (const time of document.querySelectorAll("main time[datetime]")) {
  time.title = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
}

// Items of a list whose order matters can be dragged: the form of the item is sent with
// the place that it was dropped at.
for (const list of document.querySelectorAll("ol[data-order]")) {
  let dragged = null;
  const items = () => Array.from(list.children);
  if (items().length < 2) continue;
  for (const item of items()) {
    item.draggable = true;
    item.addEventListener("dragstart", (event) => {
      dragged = item;
      item.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
    });
    item.addEventListener("dragend", () => {
      item.classList.remove("dragged");
      items().forEach((one) => one.classList.remove("over", "below"));
    });
    item.addEventListener("dragover", (event) => {
      if (!dragged) return;
      event.preventDefault();
      for (const one of items()) {
        one.classList.toggle("over", one === item && one !== dragged);
        one.classList.toggle("below", items().indexOf(dragged) < items().indexOf(item)); // it lands behind
      }
    });
    item.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!dragged || dragged === item) return;
      const form = dragged.querySelector("form.move");
      form.elements.position.value = items().indexOf(item) + 1;
      form.requestSubmit(form.querySelector("button"));
    });
  }
}

// What goes on is read anew as long as somebody looks at it, and marks or fills in nothing.
if (document.querySelector("section.listing[data-live]")) {
  setInterval(() => {
    const marked = document.getSelection();
    const busy = document.activeElement && document.activeElement.matches("input, select, textarea");
    if (!document.hidden && !busy && (!marked || marked.isCollapsed)) location.reload();
  }, 4000);
}

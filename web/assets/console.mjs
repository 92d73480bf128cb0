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

// Items of a list whose order matters can be dragged: the form of the item is sent with
// the place that it was dropped at.
for (const list of document.querySelectorAll("ol[data-order]")) {
  let dragged = null;
  const items = () => Array.from(list.children);
  for (const item of items()) {
    item.draggable = true;
    item.addEventListener("dragstart", (event) => {
      dragged = item;
      item.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
    });
    item.addEventListener("dragend", () => {
      item.classList.remove("dragged");
      items().forEach((one) => one.classList.remove("over"));
    });
    item.addEventListener("dragover", (event) => {
      if (!dragged) return;
      event.preventDefault();
      items().forEach((one) => one.classList.toggle("over", one === item && one !== dragged));
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

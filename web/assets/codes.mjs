// Copies, prints and saves the recovery codes. Without it they stand on the page, to be
// written down.
const sheet = document.getElementById("sheet");
const codes = Array.from(document.querySelectorAll("#codes code"), (code) => code.textContent);
const said = document.getElementById("copied");

function text() {
  const about = sheet.querySelector(".for").textContent.trim().replace(/\s+/g, " ");
  return [sheet.dataset.sayName, about, "", ...codes, ""].join("\n");
}

const copy = document.getElementById("copy");
copy.hidden = !navigator.clipboard; // there is none where the page came over http
copy.addEventListener("click", async () => {
  await navigator.clipboard.writeText(codes.join("\n") + "\n");
  said.textContent = "";
  requestAnimationFrame(() => (said.textContent = copy.dataset.sayDone));
});

document.getElementById("print").addEventListener("click", () => print());

document.getElementById("download").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text()], { type: "text/plain" }));
  link.download = sheet.dataset.sayName + ".txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
});

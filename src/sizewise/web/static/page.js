// Copy buttons, and names offered while typing. Without it the page works the same, only with less comfort.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const text = button.previousElementSibling.textContent;
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = said; }, 1500);
  } catch {
    const range = document.createRange();
    range.selectNodeContents(button.previousElementSibling);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }
});

const lastWord = (field) => field.value.split(",").pop().trim();

let waiting;
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.dataset || !field.dataset.names) return;
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const typed = lastWord(field);
    if (typed.length < 2) return;
    const asked = `/api/v1/catalog/${field.dataset.names}?like=${encodeURIComponent(typed)}`;
    const answer = await fetch(asked).catch(() => null);
    if (!answer || !answer.ok) return;
    const entries = await answer.json();
    if (typed !== lastWord(field)) return; // a newer question is on its way
    field.list.replaceChildren(...entries.slice(0, 12).map((entry) => {
      const option = document.createElement("option");
      option.value = entry.name;
      return option;
    }));
  }, 150);
});

// A link that is gone back to shows the state that it had.
const here = () => location.pathname + location.search;
let shown = here();
document.addEventListener("htmx:pushedIntoHistory", () => { shown = here(); });
window.addEventListener("popstate", () => { if (here() !== shown) location.reload(); });

// Empty fields do not belong into a link.
document.addEventListener("htmx:configRequest", (event) => {
  const given = event.detail.parameters;
  for (const name of [...given.keys()]) {
    if (given.getAll(name).every((value) => value === "")) given.delete(name);
  }
});

// A server that cannot be reached is said where the answer would be; once it is back, the question is asked again.
let isLost = false;

const askAgain = async () => {
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  if (!answer || !answer.ok) { setTimeout(askAgain, 1000); return; }
  isLost = false;
  htmx.trigger("form[hx-get]", "submit");
};

document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.target.id !== "answer") return; // drawings stay links
  const said = document.createElement("p");
  said.className = "problem";
  said.setAttribute("role", "alert");
  said.textContent = document.body.dataset.lost;
  event.detail.target.replaceChildren(said);
  if (isLost) return;
  isLost = true;
  setTimeout(askAgain, 1000);
});

// On a phone the verdict and its figures come first: forms that were answered and long sections are folded.
const isPhone = matchMedia("(max-width: 40rem)");

const foldArticle = (article) => {
  const shown = article.querySelector(".figures") || article.classList.contains("drawn") ? 0 : 1;
  for (const section of [...article.querySelectorAll(":scope > details")].slice(shown)) section.open = false;
};

const fold = (within) => {
  if (!isPhone.matches) return;
  if (within.matches?.("article > details")) within.open = false;
  else if (within.matches?.("article")) foldArticle(within);
  else within.querySelectorAll("article").forEach(foldArticle);
};

document.addEventListener("htmx:afterSwap", (event) => {
  fold(event.detail.elt || document);
  if (event.detail.target?.id === "answer") document.getElementById("problem")?.remove();
});
fold(document);

// Wide screens show the form beside the answer, also where the style cannot open it.
const ask = document.querySelector(".ask");
if (ask && matchMedia("(min-width: 60.01rem)").matches) ask.open = true;

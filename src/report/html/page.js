"use strict";

// Sorts, filters and pages the list of findings. The page is complete without it: the first rows stand there already,
// and each one below is a copy of the first with other texts.
(() => {
  const data = document.getElementById("data");
  if (!data) return;
  const PAGE = 100;
  const PRINTED = 1000;
  const RANKS = ["left", "error", "warning", "notice"];
  const PARTS = ["novelty", "name", "writer", "kind", "message", "readers", "written", "expires", "size", "fate", "value", "rewrite"];

  const rows = JSON.parse(data.textContent);
  const section = document.getElementById("findings");
  const body = section.querySelector("tbody");
  const model = body.rows[0].cloneNode(true);
  const controls = section.querySelector("form");
  const pages = section.querySelector("nav");
  const heads = [...section.querySelectorAll("th[data-by]")];
  let found = rows;
  let first = 0;
  let by = null;
  let descending = false;

  const number = (count) => count.toLocaleString("en");

  const element = (row) => {
    const copy = model.cloneNode(true);
    const severity = copy.querySelector(".severity");
    severity.className = `severity ${row.severity}`;
    severity.textContent = row.severity;
    for (const part of PARTS) copy.querySelector(`.${part}`).textContent = row[part];
    return copy;
  };

  const show = (length) => {
    body.replaceChildren(...found.slice(first, first + length).map(element));
    const last = Math.min(first + length, found.length);
    const all = found.length < rows.length ? `, of ${number(rows.length)} in all` : "";
    pages.querySelector("output").textContent = found.length
      ? `${number(first + 1)} to ${number(last)} of ${number(found.length)}${all}`
      : `No row fits${all}`;
    for (const button of pages.querySelectorAll("button")) button.hidden = found.length <= PAGE;
    pages.querySelector("[name=previous]").disabled = first === 0;
    pages.querySelector("[name=next]").disabled = last >= found.length;
  };

  const text = (row) => (row.text ??= PARTS.map((part) => row[part]).join("\n").toLowerCase());

  const compare = (a, b) => {
    const [x, y] = by === "severity" ? [RANKS.indexOf(a.severity), RANKS.indexOf(b.severity)] : [a[by], b[by]];
    return x < y ? -1 : x > y ? 1 : 0;
  };

  const refresh = () => {
    const words = controls.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = ["severity", "kind", "novelty", "table"].filter((name) => controls[name]?.value);
    found = rows.filter(
      (row) => wanted.every((name) => row[name] === controls[name].value) && words.every((word) => text(row).includes(word)),
    );
    if (by) found.sort((a, b) => (descending ? -compare(a, b) : compare(a, b)));
    first = 0;
    show(PAGE);
  };

  const sort = (head) => {
    descending = by === head.dataset.by && !descending;
    by = head.dataset.by;
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    refresh();
  };

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head));
    head.replaceChildren(button);
  }
  const turn = (step) => {
    first += step;
    show(PAGE);
    section.scrollIntoView();
  };
  pages.querySelector("[name=previous]").addEventListener("click", () => turn(-PAGE));
  pages.querySelector("[name=next]").addEventListener("click", () => turn(PAGE));
  controls.addEventListener("input", refresh);
  controls.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("beforeprint", () => show(PRINTED));
  window.addEventListener("afterprint", () => show(PAGE));
  controls.hidden = false;
  pages.hidden = false;
  show(PAGE);
})();

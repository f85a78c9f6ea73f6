"use strict";
(() => {
  const form = document.getElementById("controls");
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const entries = [...document.querySelectorAll("main details[data-verdict]")].map(
    (details) => ({ details, text: details.textContent.toLowerCase() })
  );
  const clauses = entries.filter((entry) => entry.details.classList.contains("clause"));

  // A heading whose every entry is hidden goes as well.
  const tidy = () => {
    for (const heading of document.querySelectorAll("main h3")) {
      let any = false;
      for (let next = heading.nextElementSibling; next && next.matches("details.record"); next = next.nextElementSibling) {
        any = any || !next.hidden;
      }
      heading.hidden = !any;
    }
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    for (const { details, text } of entries) {
      details.hidden = !wanted.has(details.dataset.verdict) || !words.every((word) => text.includes(word));
    }
    tidy();
    const count = clauses.filter((entry) => !entry.details.hidden).length;
    const shownRecords = entries.filter((entry) => !entry.details.hidden).length - count;
    const all = wanted.size === boxes.length && words.length === 0;
    shown.textContent = all ? "" : `${count} of ${clauses.length} clauses, ${shownRecords} of ${entries.length - clauses.length} scenarios`;
  };

  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details")) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };

  // Every deviation and error is printed with what was expected and observed.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.record:not([open]), header details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  addEventListener("hashchange", open);
  const all = document.getElementById("all");
  all.addEventListener("click", () => {
    const opens = all.textContent === "open all";
    for (const { details } of entries) details.open = opens;
    all.textContent = opens ? "close all" : "open all";
  });
  for (const command of document.querySelectorAll("code.command")) {
    const button = document.createElement("button");
    button.className = "copy";
    button.type = "button";
    button.textContent = "copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(command.textContent);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(command);
        button.textContent = "selected";
      }
    });
    command.after(button);
  }
  filter();
  open();
})();

"use strict";
(() => {
  const root = document.currentScript.dataset.root;
  const load = (path) => {
    const script = document.createElement("script");
    script.src = root + path;
    document.head.append(script);
  };

  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  // Steps: each a paragraph, with its keyword marked.
  const KEYWORD = /^(Given|When|Then|And|But|\*) /;
  for (const steps of document.querySelectorAll("pre.gherkin")) {
    const lines = steps.textContent.split("\n").map((line) => {
      const keyword = line.match(KEYWORD)?.[1];
      return keyword ? make("span", {}, make("b", {}, keyword), line.slice(keyword.length), "\n") : make("span", {}, line, "\n");
    });
    steps.replaceChildren(...lines);
  }

  // Timelines: the file of a figure is loaded when the figure comes near; each file calls `billingTimelines`.
  const waiting = new Map();
  const inflate = async (text) => {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };
  const show = (figure, content) => {
    const place = content.names.indexOf(figure.dataset.name);
    if (place < 0) return;
    const picture = make("div", { class: "billing-timelines" });
    picture.innerHTML = content.widths.map((width) => width[place]).join("");
    const note = make("p", { class: "note", "aria-hidden": "true" });
    for (const mark of picture.querySelectorAll(".billing-mark")) {
      const words = content.labels[Number(mark.getAttribute("aria-label"))];
      const tell = () => { note.textContent = words; };
      mark.setAttribute("aria-label", words);
      mark.addEventListener("focus", tell);
      mark.addEventListener("mouseenter", tell);
    }
    const details = make("details", {}, make("summary", {}, "The same as text"), make("pre", {}, content.texts[place]));
    figure.replaceChildren(picture, note, details);
  };
  window.billingTimelines = async (chunk, text) => {
    const content = await inflate(text);
    for (const figure of waiting.get(chunk) ?? []) show(figure, content);
    waiting.set(chunk, { push: (figure) => show(figure, content) });
  };
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      const chunk = target.dataset.chunk;
      if (waiting.has(chunk)) waiting.get(chunk).push(target);
      else {
        waiting.set(chunk, [target]);
        load(`timelines/${chunk}.js`);
      }
    }
  }, { rootMargin: "600px" });
  for (const figure of document.querySelectorAll("figure.timeline")) near.observe(figure);

  // An entry that a link names is opened.
  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details")) {
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open])")].slice(0, 200);
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of opened) details.open = false; });

  // Search: the index is loaded at the first use.
  const MOST = 30;
  const ENDINGS = /(?:ations?|ions?|ing|ed|es|s)$/;
  const LIKE = { cancel: ["end"], lose: ["delet"], lost: ["delet"], remov: ["delet"], customer: ["organizat"] };
  const IGNORED = new Set(["a", "an", "and", "the", "of", "to", "is", "are", "what", "when", "how", "does", "do", "happens", "happen", "after", "in", "on", "for", "with", "if", "my", "i", "that", "who", "which", "will", "was"]);
  const input = make("input", { type: "search", id: "words", placeholder: "Search: BC-29, data deleted …", autocomplete: "off", spellcheck: "false" });
  const label = make("label", { class: "unseen", for: "words" }, "Search clauses, scenarios and questions");
  const form = make("form", { id: "search", role: "search" }, label, input);
  const found = make("p", { id: "found", role: "status" });
  const list = make("ol", {});
  const results = make("section", { id: "results", "aria-label": "Search results", hidden: "" }, found, list);
  const top = document.querySelector(".top");
  top.append(form);
  top.after(results);
  let index = null;
  window.billingSearch = (rows) => {
    index = rows.map(([kind, title, path, description, words]) => ({
      kind, title, path, description,
      top: title.toLowerCase(), all: `${kind} ${title} ${description} ${words}`.toLowerCase(),
    }));
    search();
  };
  const RANK = { clause: 14, "open question": 13, family: 4, guide: 2, table: 4 };
  const stem = (word) => word.length > 4 ? word.replace(ENDINGS, "").replace(/([b-df-hj-np-tv-z])\1$/, "$1") : word;
  const pattern = (word) => {
    const root = stem(word);
    const forms = [root, ...(LIKE[root] ?? [])].map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`(?:^|[^\\w])(?:${forms.join("|")})`);
  };
  // What a page says of itself counts more than its other words; a clause or a question may lack one of several words.
  const score = (entry, words, patterns) => {
    let hits = 0, points = 0;
    for (const start of patterns) {
      if (start.test(entry.top)) { hits += 1; points += 3; }
      else if (start.test(entry.all)) { hits += 1; points += 1; }
    }
    if (!hits) return null;
    const whole = words.join(" ");
    const exact = entry.top === whole || entry.top.startsWith(`${whole}:`) || entry.description === whole ? 100 : 0;
    const rank = hits > words.length / 2 ? RANK[entry.kind] ?? 0 : 0;
    return { hits, points: hits * 10 + points + exact + rank };
  };
  const search = () => {
    const typed = input.value.toLowerCase().split(/[^\w$.-]+/).filter(Boolean);
    const meant = typed.filter((word) => !IGNORED.has(word));
    const words = meant.length ? meant : typed;
    results.hidden = words.length === 0;
    if (!words.length) return;
    if (!index) { found.textContent = "The index is being loaded …"; return; }
    const patterns = words.map(pattern);
    const scored = index.map((entry) => ({ entry, ...score(entry, words, patterns) })).filter((one) => one.hits);
    const most = Math.max(...scored.map((one) => one.hits));
    const hits = scored.filter((one) => one.points >= most * 10).sort((a, b) => b.points - a.points);
    found.textContent = hits.length === 0 ? "Nothing found" :
      (most === words.length ? "" : "No page has all of these words; the closest: ") +
      (hits.length > MOST ? `${MOST} of ${hits.length} pages` : `${hits.length} ${hits.length === 1 ? "page" : "pages"}`);
    list.replaceChildren(...hits.slice(0, MOST).map(({ entry }) => {
      const kind = make("span", { class: "kind" }, entry.kind);
      return make("li", {}, make("a", { href: root + entry.path }, kind, " ", entry.title));
    }));
  };
  let asked = false;
  const prepare = () => { if (!asked) { asked = true; load("assets/search-index.js"); } };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  input.addEventListener("focus", prepare);
  input.addEventListener("input", () => { prepare(); search(); });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !results.hidden) { input.value = ""; search(); input.focus(); }
    if (event.key === "/" && !/^(?:INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) { event.preventDefault(); input.focus(); }
  });
})();

"use strict";
// The panel of a page: change its scenario, run it, grade it, and link to it. Nothing is loaded before it is asked for.
(() => {
  const root = document.currentScript.dataset.root;
  const PREFIX = "#try=";
  const MOST_HINTS = 3;
  const LONGEST_LINK = 20_000, LONGEST_TEXT = 100_000; // characters

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const button = (text, action) => {
    const element = make("button", { type: "button" }, text);
    element.addEventListener("click", action);
    return element;
  };
  const megabytes = (count) => `${(count / 1e6).toFixed(1)} MB`;

  // The worker: one for the page, started by the first request, ended by Stop.
  const kit = {
    worker: null, waiting: new Map(), last: 0, ready: false, seconds: 0,
    start(tell) {
      if (this.worker) return;
      this.worker = new Worker(`${root}playground/worker.js`, { type: "module" });
      this.worker.addEventListener("error", (event) => this.fail(event.message || "the worker could not be started", tell));
      this.worker.addEventListener("message", ({ data }) => {
        if (data.kind === "progress") {
          tell(data.stage === "kit" ? "Starting the kit …" : `Loading the runtime: ${megabytes(data.received)} …`);
        } else if (data.kind === "ready") {
          this.ready = true;
          this.seconds = data.seconds;
        } else if (data.kind === "failed" && data.id === undefined) this.fail(data.message, tell);
        else {
          const { resolve, reject } = this.waiting.get(data.id) ?? {};
          this.waiting.delete(data.id);
          if (data.kind === "answer") resolve?.(data.answer);
          else {
            reject?.(new Error(data.message.trim().split("\n").pop()));
            this.stop(new Error("the kit has to start again")); // after an error that it does not expect
          }
        }
      });
    },
    fail(message, tell) {
      tell(`The kit cannot be started: ${message}`);
      this.stop(new Error(message));
    },
    stop(reason) {
      this.worker?.terminate();
      this.worker = null;
      this.ready = false;
      for (const { reject } of this.waiting.values()) reject(reason);
      this.waiting.clear();
    },
    ask(request, tell) {
      this.start(tell);
      return new Promise((resolve, reject) => {
        this.last += 1;
        this.waiting.set(this.last, { resolve, reject });
        this.worker.postMessage({ id: this.last, request });
      });
    },
  };

  // Links: the text and the choices in the fragment, compressed.
  const encode = async (state) => {
    const stream = new Blob([JSON.stringify(state)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };
  const decode = async (text) => {
    if (text.length > LONGEST_LINK) throw new Error("too long");
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const state = JSON.parse(await new Response(stream).text());
    if (typeof state?.text !== "string" || state.text.length > LONGEST_TEXT) throw new Error("no scenario");
    return { text: state.text, readings: Object(state.readings), fault: String(state.fault ?? "") };
  };

  const SIGNS = { conforms: "✓", deviates: "✗", errored: "!", "not applicable": "–", "nothing checked": "·" };
  const STEPS = { holds: ["✓", "holds"], fails: ["✗", "fails"], done: ["·", "done"], "not reached": ["", "not reached"] };

  const showRun = (run) => {
    const kind = run.verdict === "nothing checked" ? "none" : run.verdict.replaceAll(" ", "_");
    const verdict = make("p", { class: `verdict ${kind}` }, `${SIGNS[run.verdict]} ${run.verdict}`, run.name ? `: ${run.name}` : "");
    const parts = [verdict];
    if (run.example) parts.push(make("p", { class: "soft" }, run.example));
    parts.push(make("ol", { class: "outcomes-of-steps" }, ...run.steps.map((step) => {
      const [sign, words] = STEPS[step.outcome];
      return make("li", { class: words.replaceAll(" ", "-") }, make("span", { class: "sign", "aria-hidden": "true" }, sign), step.text,
        make("span", { class: words === "fails" || words === "not reached" ? "soft" : "unseen" }, ` (${words})`));
    })));
    if (run.deviation) {
      const facts = [["asked", `${run.deviation.asked}, line ${run.deviation.line}: ${run.deviation.step}`], ["expected", run.deviation.expected], ["observed", run.deviation.observed]];
      parts.push(make("dl", { class: "facts deviation" }, ...facts.flatMap(([term, text]) => [make("dt", {}, term), make("dd", {}, text)])));
    }
    for (const line of run.rules ?? []) parts.push(make("p", {}, line));
    if (run.error) parts.push(make("p", {}, `Line ${run.line}: ${run.error}`));
    if (run.missing) parts.push(make("p", {}, `It does not apply: what is run does not declare ${run.missing.join(", ")}. Choose that reading above.`));
    if (run.verdict === "nothing checked") parts.push(make("p", {}, "Nothing was checked: end it with a Then."));
    for (const remark of run.remarks) parts.push(make("p", { class: "soft" }, `Remark: ${remark}`));
    if (run.clauses.length) {
      parts.push(make("ul", {}, ...run.clauses.map((clause) => make("li", {}, make("a", { class: "id", href: `${root}clauses/${clause.id}.html` }, clause.id), ` ${clause.sentence}`))));
    }
    if (run.timeline) {
      const picture = make("figure", { class: "drawn" });
      picture.innerHTML = run.timeline; // drawn by the kit, which escapes every text
      const note = make("p", { class: "note", "aria-hidden": "true" });
      for (const mark of picture.querySelectorAll(".billing-mark")) {
        for (const event of ["focus", "mouseenter"]) mark.addEventListener(event, () => { note.textContent = mark.getAttribute("aria-label"); });
      }
      picture.append(note, make("details", {}, make("summary", {}, "The same as text"), make("pre", {}, run.story)));
      parts.push(picture);
    }
    return make("section", { class: "one-run" }, ...parts);
  };

  const showProblems = (problems) => make("div", {},
    make("p", { class: "verdict errored" }, "! It cannot be run"),
    make("ul", { class: "problems" }, ...problems.map((one) => make("li", {},
      make("b", {}, one.line ? `Line ${one.line}: ` : ""), `${one.message}. ${one.fix}${one.fix ? "." : ""}`,
      ...(one.suggestions.length ? [" Nearest:", make("ul", {}, ...one.suggestions.map((text) => make("li", {}, make("code", {}, text))))] : [])))));

  const showAnswer = (answer) => {
    if (answer.problems) return [showProblems(answer.problems)];
    if (answer.error) return [make("p", { class: "verdict errored" }, `! ${answer.error}`)];
    if (answer.grade) {
      const { clause, score, of, lines } = answer.grade;
      const kind = score === of ? "conforms" : score ? "none" : "deviates";
      return [make("p", { class: `verdict ${kind}` }, `${clause}: ${score} of ${of} points`), make("ul", {}, ...lines.slice(1).map((line) => make("li", {}, line.replace(/^\s*(?:- )?/, ""))))];
    }
    const command = make("p", { class: "soft" }, "The same at a command line: ", make("code", { class: "command" }, `--sut ${answer.sut}`));
    return [...answer.runs.map(showRun), command];
  };

  let panels = 0;
  const summary = (answer) => {
    if (answer.problems) return `It cannot be run: ${answer.problems.length === 1 ? "one problem" : `${answer.problems.length} problems`}.`;
    if (answer.error) return "It cannot be run.";
    if (answer.grade) return `${answer.grade.score} of ${answer.grade.of} points.`;
    const counts = new Map();
    for (const { verdict } of answer.runs) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    return [...counts].map(([word, count]) => (answer.runs.length === 1 ? word : `${count} × ${word}`)).join(", ") + ".";
  };

  class Panel {
    constructor(section) {
      this.section = section;
      this.prefix = `playground-${panels += 1}`;
      this.own = { text: section.dataset.scenario, readings: {}, fault: "" };
      this.clause = location.pathname.match(/clauses\/([A-Z]+-\d+)\.html$/)?.[1] ?? "";
      this.attempts = 0;
      this.touched = false;
      section.replaceChildren(button("Run it here", () => this.open(this.own)));
    }

    async open(state) {
      this.build(state);
      this.wanted = state;
      this.text.focus();
      await this.choose(state);
    }

    build(state) {
      const id = (name) => `${this.prefix}-${name}`;
      this.text = make("textarea", { id: id("text"), rows: Math.min(24, state.text.split("\n").length + 2), spellcheck: "false", autocapitalize: "off", "aria-describedby": id("keys") });
      this.text.value = state.text;
      this.text.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.run(); }
      });
      this.text.addEventListener("input", () => { this.attempts = this.touched ? this.attempts : 0; this.touched = true; });
      this.choices = make("div", { class: "choices" });
      this.status = make("p", { class: "status", role: "status", "aria-live": "polite" });
      this.results = make("div", { class: "results" });
      this.runButton = button("Run", () => this.run());
      this.gradeButton = button("Grade", () => this.grade());
      this.stopButton = button("Stop", () => this.stop());
      this.stopButton.hidden = true;
      this.actions = make("div", { class: "actions" }, this.runButton, this.gradeButton, button("Copy link", () => this.link()),
        button("Reset", () => { this.text.value = this.own.text; this.results.replaceChildren(); this.choose(this.own); }), this.stopButton);
      this.runButton.classList.add("first");
      this.section.setAttribute("aria-label", "Run it here");
      this.section.replaceChildren(
        make("label", { for: this.text.id }, "Scenario"), this.text,
        make("p", { id: id("keys"), class: "soft" }, "Change what you like: a date, a step, what is expected. Ctrl+Enter runs it."),
        this.choices, this.actions, this.status, this.results);
    }

    tell(text) { if (this.status.textContent !== text) this.status.textContent = text; }

    async ask(request, words) {
      const controls = [this.runButton, this.gradeButton];
      for (const one of controls) one.disabled = true;
      this.stopButton.hidden = false;
      this.tell(kit.ready ? words : "Loading the runtime …");
      const began = performance.now();
      try {
        const answer = await kit.ask(request, (text) => this.tell(text));
        this.took = (performance.now() - began) / 1000;
        return answer;
      } catch (error) {
        this.tell(error === STOPPED ? "Stopped." : `It failed: ${error.message}`);
        return null;
      } finally {
        for (const one of controls) one.disabled = false;
        this.stopButton.hidden = true;
      }
    }

    async choose(state) {
      const answer = await this.ask({ ask: "choices", text: this.text.value, clause: this.clause }, "Reading the scenario …");
      if (!answer?.choices) return;
      this.tell(`Ready. The kit was started in ${kit.seconds.toFixed(1)} s.`);
      this.showChoices(answer.choices, state);
    }

    showChoices({ clauses, knobs, faults, readings, phrases }, state) {
      const id = (name) => `${this.prefix}-${name}`;
      const chosen = { ...readings, ...state.readings };
      const reading = (knob) => {
        const select = make("select", { id: id(knob.name), "data-knob": knob.name },
          ...knob.values.map((value) => make("option", { value: value.name }, value.name === knob.default ? `${value.name} (default)` : value.name)));
        select.value = chosen[knob.name] ?? knob.default;
        const meaning = make("span", { class: "soft" });
        const tell = () => { meaning.textContent = knob.values.find((value) => value.name === select.value)?.meaning ?? ""; };
        select.dataset.default = knob.default;
        select.addEventListener("change", tell);
        tell();
        return make("div", { class: "reading" }, make("label", { for: select.id }, knob.question), select, meaning);
      };
      const near = knobs.filter((knob) => knob.bears || knob.name in chosen);
      const far = knobs.filter((knob) => !near.includes(knob));
      this.fault = make("select", { id: id("fault") }, make("option", { value: "" }, "none: the reference, which keeps the rules"));
      const group = (label, some) => some.length && this.fault.append(make("optgroup", { label }, ...some.map((one) => make("option", { value: one.name }, `${one.name}: ${one.sentence}`))));
      group("Mistakes about these clauses", faults.filter((one) => one.bears));
      group("Other mistakes", faults.filter((one) => !one.bears));
      this.fault.value = state.fault;
      const parts = [make("div", { class: "reading" }, make("label", { for: this.fault.id }, "A mistake of the implementation"), this.fault)];
      if (near.length) parts.push(make("details", near.some((knob) => (chosen[knob.name] ?? knob.default) !== knob.default) ? { open: "" } : {},
        make("summary", {}, `${near.length} open ${near.length === 1 ? "question" : "questions"} that bear on it`), ...near.map(reading)));
      if (far.length) parts.push(make("details", {}, make("summary", {}, `${far.length} other open questions`), ...far.map(reading)));
      const filter = make("input", { type: "search", id: id("filter"), autocomplete: "off" });
      const list = make("ul", {}, ...phrases.map((one) => make("li", {}, make("code", {}, `${one.kind} ${one.text}`))));
      filter.addEventListener("input", () => {
        const words = filter.value.toLowerCase().split(/\s+/);
        for (const item of list.children) item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
      });
      parts.push(make("details", { class: "all-phrases" }, make("summary", {}, `${phrases.length} steps that can be written`), make("label", { for: filter.id }, "Steps with these words"), filter,
        make("div", { class: "phrases", tabindex: "0", role: "region", "aria-label": "Steps that can be written" }, list)));
      this.choices.replaceChildren(...parts);
      const options = [...new Set([this.clause, ...clauses])].filter((one) => clauses.includes(one));
      this.gradeButton.hidden = options.length === 0;
      this.graded?.remove();
      this.graded = make("select", { id: id("graded"), "aria-label": "The clause that it is graded for" }, ...options.map((one) => make("option", { value: one }, `as a test of ${one}`)));
      this.graded.hidden = options.length === 0;
      this.gradeButton.after(this.graded);
    }

    state() {
      const selects = [...this.choices.querySelectorAll("select[data-knob]")];
      const changed = selects.filter((one) => one.value !== one.dataset.default);
      return { text: this.text.value, readings: Object.fromEntries(changed.map((one) => [one.dataset.knob, one.value])), fault: this.fault?.value ?? "" };
    }

    async run() {
      if (!this.fault) await this.choose(this.wanted);
      if (!this.fault) return;
      const answer = await this.ask({ ask: "run", ...this.state() }, "Running …");
      if (answer) this.show(answer);
    }

    async grade() {
      if (!this.graded?.value) return;
      this.attempts += 1;
      const hints = Math.min(this.attempts, MOST_HINTS);
      const answer = await this.ask({ ask: "grade", text: this.text.value, clause: this.graded.value, hints }, "Grading: every known mistake and every reading is run …");
      if (answer) this.show(answer);
    }

    show(answer) {
      this.results.replaceChildren(...showAnswer(answer));
      this.tell(`${summary(answer)} It took ${this.took.toFixed(1)} s.`);
    }

    stop() { kit.stop(STOPPED); }

    async link() {
      const fragment = PREFIX + await encode(this.state());
      if (fragment.length > LONGEST_LINK) {
        this.tell("The scenario is too long for a link.");
        return;
      }
      history.replaceState(null, "", fragment);
      try {
        await navigator.clipboard.writeText(location.href);
        this.tell("The link was copied: it has the scenario and the choices.");
      } catch {
        this.tell("The link is in the address bar: it has the scenario and the choices.");
      }
    }

    async restore(fragment) {
      try {
        const state = await decode(fragment.slice(PREFIX.length));
        this.offer(state);
      } catch {
        this.section.prepend(make("p", { role: "alert" }, "The link of this page has a scenario that cannot be read: it was probably cut. Ask for it again."));
      }
    }

    offer(state) {
      this.build(state);
      this.wanted = state;
      this.tell("This scenario came with the link. Look at it, then run it.");
      this.section.scrollIntoView();
    }
  }
  const STOPPED = new Error("stopped");

  const found = [...document.querySelectorAll("section.playground")].map((section) => new Panel(section));
  if (found.length) document.head.append(make("link", { rel: "stylesheet", href: `${root}playground/playground.css` }));
  if (location.protocol === "file:") {
    for (const { section } of found) section.replaceChildren(make("p", { class: "soft" }, "To run it here, open the site from a web server: python3 -m http.server in its folder."));
    return;
  }
  const restore = () => { if (location.hash.startsWith(PREFIX)) found[0]?.restore(location.hash); };
  addEventListener("hashchange", restore);
  restore();
})();

// The next best question, or one taken up again: answers by mouse or by key.

function questionPart(act) {
  const host = h("section", { class: "ak-question", "aria-label": t("question") });
  const given = { guess: false, differ: null, sent: "", shown: null };
  const echo = h("p", { class: "ak-echo", "aria-live": "polite" });

  // What is typed stays with its question until it is recorded, whatever is asked in between.
  const drafts = {};
  const heard = (name, asked, key) => (e) => ((drafts[name] = e.target.value), key === "amount" && act("echo", "echo", { criterion: asked.criterion, text: e.target.value }));
  const draft = (asked, key, value, name = `${asked.criterion} ${key}`) => ({ "data-key": key, value: drafts[name] ?? value, oninput: heard(name, asked, key) });

  const answer = (asked, value) => {
    given.sent = asked.criterion;
    const beside = Object.fromEntries([...host.querySelectorAll(".ak-note")].map((field) => [field.dataset.key.replace("-", "_"), field.value]));
    act(`answer-${asked.criterion}`, "answer", { criterion: asked.criterion, value, guess: given.guess, ...beside });
  };

  // In a field where nothing was typed, Ctrl+Z takes back an edit of the session; elsewhere it is the field's own.
  const takesBack = (event, before) => (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && event.target.value === before;

  const hint = (key) => key && h("kbd", { "aria-hidden": "true" }, key);

  // One key a press: from the tenth option on there is none.
  const option = (asked, id, label, name, key = name.length === 1 ? name : null) =>
    h("button", { class: `ak-option${id === "unknown" ? " ak-unknown" : ""}`, "data-key": `option-${name}`, "data-option": id, "aria-keyshortcuts": key, "aria-pressed": asked.chosen.includes(id) ? "true" : "false", onclick: () => (given.differ && id !== "unknown" ? differ(asked, id) : answer(asked, id)) },
      h("span", { class: "ak-ring", "aria-hidden": "true" }), h("span", { class: "ak-option-label" }, label), hint(key));

  // Two people who disagree are two levels: options are gathered until the user says that these differ.
  function differ(asked, id) {
    given.differ[given.differ.has(id) ? "delete" : "add"](id);
    for (const button of host.querySelectorAll("[data-option]")) button.setAttribute("aria-pressed", given.differ.has(button.dataset.option) ? "true" : "false");
    host.querySelector("[data-key=differ-done]").disabled = given.differ.size < 2;
  }

  function disagreement(asked) {
    const done = h("button", { class: "ak-quiet ak-link", "data-key": "differ-done", hidden: !given.differ, disabled: !given.differ || given.differ.size < 2, onclick: () => answer(asked, [...given.differ]) }, t("disagree_done"));
    const box = h("input", { type: "checkbox", "data-key": "differ", onchange: (e) => {
      given.differ = e.target.checked ? new Set(asked.chosen) : null;
      done.hidden = !given.differ;
      done.disabled = asked.chosen.length < 2;
    } });
    box.checked = Boolean(given.differ);
    return h("div", { class: "ak-differ" }, h("label", { class: "ak-guess" }, box, t("disagree"), hint("D")), done);
  }

  function amount(asked) {
    const field = h("input", { type: "text", inputmode: "decimal", class: "ak-amount", ...draft(asked, "amount", asked.amount), "aria-label": `${asked.question} ${asked.unit}`, placeholder: t("amount_hint"), "aria-invalid": asked.fault ? "true" : null });
    field.addEventListener("keydown", (event) => {
      if (!takesBack(event, asked.amount)) event.stopPropagation();
      if (event.key === "Enter" && field.value.trim()) answer(asked, field.value);
      if (event.key === "Escape") host.querySelector("[data-option=unknown]").focus();
      if (event.key.toLowerCase() !== "u" || field.value || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      answer(asked, "unknown");
    });
    const set = h("button", { class: "ak-quiet ak-set", "data-key": "amount-set", onclick: () => field.value.trim() && answer(asked, field.value) }, t("set"));
    return [h("div", { class: "ak-amount-row" }, field, h("span", { class: "ak-text2" }, asked.unit), set), echo];
  }

  function extras(asked) {
    const guess = h("input", { type: "checkbox", "data-key": "guess", "aria-keyshortcuts": "G", onchange: (e) => (given.guess = e.target.checked) });
    guess.checked = given.guess;
    const field = (key, label, value) => {
      const input = h("input", { type: "text", class: "ak-note", ...draft(asked, key, value), "aria-label": label, placeholder: label, "aria-keyshortcuts": key === "note" ? "N" : null });
      input.addEventListener("keydown", (event) => {
        if (!takesBack(event, value)) event.stopPropagation();
        if (!["Enter", "Escape"].includes(event.key) || event.isComposing) return;
        event.preventDefault();
        host.querySelector(".ak-option, .ak-amount").focus();
      });
      return input;
    };
    return h("div", { class: "ak-extras" },
      h("label", { class: "ak-guess" }, guess, t("guess"), hint("G")), field("said-by", t("said_by"), asked.said_by),
      field("note", t("note"), asked.note), field("private-note", t("private_note"), asked.private_note));
  }

  function room(doc) {
    const boxes = doc.room.map(([id, name, there]) => {
      const box = h("input", { type: "checkbox", "data-key": `room-${id}`, onchange: (e) => act(`room-${id}`, "room", { who: id, there: e.target.checked }) });
      box.checked = there;
      return h("label", null, box, name);
    });
    return h("fieldset", { class: "ak-room" }, h("legend", null, t("room")), boxes);
  }

  function card(doc) {
    const asked = doc.asked;
    given.guess = asked.guess;
    given.differ = asked.chosen.length > 1 ? new Set(asked.chosen) : null;
    const options = asked.options.map(([id, label], n) => option(asked, id, label, String(n + 1)));
    return [
      h("div", { class: "ak-ask" }, h("div", { class: "ak-question-head" }, h("span", null, doc.enough ? `● ${doc.enough}` : asked.kicker), h("span", null, asked.count)),
        h("h2", { "data-criterion": asked.criterion }, asked.question), !doc.presenting && asked.help && h("p", { class: "ak-help" }, asked.help)),
      asked.locked ? h("p", { class: "ak-help" }, asked.locked) : h("div", { class: "ak-options" }, options, asked.unit && amount(asked), asked.fault && h("p", { class: "ak-fault", role: "alert" }, asked.fault), option(asked, "unknown", t(doc.presenting ? "unknown" : "unknown_now"), "U")),
      !doc.presenting && extras(asked), !doc.presenting && h("p", { class: "ak-why" }, asked.why),
      !doc.presenting && h("div", { class: "ak-question-foot" }, asked.options.length > 1 && disagreement(asked), h("button", { class: "ak-quiet", "data-key": "park", "aria-keyshortcuts": "P", onclick: () => act("park", "park", { criterion: asked.criterion }) }, t("park"), " ", hint("P")), asked.reopened && h("button", { class: "ak-quiet", "data-key": "next", onclick: () => act("ask", "ask", { criterion: "" }) }, t("back"))),
      !doc.presenting && room(doc),
    ];
  }

  const rest = (doc) => [
    h("h2", null, doc.stop.title), h("p", { class: "ak-help" }, doc.stop.words),
    !doc.presenting && h("div", { class: "ak-lists" }, doc.stop.on && h("button", { class: "ak-present", "data-key": "ask-on", onclick: () => act("ask", "ask_on", {}) }, doc.stop.on), doc.stop.plan && host.closest(".ak-screen") && h("button", { class: "ak-present", "data-key": "plan-pilot", onclick: () => act("section", "section", { name: "pilot" }) }, doc.stop.plan)), !doc.presenting && room(doc),
  ];

  function key(event) {
    const pressed = event.key.length === 1 ? event.key.toUpperCase() : "";
    if (!pressed || event.ctrlKey || event.metaKey || event.altKey) return false;
    const name = { G: "guess", D: "differ", P: "park", N: "note" }[pressed] || `option-${pressed}`;
    const target = host.querySelector(`[data-key="${CSS.escape(name)}"]`);
    if (!target) return false;
    target.focus();
    if (pressed !== "N") target.click();
    return true;
  }

  return { el: host, key, update: (doc) => {
    const { echo: words, ...asked } = doc.asked || {};
    echo.replaceChildren(...(words ? [`${t("understood")} `, h("strong", null, words)] : []));
    if (same([{ ...doc, asked }], given.shown)) return;
    if (given.sent && !asked.fault) Object.keys(drafts).forEach((key) => key.startsWith(`${given.sent} `) && delete drafts[key]);
    Object.assign(given, { sent: "", shown: [{ ...doc, asked }] });
    const jumped = doc.asked && doc.asked.reopened && host.dataset.jumped !== doc.asked.criterion;
    const inside = jumped || host.contains(document.activeElement);
    host.dataset.jumped = doc.asked && doc.asked.reopened ? doc.asked.criterion : "";
    redraw(host, doc.asked ? card(doc) : rest(doc));
    if (inside && (jumped || !host.contains(document.activeElement))) (host.querySelector(".ak-option, .ak-amount, input") || host).focus({ preventScroll: !jumped });
  } };
}

// Every question by topic; a click takes one up. What is typed in the search stays while answers come in.
function questionsPart(act) {
  const list = h("div", null);
  const find = h("input", { type: "text", class: "ak-note", "data-key": "find-question", "aria-label": t("find_question"), "aria-keyshortcuts": "/", placeholder: `${t("find_question")} (/)`, oninput: () => sift() });
  // "/" leads to the search, arrows from row to row.
  const step = (event) => {
    const stops = [find, ...list.querySelectorAll(".ak-answer")].filter((one) => one.checkVisibility());
    const to = event.key === "/" && event.target !== find ? find : stops[stops.indexOf(document.activeElement) + ({ ArrowDown: 1, ArrowUp: -1 }[event.key] || NaN)];
    if (to || event.target === find) event.stopPropagation();
    if (to) to.focus(event.preventDefault());
  };
  const head = h("p", { class: "ak-tally-all" });
  const host = h("section", { class: "ak-questions", "aria-label": t("questions"), onkeydown: step }, head, find, list);
  const line = (doc) => (row) =>
    h("li", null, h("button", { class: "ak-answer", "data-key": `ask-${row.criterion}`, "aria-current": row.criterion === doc.asked ? "true" : null, "aria-label": `${row.label}: ${row.state} ${row.answer}`, onclick: () => act("ask", "ask", { criterion: row.criterion }) },
      h("span", { class: "ak-answer-label" }, h("span", { "aria-hidden": "true" }, `${row.criterion === doc.asked ? "▸" : row.mark} `), row.label), h("span", { class: "ak-answer-value" }, row.mark === "?" ? h("span", { class: "ak-chip" }, row.state) : row.answer)));
  function sift() {
    const wanted = find.value.trim().toLowerCase();
    for (const item of list.querySelectorAll("li")) item.hidden = wanted && !item.textContent.toLowerCase().includes(wanted);
    for (const topic of list.children) {
      topic.hidden = wanted && ![...topic.querySelectorAll("li")].some((item) => !item.hidden);
      if (wanted) topic.open = true;
    }
  }
  return { el: host, update: (doc) => {
    const open = new Set([...list.children].filter((topic) => topic.open).map((topic) => topic.dataset.key));
    head.replaceChildren(h("strong", null, doc.title), ` ${doc.tally}`);
    redraw(list, doc.topics.map((topic) => h("details", { "data-key": topic.title, open: topic.open || open.has(topic.title) }, h("summary", null, h("span", null, topic.title), h("span", { class: "ak-text2" }, topic.count)), h("ul", null, topic.rows.map(line(doc))))));
    sift();
  } };
}

// The advice in words, and the list of answers behind it.

const advicePart = plain("section", () => ({ class: "ak-advice", "aria-label": t("advice") }), (advice) => [
  advice.when && h("p", { class: "ak-when" }, advice.when),
  h("h1", { class: advice.headline.reduce((long, part) => long + part.text.length, 0) > 100 ? "ak-long" : "" }, runs(advice.headline)),
  advice.summary && h("p", { class: "ak-summary" }, advice.summary),
  advice.beside.map((line) => h("p", { class: "ak-beside" }, line)),
]);

const verdictPart = plain("p", () => ({ class: "ak-verdict" }), (verdict) => [h("span", { "aria-hidden": "true" }, verdict.clear ? "● " : "○ "), h("strong", null, verdict.state), ` ${verdict.words}`]);

const answersPart = plain("section", () => ({ class: "ak-answers", "aria-label": t("answers") }), (answers, act) => {
  const mark = (row) => (row.unknown ? h("span", { class: "ak-chip" }, t("unknown")) : [row.answer, row.guess ? [", ", h("em", { class: "ak-amber" }, t("a_guess"))] : null, row.note && h("span", { class: "ak-text2" }, ` ✎ ${t("note_short")}`)]);
  const line = (row) =>
    h("li", null, h("button", { class: "ak-answer", "data-key": `row-${row.criterion}`, "aria-label": `${row.label}: ${row.unknown ? t("unknown") : row.answer}${row.guess ? `, ${t("a_guess")}` : ""}. ${t("change")}.`, title: row.note || null, onclick: () => act("ask", "ask", { criterion: row.criterion }) },
      h("span", { class: "ak-answer-label" }, row.label), h("span", { class: "ak-answer-value" }, mark(row))));
  return [
    h("p", { class: "ak-tally" }, h("strong", null, answers.tally), answers.rest),
    h("ul", null, answers.rows.map(line)),
    answers.parked.length > 0 && [h("p", { class: "ak-tally" }, t("parked")), h("ul", null, answers.parked.map(line))],
  ];
});

"use strict";
/* Filters the cases, keeps the filter in the address, and puts in the text of a paragraph when it is opened. */
{
  const form = document.querySelector(".filters");
  const cases = [...document.querySelectorAll(".case")];
  const paragraphs = JSON.parse(document.getElementById("paragraphs").textContent);
  const searched = new Map();

  /** What is searched: what was asked, expected and said; not what every case has, such as the names of metrics. */
  const wordsOf = (element) => {
    if (!searched.has(element)) {
      const parts = element.querySelectorAll(".question, .expected bdi, .expected q, .said, .citations, .error");
      searched.set(element, [...parts].map((part) => part.textContent).join("\n").toLocaleLowerCase());
    }
    return searched.get(element);
  };

  const wanted = () => Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim() !== ""));

  /** Target, status and result have to be those of one outcome. */
  const fits = (element, { q, stratum, flips, target, status, result }) =>
    (!stratum || element.dataset.stratum === stratum) &&
    (!flips || JSON.parse(element.dataset.flips).includes(flips)) &&
    element.dataset.outcomes
      .trim()
      .split(" ")
      .map((outcome) => outcome.split("/"))
      .some(
        ([name, state, end]) =>
          (!target || name === target) && (!status || state === status) && (!result || end === result),
      ) &&
    (!q || q.toLocaleLowerCase().split(/\s+/).every((word) => wordsOf(element).includes(word)));

  const filter = () => {
    const filters = wanted();
    let count = 0;
    for (const element of cases) {
      element.hidden = !fits(element, filters);
      count += element.hidden ? 0 : 1;
    }
    const all = `${cases.length} ${cases.length === 1 ? "case" : "cases"}`;
    form.elements.count.value = count === cases.length ? all : `${count} of ${all}`;
  };

  const remember = () => history.replaceState(null, "", `#${new URLSearchParams(wanted())}`);

  /** The address holds either a filter or `case`, one to open. */
  const follow = () => {
    const named = new URLSearchParams(location.hash.slice(1));
    for (const field of form.querySelectorAll("input, select")) {
      field.value = named.get(field.name) ?? "";
    }
    filter();
    const opened = document.getElementById(`case=${named.get("case")}`);
    if (opened) {
      opened.open = true;
      opened.scrollIntoView();
      opened.querySelector("summary").focus({ preventScroll: true });
    } else if ([...named].length > 0) {
      form.scrollIntoView();
    }
  };

  const setAll = (open) => {
    for (const element of cases) {
      element.open = open && !element.hidden;
    }
  };

  form.addEventListener("input", () => {
    filter();
    remember();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.clear.addEventListener("click", () => {
    history.replaceState(null, "", "#");
    follow();
  });
  form.elements.open.addEventListener("click", () => setAll(true));
  form.elements.close.addEventListener("click", () => setAll(false));
  addEventListener("hashchange", follow);
  // `toggle` does not bubble.
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (target.open && target.dataset.paragraph) {
        target.querySelector("p").textContent = paragraphs[target.dataset.paragraph];
      }
    },
    true,
  );
  form.hidden = false;
  follow();
}

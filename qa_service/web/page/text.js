/** What the page makes of an answer's text, without a document in sight: pure functions of values. */

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Citation} Citation */
/** @typedef {import("./types.js").Hit} Hit */

/**
 * A stretch of the answer: plain words, a claim, or a marker that stands apart from any claim.
 * @typedef {{kind: "text", text: string}
 *   | {kind: "claim", text: string, verdict: string, markers: number[]}
 *   | {kind: "marker", marker: number}} Run
 */

/** The service's limits on a request, in code points and in turns (qa_service/values.py). */
export const MAX_QUESTION_CHARS = 2000;
const MAX_TURNS = 40;
const MAX_TURN_CHARS = 8000;

/** @param {string} text @returns {number} Unicode code points, as the service counts. */
export function length(text) {
  return Array.from(text).length;
}

/**
 * Cut an answer into lines of runs, a line for each line of its text that is not blank.
 *
 * Markers leave the text: those right behind a claim go with it. A claim whose offsets do not fit is shown as plain words.
 *
 * @param {Answer} answer
 * @returns {Run[][]}
 */
export function segment(answer) {
  const points = Array.from(answer.text);
  const known = new Set(answer.citations.map((citation) => citation.marker));
  /** @type {Run[]} */
  const runs = [];
  let at = 0;
  for (const claim of [...answer.claims].sort((a, b) => a.start - b.start)) {
    if (claim.start < at || claim.end <= claim.start || claim.end > points.length) {
      continue;
    }
    runs.push(...plainRuns(points.slice(at, claim.start).join(""), known));
    const markers = claim.markers.filter((marker) => known.has(marker));
    runs.push({ kind: "claim", text: points.slice(claim.start, claim.end).join(""), verdict: claim.verdict, markers });
    at = claim.end + markersLength(points.slice(claim.end).join(""), new Set(markers));
  }
  runs.push(...plainRuns(points.slice(at).join(""), known));
  return lines(runs);
}

/**
 * @param {string} text what follows a claim
 * @param {Set<number>} markers the claim's own
 * @returns {number} length of the claim's markers at the start of the text; markers are ASCII, so the units agree
 */
function markersLength(text, markers) {
  const pattern = /[ \t]*\[(\d+)\]/y;
  let end = 0;
  for (let match = pattern.exec(text); match && markers.has(Number(match[1])); match = pattern.exec(text)) {
    end = pattern.lastIndex;
  }
  return end;
}

/**
 * @param {string} text
 * @param {Set<number>} known markers that have a citation; any other `[n]` is ordinary text
 * @returns {Run[]}
 */
function plainRuns(text, known) {
  return text
    .split(/(\[\d+\])/)
    .filter((part) => part !== "")
    .map((part) => {
      const marker = /^\[\d+\]$/.test(part) ? Number(part.slice(1, -1)) : 0;
      return known.has(marker) ? { kind: "marker", marker } : { kind: "text", text: part };
    });
}

/** @param {Run[]} runs @returns {Run[][]} */
function lines(runs) {
  /** @type {Run[][]} */
  const found = [[]];
  for (const run of runs) {
    if (run.kind !== "text") {
      found[found.length - 1].push(run);
      continue;
    }
    run.text.split("\n").forEach((text, index) => {
      if (index > 0) {
        found.push([]);
      }
      const line = found[found.length - 1];
      const last = line[line.length - 1];
      if (last?.kind === "text") {
        line[line.length - 1] = { kind: "text", text: last.text + text };
      } else if (text !== "") {
        line.push({ kind: "text", text });
      }
    });
  }
  return found.filter((line) => line.some((run) => run.kind !== "text" || run.text.trim() !== ""));
}

/**
 * Find a citation's quote in its paragraph.
 *
 * By the offsets first; by its words when they do not fit; and the bare quote when the paragraph is not at hand.
 *
 * @param {Citation} citation
 * @param {Hit[]} evidence
 * @returns {{before: string, quote: string, after: string}}
 */
export function locate(citation, evidence) {
  const hit = evidence.find((one) => one.paragraph.id === citation.paragraph_id);
  if (!hit) {
    return { before: "", quote: citation.quote, after: "" };
  }
  const points = Array.from(hit.paragraph.text);
  const start = citation.start - hit.paragraph.start;
  const end = citation.end - hit.paragraph.start;
  if (start >= 0 && points.slice(start, end).join("") === citation.quote) {
    return { before: points.slice(0, start).join(""), quote: citation.quote, after: points.slice(end).join("") };
  }
  const at = hit.paragraph.text.indexOf(citation.quote);
  return at < 0 || citation.quote === ""
    ? { before: "", quote: citation.quote, after: "" }
    : {
        before: hit.paragraph.text.slice(0, at),
        quote: citation.quote,
        after: hit.paragraph.text.slice(at + citation.quote.length),
      };
}

/**
 * What is sent along as the conversation so far: questions and final answers, the newest, within the service's limits.
 *
 * @param {{question: string, answer: Answer | null}[]} turns oldest first; an unanswered one is left out
 * @returns {import("./types.js").Turn[]}
 */
export function conversation(turns) {
  return turns
    .flatMap(({ question, answer }) => {
      if (!answer || answer.text === "") {
        return [];
      }
      return [
        { role: /** @type {"user"} */ ("user"), text: clip(question) },
        { role: /** @type {"assistant"} */ ("assistant"), text: clip(answer.text) },
      ];
    })
    .slice(-MAX_TURNS);
}

/** @param {string} text @returns {string} */
function clip(text) {
  return Array.from(text).slice(0, MAX_TURN_CHARS).join("");
}

/**
 * Where something is said, without the source's name: "3 May 2024", "¶ 3", "p. 2"; what is not known is left out.
 *
 * @param {{published_at: string | null, number?: number, page?: number | null}} place
 * @returns {string[]}
 */
export function placeParts({ published_at, number, page }) {
  const parts = [formatDate(published_at), number === undefined ? "" : `¶ ${number}`, page ? `p. ${page}` : ""];
  return parts.filter((part) => part !== "");
}

/**
 * @param {string | null} isoDate a calendar date
 * @returns {string} such as "3 May 2024"; empty for none, and as it came when it is no date
 */
export function formatDate(isoDate) {
  const date = new Date(`${isoDate}T00:00:00Z`);
  if (isoDate === null || Number.isNaN(date.getTime())) {
    return isoDate ?? "";
  }
  const parts = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat("en-GB", /** @type {Intl.DateTimeFormatOptions} */ (parts)).format(date);
}

/**
 * The answer as plain text for the clipboard: question, text with its markers, footnotes with quotes and addresses.
 *
 * @param {Answer} answer
 * @param {(url: string) => string | null} resolve turns a citation's address into an absolute one, or null
 * @returns {string}
 */
export function plainText(answer, resolve) {
  const notes = answer.citations.map((citation) => {
    const address = resolve(citation.url);
    const place = [citation.source, ...placeParts({ ...citation, number: citation.paragraph_number })];
    const origin = place.filter((part) => part !== "").join(" · ");
    const head = `[${citation.marker}] ${citation.title} (${origin}): “${citation.quote}”`;
    return address === null ? head : `${head}\n    ${address}`;
  });
  return [answer.question, answer.text, notes.join("\n")].filter((part) => part !== "").join("\n\n") + "\n";
}

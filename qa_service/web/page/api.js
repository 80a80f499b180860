/** The page's requests to the service that served it. Addresses are relative, so that a path prefix does not matter. */

import { readEvents } from "./sse.js";

/** @typedef {import("./types.js").Answer} Answer */

/**
 * A request failed: the server sent a problem (`problem`), cannot be reached (`network`), or broke off (`cut`).
 * `message` is fit for a reader; `status` is 0 without a response; `retryAfter_s` is what the server asked for, or null.
 */
export class RequestError extends Error {
  /**
   * @param {"problem" | "network" | "cut"} kind
   * @param {{status?: number, message?: string, retryAfter_s?: number | null}} [details]
   */
  constructor(kind, { status = 0, message = "", retryAfter_s = null } = {}) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.retryAfter_s = retryAfter_s;
  }
}

/**
 * Ask a question and report what arrives before the answer does.
 *
 * @param {import("./types.js").Question} question
 * @param {object} listener
 * @param {AbortSignal} listener.signal
 * @param {(found: import("./types.js").EvidenceFound) => void} listener.onEvidence
 * @param {(text: string) => void} listener.onToken
 * @returns {Promise<Answer>}
 * @throws {RequestError | DOMException} a DOMException named AbortError when the signal fired
 */
export async function ask(question, { signal, onEvidence, onToken }) {
  const response = await request("ask", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify(question),
    signal,
  });
  try {
    for await (const { event, data } of readEvents(/** @type {ReadableStream<Uint8Array>} */ (response.body))) {
      if (event === "evidence") {
        onEvidence(JSON.parse(data));
      } else if (event === "token") {
        onToken(JSON.parse(data).text);
      } else if (event === "answer") {
        return JSON.parse(data);
      } else if (event === "error") {
        throw problemError(JSON.parse(data), response);
      }
    }
  } catch (error) {
    if (error instanceof RequestError || signal.aborted) {
      throw error;
    }
    throw new RequestError("cut");
  }
  throw new RequestError("cut");
}

/** @param {number} limit @returns {Promise<import("./types.js").Library>} @throws {RequestError} */
export async function listDocuments(limit) {
  return (await request(`documents?limit=${limit}`, { headers: { Accept: "application/json" } })).json();
}

/** @param {string} id @returns {Promise<import("./types.js").DocumentSummary>} @throws {RequestError} */
export async function getDocument(id) {
  const response = await request(`documents/${encodeURIComponent(id)}`, { headers: { Accept: "application/json" } });
  return (await response.json()).document;
}

/** @param {string} path @param {RequestInit} options @returns {Promise<Response>} @throws {RequestError} */
async function request(path, options) {
  let response;
  try {
    response = await fetch(new URL(path, document.baseURI), options);
  } catch (error) {
    if (options.signal?.aborted) {
      throw error;
    }
    throw new RequestError("network");
  }
  if (!response.ok) {
    throw problemError(await response.json().catch(() => ({})), response);
  }
  return response;
}

/**
 * @param {{status?: number, title?: string, detail?: string, retry_after_s?: number}} problem an RFC 9457 problem document, or anything
 * @param {Response} response
 * @returns {RequestError}
 */
function problemError(problem, response) {
  const status = problem.status ?? response.status;
  const message = problem.detail || problem.title || `The service answered with status ${status}.`;
  const retryAfter_s = problem.retry_after_s ?? retryAfter(response.headers.get("Retry-After"), Date.now());
  return new RequestError("problem", { status, message, retryAfter_s });
}

/**
 * Read a Retry-After header (RFC 9110, section 10.2.3): seconds or a date.
 *
 * @param {string | null} value
 * @param {number} now_ms milliseconds since the epoch
 * @returns {number | null} whole seconds from now, not negative; null when absent or unreadable
 */
export function retryAfter(value, now_ms) {
  if (value === null) {
    return null;
  }
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : Math.ceil((Date.parse(value) - now_ms) / 1000);
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}

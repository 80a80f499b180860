/**
 * A parser of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6).
 * EventSource itself cannot send a POST.
 */

/** @typedef {{event: string, data: string}} ServerSentEvent */

/**
 * Take every complete event out of a buffer; what is left belongs to an event that is still on its way.
 *
 * A carriage return at the very end stays in `rest`, because a line feed of the same line end may follow.
 *
 * @param {string} buffer
 * @returns {{events: ServerSentEvent[], rest: string}}
 */
export function parseEvents(buffer) {
  const events = [];
  let rest = buffer;
  for (;;) {
    const end = /(?:\r\n|\n|\r(?=[^\n]))(?:\r\n|\n|\r(?=[^\n]))/.exec(rest);
    if (!end) {
      return { events, rest };
    }
    const parsed = parseBlock(rest.slice(0, end.index));
    if (parsed) {
      events.push(parsed);
    }
    rest = rest.slice(end.index + end[0].length);
  }
}

/**
 * Read one event from its lines; null for a block without data, such as a comment that keeps the connection open.
 *
 * @param {string} block
 * @returns {ServerSentEvent | null}
 */
function parseBlock(block) {
  let event = "message";
  const data = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") {
      event = value;
    } else if (field === "data") {
      data.push(value);
    }
  }
  return data.length > 0 ? { event, data: data.join("\n") } : null;
}

/**
 * Yield the events of a response body, wherever the network cuts its bytes.
 *
 * An event without the blank line that ends it is dropped, as the standard demands: it may be incomplete.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<ServerSentEvent, void, void>}
 */
export async function* readEvents(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let buffer = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      buffer += decoder.decode(value, { stream: !done });
      if (done && buffer.endsWith("\r")) {
        buffer += "\n"; // settles whether a line feed was still to come
      }
      const { events, rest } = parseEvents(buffer);
      buffer = rest;
      yield* events;
      if (done) {
        return;
      }
    }
  } finally {
    // Also reached when the consumer leaves early: the server then sees that nobody reads any more.
    await reader.cancel().catch(() => {});
  }
}

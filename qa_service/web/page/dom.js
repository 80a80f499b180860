/** Building elements. Text only ever becomes a text node, so nothing that a document says can turn into markup. */

import { placeParts } from "./text.js";

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children strings become text nodes
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/**
 * @param {string} label
 * @param {() => void} act
 * @param {Record<string, string>} [attributes]
 * @returns {HTMLButtonElement}
 */
export function button(label, act, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", act);
  return made;
}

/**
 * @param {string} url
 * @returns {string | null} the absolute address, or null unless it is http or https
 */
export function webAddress(url) {
  if (!URL.canParse(url, document.baseURI)) {
    return null;
  }
  const parsed = new URL(url, document.baseURI);
  return parsed.protocol === "http:" || parsed.protocol === "https:" ? parsed.href : null;
}

/**
 * A link that opens in a new tab; mere text when the address is not one of the web.
 *
 * @param {string} url
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function outwardLink(url, attributes, ...children) {
  const href = webAddress(url);
  return href === null
    ? element("span", attributes, ...children)
    : element("a", { ...attributes, href, target: "_blank", rel: "noopener" }, ...children);
}

/**
 * Source, date, paragraph and page in one line that breaks only between them. The source's name may be of any script:
 * isolated, it does not turn the date around.
 *
 * @param {{source: string, published_at: string | null, number?: number, page?: number | null}} place
 * @returns {HTMLElement}
 */
export function placeLine(place) {
  const parts = placeParts(place).map((part) => element("span", { class: "unbroken" }, part));
  const all = place.source === "" ? parts : [element("bdi", {}, place.source), ...parts];
  return element("span", { class: "place" }, ...all.flatMap((part, index) => (index === 0 ? [part] : [" · ", part])));
}

/**
 * Have a screen reader say something when it is free to, without moving the focus.
 * @param {string} text
 */
export function announce(text) {
  /** @type {HTMLElement} */ (document.getElementById("announcer")).textContent = text;
}

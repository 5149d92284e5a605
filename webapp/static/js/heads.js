// The heads of columns come anew with answers and pushes; whoever stands on a button of one stays on it.
import { parse } from "./html.js"
import { fold } from "./folds.js"

const focusIn = (head, name) => name && head?.querySelector(`.${name}`)?.focus({ preventScroll: true })

export function renew(old, html) {
  const name = old.querySelector(":focus")?.className
  const fresh = parse(html)
  old.replaceWith(fresh)
  fold()
  focusIn(fresh, name)
}

let stood = null
document.addEventListener("htmx:before:swap", () => {
  const head = document.activeElement?.closest("[data-stage] > header")
  stood = head && { id: head.id, name: document.activeElement.className }
})
document.addEventListener("htmx:after:swap", () => {
  if (stood && document.activeElement === document.body) focusIn(document.getElementById(stood.id), stood.name)
})

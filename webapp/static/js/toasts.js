// Toasts rise once and can be dismissed; what merely informs goes by itself, unless somebody looks at it.
import { post } from "./csrf.js"
import { parse } from "./html.js"

const stack = document.querySelector("#toasts")
const KEEP_MS = 20000
const BRIEF_MS = 10000
const LOOK_MS = 3000
const MOST = 4

export function raise(html) {
  const fresh = parse(html)
  if (!fresh || (fresh.id && document.getElementById(fresh.id))) return
  stack.append(fresh)
  window.htmx?.process(fresh)
  while (stack.children.length > MOST) stack.firstElementChild.remove()
}

document.addEventListener("click", (event) => {
  const cross = event.target.closest("[data-dismiss]")
  if (!cross) return
  if (cross.dataset.dismiss) post(cross.dataset.dismiss)
  cross.closest(".toast").remove()
})

// What is urgent stays.
function expire(toast) {
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, LOOK_MS) : toast.remove())
  setTimeout(leave, toast.hasAttribute("data-brief") ? BRIEF_MS : KEEP_MS)
}

// Of brief ones only the freshest has something to say.
function replaceBrief(toast) {
  for (const other of stack.querySelectorAll("[data-brief]")) if (other !== toast) other.remove()
}

new MutationObserver((changes) => {
  for (const added of changes.flatMap((each) => [...each.addedNodes])) {
    if (!(added instanceof HTMLElement) || added.dataset.tone === "now") continue
    expire(added)
    if (added.hasAttribute("data-brief")) replaceBrief(added)
  }
}).observe(stack, { childList: true })

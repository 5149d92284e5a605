// Toasts rise once and can be dismissed; what merely informs goes by itself, unless somebody looks at it. Two are
// shown, the others are counted, and the list of notifications has them all.
import { post } from "./csrf.js"
import { parse } from "./html.js"

const stack = document.querySelector("#toasts")
const KEEP_MS = 20000
const BRIEF_MS = 10000
const LOOK_MS = 3000
const MOST = 2
const more = document.querySelector("#more-toasts")
const told = new Set() // numbers of notifications that have risen here
let hidden = 0

export function raise(html) {
  const fresh = parse(html)
  if (!fresh || (fresh.id && document.getElementById(fresh.id))) return
  stack.append(fresh)
  window.htmx?.process(fresh)
}

const lasting = () => [...stack.children].filter((each) => !each.hasAttribute("data-brief"))

function crowd() {
  const many = lasting().slice(0, -MOST)
  for (const each of many) each.remove()
  hidden = lasting().length ? hidden + many.length : 0
  more.textContent = more.dataset.words.replace("{}", hidden)
  more.hidden = !hidden
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

// What is prompted for need not be said twice.
const isPrompted = (toast) => toast.dataset.asks && document.querySelector(`#prompt-${toast.dataset.asks}`)

// Told by the socket and by an answer to a page that asked meanwhile: once is enough.
function isRepeated(toast) {
  const number = Number(toast.dataset.toast)
  if (!number) return false
  const isKnown = told.has(number)
  told.add(number)
  return isKnown
}

// Of brief ones only the freshest is shown; when it goes, the one before has its turn, while its time lasts.
function showFreshest() {
  const brief = [...stack.querySelectorAll("[data-brief]")]
  for (const each of brief) each.hidden = each !== brief.at(-1)
}

function arrive(all) {
  for (const added of all) {
    if (!(added instanceof HTMLElement)) continue
    if (isRepeated(added) || isPrompted(added)) added.remove()
    if (added.dataset.tone === "now") continue
    expire(added)
  }
  showFreshest()
  crowd()
}

new MutationObserver((changes) => arrive(changes.flatMap((each) => [...each.addedNodes]))).observe(stack, {
  childList: true,
})
if (stack.childElementCount) arrive([...stack.children]) // what the page before has to say

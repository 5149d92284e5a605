// Toasts rise once and can be dismissed; a prompt for approval opens its one text field in place.
import { post } from "./csrf.js"

const stack = document.querySelector("#toasts")
const prompts = document.querySelector("#prompts")
const KEEP_MS = 20000
const BRIEF_MS = 10000
const MOST = 4

export function raise(html) {
  const fresh = parse(html)
  if (!fresh || (fresh.id && document.getElementById(fresh.id))) return
  stack.append(fresh)
  window.htmx?.process(fresh)
  while (stack.children.length > MOST) stack.firstElementChild.remove()
}

// Prompts stay until answered: those that are gone go, new ones come, and a half-typed reason is left alone.
export function showPrompts(html) {
  const box = document.createElement("template")
  box.innerHTML = html
  const fresh = [...box.content.children]
  for (const old of [...prompts.children]) if (!fresh.some((each) => each.id === old.id)) old.remove()
  for (const each of fresh) {
    const old = document.getElementById(each.id)
    if (!old) prompts.append(each)
    else if (!old.querySelector("form:not([hidden])[hx-post$=returns]")) old.replaceWith(each)
    else continue
    window.htmx?.process(each)
  }
  hideAsked()
}

// A page that shows the task itself, with the same two buttons, need not be asked a second time.
export function hideAsked() {
  for (const each of prompts.children) each.hidden = Boolean(document.querySelector(`:is(main, #sheet) [data-task="${each.dataset.approval}"] [data-accept]`))
}
document.addEventListener("htmx:after:swap", hideAsked)
hideAsked()

export function parse(html) {
  const box = document.createElement("template")
  box.innerHTML = html
  return box.content.firstElementChild
}

// Undo: the button of the freshest move, or Ctrl-Z, also on a Russian keyboard; once taken back, it has nothing more to say.
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || !["z", "я"].includes(event.key.toLowerCase()) || event.target.matches("input, textarea")) return
  const undo = [...stack.querySelectorAll("[data-undo]")].pop()
  if (undo) event.preventDefault(), undo.click()
})
document.addEventListener("htmx:after:request", (event) => event.detail.ctx.sourceElement?.closest?.("[data-brief]")?.remove())

// A menu closes when one looks elsewhere, or by Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false
})
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu[open]")
  if (!menu) return
  event.stopImmediatePropagation()
  menu.open = false
  menu.querySelector("summary").focus()
}, true)

document.addEventListener("click", (event) => {
  const x = event.target.closest("[data-dismiss]")
  if (x) {
    if (x.dataset.dismiss) post(x.dataset.dismiss)
    x.closest(".toast").remove()
  }
  if (event.target.closest(".task summary")) setTimeout(() => event.target.closest("details[open]")?.querySelector("textarea")?.focus())
  const opener = event.target.closest("[data-opens]")
  if (opener) {
    const form = document.querySelector(opener.dataset.opens)
    form.hidden = !form.hidden
    if (form.matches(".quick")) form.toggleAttribute("hx-morph-skip", !form.hidden) // what is typed there outlives a refresh
    if (!form.hidden) form.querySelector("textarea, input:not([type=hidden])")?.focus()
  }
})

// The quick line of a column is left by Escape, and the focus goes back to where it was opened.
document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest(".quick")
  if (!form) return
  const opener = document.querySelector(`[data-opens="#${form.id}"]`)
  opener.click()
  opener.focus()
})

// What merely informs goes by itself, unless somebody looks at it; what is urgent stays.
new MutationObserver((changes) => {
  for (const added of changes.flatMap((each) => [...each.addedNodes])) {
    if (!(added instanceof HTMLElement) || added.dataset.tone === "now") continue
    const leave = () => (added.matches(":hover, :focus-within") ? setTimeout(leave, 3000) : added.remove())
    setTimeout(leave, added.hasAttribute("data-brief") ? BRIEF_MS : KEEP_MS)
    for (const other of stack.querySelectorAll("[data-brief]")) if (other !== added && added.hasAttribute("data-brief")) other.remove()
  }
}).observe(stack, { childList: true })
